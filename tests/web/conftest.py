"""The Workshop as a person has it: a server process of its own, filled with finished runs, and a real browser.

A page fails its test when it says an error on the console, when a script breaks, or when anything is asked of another
machine. What a test expects to be said (a refused form is one) it puts into `expected`.

A test that is marked `does("/workers/{name}/clone")` also fails unless a window of it has sent that form and had it
answered.
"""

import os
import queue
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from script_site import ScriptSite

from nats_server import nats_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Response

__all__ = ["nats_server", "serving"]

_ADDRESS = re.compile(r"http://[\w.\[\]:]+")
_START_S = 120
_WAIT_MS = 10_000
_CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
_REFUSED = 400
_KEPT = ("PATH", "LANG", "TMPDIR", "SYSTEMROOT")

_PROMISES = pytest.StashKey[dict[Path, set[str]]]()

WIDTHS = (360, 768, 1440)
THEMES = ("light", "dark")


@dataclass(frozen=True, slots=True)
class Workshop:
    """A running server, and where its files are."""

    address: str
    configs: Path
    """Its folder of definitions."""

    def url(self, path: str) -> str:
        return self.address + path


@contextmanager
def serving(folder: Path, *options: str, **environment: str) -> Iterator[str]:
    """`loom workshop` with `folder` as home and data directory; gives its address."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    command = [sys.executable, "-m", "loom", "workshop", "--port", "0", *options]
    told = folder / "server.log"
    with told.open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**kept, "HOME": str(folder), "DATA_DIR": str(folder), **environment},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        yield _address(process, told)
    finally:
        process.terminate()
        process.communicate(timeout=40)


def _address(process: "subprocess.Popen[str]", told: Path) -> str:
    """What the server says once it answers. Goes on reading, so that it never waits for a reader."""
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)
        lines.put("")

    threading.Thread(target=read, daemon=True).start()
    while line := lines.get(timeout=_START_S):
        if found := _ADDRESS.search(line):
            return found.group()
    pytest.fail(f"the Workshop ended at once:\n{told.read_text()}")


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """With shipped workers, suites and finished runs. Tests share it: what they make has names of their own."""
    folder = tmp_path_factory.mktemp("workshop")
    with serving(folder, "--demo", "--debug") as address:
        yield Workshop(address, folder / "demo" / "configs")


@pytest.fixture
def empty_workshop(tmp_path: Path) -> Iterator[Workshop]:
    """Of this test alone, with nothing but what comes with Loom."""
    (tmp_path / "configs" / "workers").mkdir(parents=True)
    with serving(tmp_path) as address:
        yield Workshop(address, tmp_path / "configs")


@pytest.fixture
def keyed_workshop(tmp_path: Path) -> Iterator[tuple[Workshop, str]]:
    """Of this test alone, with the key of an administrator."""
    (tmp_path / "configs" / "workers").mkdir(parents=True)
    key = "key-of-this-test"
    with serving(tmp_path, API_KEY=key) as address:
        yield Workshop(address, tmp_path / "configs"), key


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    if _CHROMIUM is None:
        pytest.skip("needs chromium")
    from playwright.sync_api import sync_playwright

    options = ["--no-sandbox"] if sys.platform == "linux" and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=options)
        yield browser
        browser.close()


@pytest.fixture
def expected() -> list[str]:
    """Parts of the console's errors that the test is about."""
    return []


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Before any is left out."""
    promises = config.stash[_PROMISES] = {}
    for item in items:
        promises.setdefault(item.path, set()).update(_promised(item))


@pytest.fixture(scope="session")
def promises(pytestconfig: pytest.Config) -> dict[Path, set[str]]:
    """What the tests of each collected file say they do."""
    return pytestconfig.stash[_PROMISES]


def _promised(item: pytest.Item) -> list[str]:
    return [route for mark in item.iter_markers("does") for route in mark.args]


@pytest.fixture
def open_window(
    browser: "Browser", expected: list[str], request: pytest.FixtureRequest
) -> "Iterator[Callable[..., Page]]":
    """Opens windows anywhere on this machine: `width`, `theme`, and further options of a Playwright context."""
    contexts, wrong, done = [], list[str](), set[str]()

    def opened(width: int = 1440, theme: str = "light", **options: object) -> "Page":
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, **options)
        contexts.append(context)
        context.set_default_timeout(_WAIT_MS)
        page = context.new_page()
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: wrong.extend(_foreign(request.url)))
        page.on("response", lambda response: done.update(_done(response)))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [route for route in _promised(request.node) if not _is_among(route, done)] == []
    assert [words for words in wrong if not any(part in words for part in expected)] == []


@pytest.fixture
def new_page(open_window: "Callable[..., Page]", workshop: Workshop) -> "Callable[..., Page]":
    """Opens windows on the shared Workshop, as `open_window`."""
    return partial(open_window, base_url=workshop.address)


@pytest.fixture
def lone_page(open_window: "Callable[..., Page]") -> "Page":
    """A window without a Workshop."""
    return open_window()


def _foreign(url: str) -> list[str]:
    own = url.startswith(("http://127.0.0.1:", "http://localhost:", "data:", "blob:", "about:"))
    return [] if own else [f"a request left this machine: {url}"]


@pytest.fixture
def page(new_page: "Callable[..., Page]") -> "Page":
    """A wide, light window on the shared Workshop."""
    return new_page()


def _done(response: "Response") -> list[str]:
    asked = response.request
    good = asked.method == "POST" and response.status < _REFUSED
    return [urlsplit(asked.url).path] if good else []


def _is_among(route: str, paths: set[str]) -> bool:
    pattern = re.compile(re.sub(r"\{\w+\}", "[^/]+", route))
    return any(pattern.fullmatch(path) for path in paths)


@pytest.fixture(params=WIDTHS)
def width(request: pytest.FixtureRequest) -> int:
    return request.param


@pytest.fixture(params=THEMES)
def theme(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def axe() -> "Callable[[Page], list[str]]":
    """What axe finds serious or critical on a page, one line each."""
    from axe_playwright_python.sync_playwright import Axe

    def serious(page: "Page") -> list[str]:
        found = Axe().run(page).response["violations"]
        return [
            f"{one['id']}: {one['help']}: {node['html'][:200]}"
            for one in found
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]

    return serious


@pytest.fixture
def overflow() -> "Callable[[Page], int]":
    """By how many pixels a page is wider than its window."""

    def pixels(page: "Page") -> int:
        return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")

    return pixels


@pytest.fixture
def shot(tmp_path: Path) -> "Callable[[Page, str], Path]":
    """Keeps a picture of the whole page, in the folder that SHOTS names."""
    folder = Path(os.environ.get("SHOTS") or tmp_path)

    def take(page: "Page", name: str) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}.png"
        page.screenshot(path=path, full_page=True)
        return path

    return take


@pytest.fixture
def site() -> Iterator[ScriptSite]:
    opened = ScriptSite()
    yield opened
    opened.close()


@pytest.fixture
def show(site: ScriptSite, lone_page: "Page") -> "Callable[[str], Page]":
    """Opens a page with this body."""

    def opened(body: str) -> "Page":
        site.pages["/"] = body
        lone_page.goto(site.address)
        return lone_page

    return opened
