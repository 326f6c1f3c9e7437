"""A server as a scorer: what it is sent, what counts as an answer, and where nothing is sent."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from loom.core.errors import ConfigError
from loom.evaluation.models import ABSENT
from loom.evaluation.scorers import ScoreInput, ScoreResult, make_scorer
from loom.evaluation.scorers.base import ScoreContext

_ITEM = ScoreInput({"text": "hi"}, {"label": "a"}, {"label": "a"}, "raw", "greeting")
_CONTEXT = ScoreContext(b"e", None)  # type: ignore[arg-type]
_SECRET = "canary-of-the-webhook"


@dataclass
class Judge:
    """A server that gives one answer, and remembers what it was sent."""

    url: str = ""
    status: int = 200
    body: bytes = b'{"score": 0.75, "reason": "nearly", "details": {"by": "me"}}'
    headers: dict[str, str] = field(default_factory=dict)
    sent: list[Any] = field(default_factory=list)
    sent_headers: list[dict[str, str]] = field(default_factory=list)
    waits: threading.Event = field(default_factory=threading.Event)
    at_once: bool = True


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Judge]:
    """On loopback, and named by the operator."""
    shown = Judge()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            shown.sent.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            shown.sent_headers.append(dict(self.headers))
            if not shown.at_once:
                shown.waits.wait(10)
            self.send_response(shown.status)
            for name, value in shown.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(shown.body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # the client may have gone
    place = f"127.0.0.1:{server.server_port}"
    shown.url = f"http://{place}/score"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("OUTBOUND_ALLOW", place)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    with closing(server.socket):
        yield shown
        shown.waits.set()
        server.shutdown()


def score(url: str, item: ScoreInput = _ITEM, **spec: Any) -> ScoreResult:
    async def run() -> ScoreResult:
        scorer = make_scorer({"scorer": "webhook", "url": url, **spec})
        try:
            return await scorer.score_waiting(item, _CONTEXT)
        finally:
            await scorer.scorer.aclose()

    return asyncio.run(run())


def test_the_server_is_sent_the_case_and_answers_with_the_score(judge: Judge):
    assert score(judge.url) == ScoreResult(0.75, "nearly", {"by": "me"})
    assert judge.sent == [
        {
            "input": {"text": "hi"},
            "output": {"label": "a"},
            "expected": {"label": "a"},
            "raw_text": "raw",
            "case": "greeting",
        }
    ]


def test_nothing_expected_is_left_out(judge: Judge):
    score(judge.url, ScoreInput({}, "x", ABSENT))
    assert "expected" not in judge.sent[0]


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (200, b"", "the webhook answered with something that is not JSON"),
        (200, b"<html>", "the webhook answered with something that is not JSON"),
        (200, b"[" * 100_000, "the webhook answered with something that is not JSON"),
        (200, b'"good"', "the webhook gave a text as the score, not a number from 0 to 1"),
        (200, b'{"score": NaN}', "the webhook answered with something that is not JSON"),
        (200, b'{"score": true}', "the webhook gave true or false as the score, not a number from 0 to 1"),
        (200, b'{"score": 7}', "the webhook gave 7 as the score, which is not from 0 to 1"),
        (200, b"{}", "the webhook gave no `score`"),
        (404, b"{}", "the webhook answered with status 404"),
        (500, b"{}", "the webhook answered with status 500"),
        (302, b"", "the webhook redirects (302); give the address it leads to"),
    ],
)
def test_whatever_is_no_score_is_unscored_and_says_why(judge: Judge, status: int, body: bytes, reason: str):
    judge.status, judge.body = status, body
    assert score(judge.url) == ScoreResult.unscored(reason)


def test_a_server_that_hangs_is_unscored_in_its_time(judge: Judge):
    judge.at_once = False
    result = score(judge.url, time_s=0.2)
    assert result.value is None
    assert "no complete answer within 0.2 s" in result.reason


def test_a_server_that_is_not_there_is_unscored(judge: Judge, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OUTBOUND_ALLOW", "127.0.0.1")
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))
        result = score(f"http://127.0.0.1:{unused.getsockname()[1]}/")
    assert result.value is None
    assert "cannot be reached" in result.reason


def test_a_private_address_that_the_operator_has_not_named_is_sent_nothing(
    judge: Judge, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("OUTBOUND_ALLOW")
    result = score(judge.url)
    assert result.value is None
    assert "is not a public address (loopback)" in result.reason
    assert judge.sent == []


def test_the_allow_list_may_stand_in_the_settings_file(
    judge: Judge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.delenv("OUTBOUND_ALLOW")
    (tmp_path / ".loom").mkdir()
    (tmp_path / ".loom" / "config.yaml").write_text("outbound_allow: [127.0.0.1]\n")
    assert score(judge.url).value == 0.75


@pytest.mark.parametrize("written", ["Bearer env:LLM_HOOK", "env:LLM_HOOK"])
def test_a_key_comes_from_the_environment_and_is_in_nothing_that_is_stored(
    judge: Judge, monkeypatch: pytest.MonkeyPatch, written: str
):
    monkeypatch.setenv("LLM_HOOK", _SECRET)
    headers = {"Authorization": written, "X-Team": "blue"}
    assert score(judge.url, headers=headers).value == 0.75
    assert judge.sent_headers[0]["Authorization"] == written.replace("env:LLM_HOOK", _SECRET)
    assert judge.sent_headers[0]["X-Team"] == "blue"
    scorer = make_scorer({"scorer": "webhook", "url": judge.url, "headers": headers})
    assert _SECRET not in json.dumps(scorer.params)


@pytest.mark.parametrize("url", ["https://8.8.8.8/", "https://example.com/"])
def test_a_key_goes_to_no_host_that_the_operator_has_not_named(
    judge: Judge, monkeypatch: pytest.MonkeyPatch, url: str
):
    monkeypatch.setenv("OPENAI_API_KEY", _SECRET)
    result = score(url, headers={"Authorization": "Bearer env:OPENAI_API_KEY"})
    assert result.value is None
    assert "is not among the hosts that may have one" in result.reason
    assert "if it is meant, name it in OUTBOUND_ALLOW=" in result.reason
    assert _SECRET not in result.reason


def test_a_key_that_is_not_set_is_named(judge: Judge, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("LLM_HOOK", raising=False)
    result = score(judge.url, headers={"Authorization": "env:LLM_HOOK"})
    assert "needs the variable LLM_HOOK, which is not set" in result.reason
    assert judge.sent == []


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"X-Other": "env:HOME"}, "names a variable that is not for keys"),
        ({"X-Other": "Bearer env:PATH"}, "names a variable that is not for keys"),
        ({"Authorization": "Bearer " + _SECRET}, "may hold a secret, which would be stored with every run"),
        ({"X-Api-Key": _SECRET}, "may hold a secret"),
        ({"Cookie": _SECRET}, "may hold a secret"),
        ({"Host": "other"}, "is not a header that can be set"),
        ({"Content-Length": "0"}, "is not a header that can be set"),
        ({"X a": "b"}, "is not a header that can be set"),
        ({"X": "a\r\nHost: b"}, "is not the text of a header"),
        ({"X": 3}, "is not the text of a header"),
    ],
)
def test_headers_that_leak_or_mislead_are_refused(headers: dict[str, Any], said: str):
    with pytest.raises(ConfigError, match=said) as caught:
        make_scorer({"scorer": "webhook", "url": "https://example.com", "headers": headers})
    assert _SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["example.com", "ftp://example.com", "http://0x7f.1/", "http://me:x@example.com/"]
)
def test_an_address_that_is_none_is_refused_at_once(url: str):
    with pytest.raises(ConfigError, match="'url'"):
        make_scorer({"scorer": "webhook", "url": url})


def test_a_redirect_carries_no_key_elsewhere(judge: Judge, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LLM_HOOK", _SECRET)
    judge.status, judge.headers = 307, {"Location": judge.url + "/elsewhere"}
    assert score(judge.url, headers={"Authorization": "env:LLM_HOOK"}).value is None
    assert len(judge.sent) == 1
