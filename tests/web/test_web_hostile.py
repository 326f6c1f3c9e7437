"""Texts that would be code in a page, wherever people and models can put a text: they are shown, and do nothing."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from conftest import serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.web

PAYLOADS = (
    "<script data-xss>window.__xss=1</script>",
    "<img data-xss src=x onerror=window.__xss=2>",
    '"><svg data-xss onload=window.__xss=3>',
    "' autofocus onfocus=window.__xss=4 data-xss='",
    '" onmouseover="window.__xss=5" data-xss="',
    "</textarea><script data-xss>window.__xss=6</script>",
    "</script><script data-xss>window.__xss=7</script>",
    "</title></style><iframe data-xss srcdoc='<script>parent.__xss=8</script>'>",
    "javascript:window.__xss=9//",
    "[see](javascript:window.__xss=10) ![seen](https://evil.example/11.png)",
    "data:text/html,<script data-xss>parent.__xss=12</script>",
    "{{ 7*7 }}{% raw %}${__xss=13}<%= 13 %>",
    "<style data-xss>@import 'https://evil.example/14.css'; body{background:url(//evil.example/14)}</style>",
    "\uff1cscript data-xss\uff1e \u202e\u2066<b data-xss>\u2028window.__xss=15\u2069",
    "<a data-xss href='jAvAsCrIpT&colon;window.__xss=16'>x</a><math data-xss><mi xlink:href=javascript:1>",
    "<form data-xss action=https://evil.example/17><button formaction=javascript:__xss=17>",
    "<div data-xss hx-get=https://evil.example/18 hx-trigger=load hx-on::load=window.__xss=18></div>",
    "<!--<img data-xss src='--><img data-xss src=x onerror=window.__xss=19>//'>",
    "<template data-xss><base href=https://evil.example/></template><meta data-xss http-equiv=refresh content=0>",
)
ALL = "\n".join(PAYLOADS)
MODEL = PAYLOADS[1]
ANSWER = {"said": ALL, PAYLOADS[1]: PAYLOADS[0]}
PAGES = (
    "/workers",
    "/workers/hostile",
    "/workers/hostile/history",
    "/workers/hostile/clone",
    "/workers/hostile/test",
    "/workers/hostile/test?test={test}",
    "/workers/hostile/eval",
    "/workers/hostile/trends",
    "/runs",
    "/runs/{run}",
    "/runs/{run}?q=%22%3E%3Csvg%20data-xss%20onload%3Dwindow.__xss%3D1%3E",
    "/runs/{run}/cases/{case}",
    "/compare?a={before}&b={run}",
    "/jobs",
    "/jobs/{job}",
    "/baselines",
    "/suites",
    "/suites/hostile",
    "/suites/hostile?open=1",
    "/suites/hostile?q=%3C/script%3E%3Cscript%20data-xss%3Ewindow.__xss=1%3C/script%3E",
    "/find?q=%3Cimg%20data-xss%20src=x%20onerror=window.__xss=1%3E",
    "/settings/endpoints",
    "/settings/tiers",
    "/settings/keys",
    "/settings/audit",
)
MARKUP = """() => {
  const addresses = ["href", "src", "action", "formaction", "xlink:href", "srcdoc"];
  const wrong = [];
  for (const one of document.querySelectorAll("*")) {
    for (const {name, value} of one.attributes) {
      const address = addresses.includes(name) && !/^([/?#]|https?:|$)/.test(value) && !value.startsWith("data:image/");
      const relative = /^[\\w.%-]+([?/#]|$)/.test(value);
      if (/^on|^hx-on|^data-xss/i.test(name) || (address && !relative)) wrong.push(`${name}=${value}`);
    }
  }
  return wrong;
}"""
"""What of a page is neither its own address nor plain markup."""


@dataclass(frozen=True, slots=True)
class Hostile:
    """A Workshop in which every text is one of these."""

    address: str
    ids: dict[str, str]


@contextmanager
def answering(text: str) -> Iterator[str]:
    """An endpoint whose models all say `text`."""
    command = [sys.executable, "-m", "loom", "sim", "--port", "0", "--fixed-answer", text]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        found = next(filter(None, (re.search(r"http://[\w.:]+", line) for line in process.stdout)))
        yield found.group()
    finally:
        process.terminate()
        process.communicate(timeout=20)


def cases() -> list[dict[str, object]]:
    return [
        {
            "name": f"{at} {text}",
            "input": {"text": text, text: at},
            "expected_output": {"said": text},
            "tags": [text],
        }
        for at, text in enumerate(PAYLOADS)
    ]


def worker() -> str:
    definition = {
        "name": "hostile",
        "description": ALL,
        "system_prompt": ALL,
        "input_schema": {"type": "object", "properties": {"text": {"type": "string", "description": ALL}}},
        "output_schema": {"type": "object", "description": ALL},
    }
    return json.dumps(definition)


def filled(client: httpx.Client) -> dict[str, str]:
    """Everything that these texts can get into; the ids of what came of it."""

    def ask(method: str, path: str, body: object = None) -> dict[str, Any]:
        answer = client.request(method, path, json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else {}

    ask("POST", "/workers", {"name": "hostile", "yaml": worker()})
    ask("POST", "/keys", {"name": PAYLOADS[1], "role": "run"})
    test = ask("POST", "/tests", {"worker": "hostile", "input": {"text": ALL}})["id"]
    runs: list[dict[str, Any]] = []
    for model in (MODEL, ""):
        asked = {"worker": "hostile", "suite": "hostile", "model": model}
        runs.append(ask("POST", "/evaluations", asked))
    for run in runs:
        finished(client, run["id"])
    newest = runs[-1]["id"].replace("-", "")
    case = ask("GET", f"/runs/{newest}/cases")["items"][0]["key"]
    ask("POST", f"/runs/{newest}/cases/{case}/repetitions/1/rating", {"value": 1, "note": ALL})
    ask("POST", "/baselines", {"run": newest, "note": PAYLOADS[0]})
    ids = {"test": test, "run": newest, "before": runs[0]["id"], "case": case, "job": runs[-1]["job"]}
    return {name: value.replace("-", "") for name, value in ids.items()}


def finished(client: httpx.Client, run: str) -> None:
    end = time.monotonic() + 30
    while client.get(f"/evaluations/{run}").json()["state"] != "completed":
        assert time.monotonic() < end, client.get(f"/evaluations/{run}").text


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hostile]:
    folder: Path = tmp_path_factory.mktemp("hostile")
    for kind in ("workers", "suites"):
        (folder / "configs" / kind).mkdir(parents=True)
    suite = {"name": "hostile", "description": ALL, "cases": cases()}
    (folder / "configs" / "suites" / "hostile.json").write_text(json.dumps(suite))
    with (
        answering(json.dumps(ANSWER)) as models,
        serving(folder, OPENAI_BASE_URL=f"{models}/v1", OPENAI_MODEL="m") as address,
        httpx.Client(base_url=f"{address}/api/v1", timeout=60) as client,
    ):
        yield Hostile(address, filled(client))


def test_no_text_becomes_code_or_leads_anywhere(hostile: Hostile, open_window: "Callable[..., Page]") -> None:
    page = open_window(base_url=hostile.address)
    page.add_init_script("window.__xss = null")
    said: list[str] = []
    page.on("dialog", lambda dialog: said.append(dialog.message))
    for path in PAGES:
        answer = page.goto(path.format(**hostile.ids))
        assert answer is not None
        assert answer.status == 200, path
        page.wait_for_load_state("networkidle")
        assert (path, page.evaluate(MARKUP), page.evaluate("window.__xss")) == (path, [], None)
    assert said == []


def test_what_a_model_says_streams_in_as_text(hostile: Hostile, open_window: "Callable[..., Page]") -> None:
    page = open_window(base_url=hostile.address)
    page.goto(f"/workers/hostile/test?test={hostile.ids['test']}")
    assert PAYLOADS[0] in page.locator("main").inner_text()
    page.get_by_role("button", name="Run").first.click()
    page.wait_for_url(lambda url: "test=" in url and hostile.ids["test"] not in url)
    page.locator("main", has_text="window.__xss=1").wait_for()
    page.wait_for_load_state("networkidle")
    assert (page.evaluate(MARKUP), page.evaluate("window.__xss")) == ([], None)
