"""The test bench in a browser: asked by form and as JSON, streamed, looked at again, made a case."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.web
BENCH = "/workers/classifier/test"
RUN = re.compile(r"^Run\s*Ctrl")


def ask(page: "Page", text: str) -> None:
    page.goto(BENCH)
    page.get_by_label("text").fill(text)
    page.get_by_role("button", name=RUN).click()
    expect(page.locator("#test-result")).to_contain_text("PASS")


@pytest.mark.does("/workers/{name}/test/run")
def test_a_form_is_filled_in_and_the_answer_streams_into_its_place(page: "Page", axe) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    ask(page, "My parcel is late.")
    assert any("/test/live/" in url for url in asked)
    result = page.locator("#test-result")
    expect(result).to_contain_text('"category"')
    expect(result).to_contain_text("My parcel is late.")  # in the exact prompt
    expect(result.locator(".figures")).to_contain_text("in,")
    expect(page.locator("#earlier .row").first).to_contain_text("My parcel is late.")
    assert axe(page) == []


def test_raw_json_counts_instead_of_the_form(page: "Page") -> None:
    page.goto(BENCH)
    page.get_by_text("As JSON, which counts instead").click()
    page.locator("textarea[data-editor]").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text('{"text": "Only as JSON."}')
    page.get_by_role("button", name=RUN).click()
    expect(page.locator("#test-result")).to_contain_text("Only as JSON.")


def test_what_is_no_json_is_refused_and_kept(page: "Page", expected: list[str]) -> None:
    expected.append("400 (Bad Request)")
    page.goto(BENCH)
    page.get_by_text("As JSON, which counts instead").click()
    page.locator("textarea[data-editor]").click()
    page.keyboard.insert_text("oops")
    page.get_by_role("button", name=RUN).click()
    expect(page.locator("#test-refusal")).to_contain_text("Invalid JSON")
    expect(page.locator(".editor")).to_contain_text("oops")


def test_an_earlier_test_is_opened_again_and_run_again(page: "Page") -> None:
    ask(page, "This one is looked for later.")
    page.goto(BENCH)
    page.locator("#earlier").get_by_role("link").first.click()
    page.wait_for_url("**/test?test=*")
    expect(page.locator("#test-result")).to_contain_text("This one is looked for later.")


@pytest.mark.does("/workers/{name}/test/{test}/save")
def test_a_test_becomes_a_case_of_a_new_suite(page: "Page", workshop, expected: list[str]) -> None:
    expected.append("400 (Bad Request)")
    ask(page, "Make a case of me.")
    page.get_by_text("Save as case").first.click()
    page.get_by_label("Suite", exact=True).select_option(label="a new one, named below")
    expect(page.get_by_label("Expected output")).to_have_value(re.compile('"category"'))
    page.get_by_label("New suite").fill("of the bench")
    page.get_by_role("button", name="Save as case").click()
    expect(page.get_by_label("New suite")).to_be_focused()
    expect(page.locator("#test-result")).to_contain_text("Make a case of me.")
    page.get_by_label("New suite").fill("of_the_bench")
    page.get_by_label("Name of the case").fill("first")
    page.get_by_role("button", name="Save as case").click()
    page.wait_for_url(re.compile(r"/suites/of_the_bench"))
    expect(page.locator("#cases")).to_contain_text("Make a case of me.")
    expect(page.locator(".toast")).to_contain_text("Added the case first.")
    assert (workshop.configs / "suites" / "of_the_bench.yaml").exists()


def test_a_test_that_was_run_is_no_draft_whatever_page_comes_next(page: "Page", expected: list[str]) -> None:
    expected.append("404 (Not Found)")
    ask(page, "Run and done.")
    page.goto("/workers/nobody")
    page.goto(BENCH)
    expect(page.get_by_role("button", name=RUN)).to_be_visible()
    expect(page.get_by_role("button", name="Restore")).to_have_count(0)


_NEVER = threading.Event()


class _Slow(BaseHTTPRequestHandler):
    """An endpoint whose answer begins, and goes on when the listener has gone."""

    def do_GET(self) -> None:
        self._begin("application/json")
        self.wfile.write(b'{"data": [{"id": "slow"}]}')

    def do_POST(self) -> None:
        self._begin("text/event-stream")
        piece = json.dumps({"choices": [{"index": 0, "delta": {"content": "Let me see. "}}]})
        with suppress(OSError):
            while True:
                self.wfile.write(f"data: {piece}\n\n".encode())
                _NEVER.wait(0.05)

    def _begin(self, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has in http.server
        """Say nothing."""


@pytest.fixture
def slow(page: "Page") -> Iterator[None]:
    """The Workshop can ask `slow`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Slow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    made = page.request.post("/api/v1/endpoints", data={"label": "slow", "url": url}).json()
    yield
    page.request.delete(f"/api/v1/endpoints/{made['id']}")
    server.shutdown()
    server.server_close()


@pytest.mark.usefixtures("slow")
@pytest.mark.does("/workers/{name}/test/{test}/cancel")
def test_a_test_is_cancelled_as_it_streams_and_what_follows_leaves_its_card(page: "Page", axe) -> None:
    page.goto(BENCH)
    page.get_by_label("text").fill("Take your time.")
    page.get_by_label("Endpoint").select_option("slow")
    page.get_by_role("button", name=RUN).click()
    expect(page.locator(".stream")).to_contain_text("Let me see.")
    page.get_by_role("button", name="Cancel").click()
    result = page.locator("#test-result")
    expect(result).to_contain_text("Cancelled by a person")
    page.get_by_text("As JSON, which counts instead").click()
    page.locator("textarea[data-editor]").click()
    page.keyboard.insert_text("oops")
    page.get_by_role("button", name=RUN).click()
    expect(page.locator("#test-refusal")).to_contain_text("Invalid JSON")
    expect(result).to_contain_text("Cancelled by a person")
    assert axe(page) == []
