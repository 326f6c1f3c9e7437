"""Twenty secrets in the environment: none of them may stand in anything that Loom writes or says."""

import sqlite3
import threading
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

_NAMES = (
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "OPENROUTER_API_KEY",
    "MISTRAL_API_KEY",
    "GROQ_API_KEY",
    "DEFAULT_ENDPOINT_KEY",
    "API_KEY",
    "JWT_SECRET",
    "AWS_SECRET_ACCESS_KEY",
    "GITHUB_TOKEN",
    *(f"LLM_KEY_{number}" for number in range(10)),
)
SECRETS = {name: f"canary-{number:02}-{name.lower()[::-1]}" for number, name in enumerate(_NAMES)}
_INPUT = '{"text": "Where is my parcel?"}'
_SETTINGS = """endpoints:
  - {{name: good, kind: openai, url: "{good}", key: "env:LLM_KEY_0", models: [sim-small]}}
  - {{name: gossip, kind: openai, url: "{gossip}", key: "env:LLM_KEY_1", models: [gossip-1]}}
"""


class _Gossip(BaseHTTPRequestHandler):
    """Refuses every key and tells it to everybody, as some providers do."""

    def do_POST(self) -> None:
        said = f'{{"error": {{"message": "Incorrect API key provided: {self.headers["Authorization"]}"}}}}'
        self.send_response(401)
        self.end_headers()
        self.wfile.write(said.encode())

    def log_message(self, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def gossip() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Gossip)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join(10)
    server.server_close()


def _stored(database: Path) -> Iterator[bytes]:
    """Every value of every table; what is packed, unpacked too."""
    connection = sqlite3.connect(database)
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in tables:
        for row in connection.execute(f"SELECT * FROM {table}"):
            for value in row:
                yield value if isinstance(value, bytes) else str(value).encode()
                if isinstance(value, bytes) and value[:1] == b"\x01":
                    try:
                        yield zlib.decompress(value[1:])
                    except zlib.error:
                        continue
    connection.close()


def _told(loom: Callable[..., Any]) -> list[str]:
    """Every command that reads settings, calls an endpoint or writes what came of it; what they said."""
    judged = ("--scorer", '{"scorer": "llm_judge", "model": "sim-small", "endpoint": "good"}')
    evaluate = ("eval", "classifier", "--suite", "classifier", "--limit", "3", "--no-cache")
    lines = [
        ("doctor", "--json"),
        ("test", "classifier", "--input", _INPUT, "--model", "sim-small"),
        ("test", "classifier", "--input", _INPUT, "--model", "gossip-1"),
        (*evaluate, "--model", "gossip-1"),
        (*evaluate, "--model", "sim-small", *judged),
        ("runs", "show", "last", "--all"),
        ("runs", "show", "last", "--json"),
        *(("report", "last", "-o", f"report.{kind}") for kind in ("xml", "json", "md", "html", "csv")),
        ("label", "export", "last", "-o", "labels.jsonl"),
        ("suite", "export", "classifier", "--to", "out.jsonl"),
        ("catalog", "history", "classifier", "--json"),
    ]
    return [(told := loom(*line)).out + told.errors for line in lines]


def test_twenty_secrets_stand_in_nothing_that_is_said_or_written(
    loom: Callable[..., Any],
    home: Path,
    endpoint: Callable[..., str],
    gossip: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, secret in SECRETS.items():
        monkeypatch.setenv(name, secret)
    (home / ".loom").mkdir(exist_ok=True)
    good = endpoint(require_key=SECRETS["LLM_KEY_0"])
    (home / ".loom/config.yaml").write_text(_SETTINGS.format(good=good, gossip=gossip))
    said = _told(loom)
    assert (home / "labels.jsonl").exists()  # the good endpoint took its key, and there were outputs to rate
    assert any(
        "Incorrect API key provided" in words for words in said
    )  # the refusal is told, without the key
    assert "Written: report.html" in "".join(said)
    written = [path.read_bytes() for path in home.rglob("*") if path.is_file()]
    everything = [*(words.encode() for words in said), *written, *_stored(home / "loom.db")]
    found = {
        name for name, secret in SECRETS.items() if any(secret.encode() in piece for piece in everything)
    }
    assert (len(SECRETS), found) == (20, set())
