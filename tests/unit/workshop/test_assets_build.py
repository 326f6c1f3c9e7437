"""The browser's files: what the build hook does, and what it may bring. npm and node are stood in for by a script."""

import gzip
import importlib.util
import json
import re
import sys
import tomllib
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

_ROOT = Path(__file__).parents[3]
_WEB = _ROOT / "web"
_STATIC = _ROOT / "src/loom/workshop/static"
_VENDOR = "src/loom/workshop/static/vendor"
_TOOL = """
import pathlib, sys
log = pathlib.Path({log!r})
log.write_text(log.read_text() + sys.argv[1] + "\\n" if log.exists() else sys.argv[1] + "\\n")
if {fails!r} == sys.argv[1]:
    sys.exit("npm error code EINTEGRITY")
if sys.argv[1] == "build.mjs":
    made = pathlib.Path(sys.argv[2])
    made.mkdir()
    (made / "editor.js").write_text(pathlib.Path("editor.js").read_text())
"""


class Build:
    """A copy of the recipe, and what ran when it was built."""

    def __init__(self, root: Path, hook: ModuleType) -> None:
        self.root, self._hook, self._log = root, hook, root / "ran"
        self.made = root / _VENDOR / "editor.js"
        (root / "web").mkdir()
        for path in _WEB.iterdir():
            (root / "web" / path.name).write_bytes(path.read_bytes())
        self.tool()

    def tool(self, fails: str = "") -> None:
        (self.root / "tool.py").write_text(_TOOL.format(log=str(self._log), fails=fails))

    def run(self) -> list[str]:
        """What ran this time."""
        self._log.unlink(missing_ok=True)
        hook = self._hook.AssetsHook()
        hook.root = str(self.root)
        hook.initialize("standard", {})
        return self._log.read_text().split() if self._log.exists() else []


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Build:
    interface = SimpleNamespace(BuildHookInterface=object)  # hatchling lives where packages are built
    monkeypatch.setitem(sys.modules, "hatchling.builders.hooks.plugin.interface", interface)
    spec = importlib.util.spec_from_file_location("hatch_build", _ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    hook = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hook)
    tool = [sys.executable, str(tmp_path / "tool.py")]
    monkeypatch.setattr(hook, "_npm", lambda: tool)
    monkeypatch.setattr(hook, "_node", lambda: tool)
    return Build(tmp_path, hook)


def test_a_first_build_installs_and_bundles(build: Build) -> None:
    assert build.run() == ["ci", "build.mjs"]
    assert build.made.is_file()
    assert not list(build.made.parents[1].glob(".vendor-*"))


def test_a_second_build_does_nothing(build: Build) -> None:
    build.run()
    assert build.run() == []


def test_a_changed_recipe_is_built_again(build: Build) -> None:
    build.run()
    (build.root / "web" / "editor.js").write_text("export {};\n")
    assert build.run() == ["ci", "build.mjs"]
    assert build.made.read_text() == "export {};\n"


@pytest.mark.parametrize("harm", ["changed", "removed"])
def test_a_harmed_result_is_built_again(build: Build, harm: str) -> None:
    build.run()
    build.made.write_text("harmed") if harm == "changed" else build.made.unlink()
    assert build.run() == ["ci", "build.mjs"]


def test_a_package_that_is_not_the_locked_one_fails_the_build_and_leaves_what_was_there(build: Build) -> None:
    build.run()
    (build.root / "web" / "package.json").write_text("{}")
    build.tool(fails="ci")
    with pytest.raises(SystemExit, match=r"not what web/package-lock\.json says"):
        build.run()
    assert build.made.is_file()


def test_the_lock_names_hashes_and_no_host() -> None:
    lock = json.loads((_WEB / "package-lock.json").read_text())
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert packages
    assert not [name for name, one in packages.items() if not one["integrity"].startswith("sha512-")]
    assert not re.search(r"https?://|resolved", (_WEB / "package-lock.json").read_text())


def test_versions_are_exact() -> None:
    wanted = json.loads((_WEB / "package.json").read_text())["dependencies"]
    assert not {
        name: version for name, version in wanted.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)
    }


def test_no_package_runs_scripts_while_it_is_installed() -> None:
    assert "ignore-scripts=true" in (_WEB / ".npmrc").read_text().splitlines()


def test_the_sdist_holds_nothing_of_others() -> None:
    build = tomllib.loads((_ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    assert set(build) == {"targets"}
    assert set(build["targets"]) == {"wheel"}
    assert build["targets"]["wheel"]["artifacts"] == [f"{_VENDOR}/"]


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("pico.min.css", 12_000),
        ("htmx.min.js", 17_000),
        ("morph.js", 4_000),
        ("editor.js", 135_000),
    ],
)
def test_what_others_wrote_stays_small(name: str, most: int) -> None:
    assert len(gzip.compress((_STATIC / "vendor" / name).read_bytes(), mtime=0)) <= most


def test_every_package_in_the_browser_has_its_licence() -> None:
    text = (_STATIC / "vendor" / "licenses.txt").read_text()
    for name in (
        "htmx.org 2.0.11",
        "@picocss/pico 2.1.1",
        "idiomorph 0.8.0",
        "@codemirror/view ",
    ):
        assert f"\n{name}" in f"\n{text}"


def _loaded_with(name: str) -> set[str]:
    """The scripts that come with one, itself among them."""
    text = (_STATIC / "js" / name).read_text()
    wanted = re.findall(r'^import .*?"\./([\w.]+)";', text, re.MULTILINE)
    return {name}.union(*map(_loaded_with, wanted))


def _weight(names: set[str]) -> int:
    return sum(len(gzip.compress((_STATIC / "js" / name).read_bytes(), mtime=0)) for name in names)


@pytest.mark.parametrize("needed", ["editor.js", "live.js", "stream.js"])
def test_our_scripts_weigh_less_than_fifteen_kilobytes_on_any_page(needed: str) -> None:
    everywhere = {"theme.js"} | _loaded_with("main.js")
    assert needed not in everywhere
    assert _weight(everywhere) <= 12 * 1024
    assert _weight(everywhere | _loaded_with(needed)) <= 15 * 1024


def test_our_scripts_import_only_what_is_there() -> None:
    for path in (_STATIC / "js").glob("*.js"):
        for wanted in re.findall(r"""(?:from |import |import\()["'](\.[^"']+)""", path.read_text()):
            assert (path.parent / wanted).is_file(), f"{path.name} imports {wanted}"


def test_our_scripts_build_no_html_and_no_code_from_text() -> None:
    for path in (_STATIC / "js").glob("*.js"):
        assert not re.search(
            r"innerHTML|outerHTML\s*=|insertAdjacentHTML|\beval\(|new Function|document\.write",
            path.read_text(),
        )
