"""`loom setup`: finds what there is to ask, writes by name and never by value, and keeps what its owner wrote."""

import stat
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from loom.core.endpoint_config import EndpointConfig, EndpointKind
from loom.core.settings import load_settings
from loom.core.worker_config import Tier
from loom.wiring import setup

CANARY = "sk-canary-5d41402abc4b2a76"
CONFIG = Path(".loom/config.yaml")
PROVIDER_KEYS = [variable for *_, variable in setup._PROVIDERS]


@pytest.fixture
def home(home, monkeypatch):
    """No key, and no server of one's own but those of the test."""
    for name in (
        *PROVIDER_KEYS,
        "OLLAMA_URL",
        "ANTHROPIC_BASE_URL",
        "DEFAULT_ENDPOINT_URL",
        "DEFAULT_ENDPOINT_KEY",
    ):
        monkeypatch.delenv(name, raising=False)
    serve(monkeypatch)
    return home


def serve(monkeypatch, *servers):
    monkeypatch.setattr(setup, "LOCAL_SERVERS", servers)


def provider(url, monkeypatch):
    """The one that there is, and its key."""
    monkeypatch.setattr(setup, "_PROVIDERS", (("groq", EndpointKind.OPENAI, url, "GROQ_API_KEY"),))
    monkeypatch.setenv("GROQ_API_KEY", CANARY)


def test_with_nothing_to_ask_nothing_is_written_and_the_way_on_is_shown(loom, home):
    done = loom("setup", "--non-interactive")
    assert done.status == 0
    assert "ollama pull" in done.out
    assert not CONFIG.exists()


def test_a_server_of_ones_own_gets_every_tier(loom, home, monkeypatch, endpoint):
    serve(monkeypatch, EndpointConfig("lmstudio", endpoint()))
    assert loom("setup", "--non-interactive").status == 0
    assert stat.S_IMODE(CONFIG.stat().st_mode) == 0o600
    settings = load_settings()
    assert {target.endpoint for target in settings.tiers.values()} == {"lmstudio"}
    assert set(settings.tiers) == set(Tier)
    assert loom("doctor").status == 0


def test_ollama_is_spoken_to_in_its_own_words(loom, home, monkeypatch, endpoint):
    serve(monkeypatch, EndpointConfig("ollama", endpoint().removesuffix("/v1"), EndpointKind.OLLAMA))
    (found,) = loom("setup", "--json").json["found"]
    assert (found["name"], found["kind"], found["problem"]) == ("ollama", "ollama", None)
    assert load_settings().endpoints[0].kind is EndpointKind.OLLAMA


def test_a_server_that_is_not_there_is_not_mentioned(loom, home, monkeypatch):
    serve(monkeypatch, EndpointConfig("vllm", "http://127.0.0.1:9/v1"))
    assert loom("setup", "--json").json["found"] == []


def test_a_server_elsewhere_whose_name_begins_like_this_machines_is_not_ones_own(loom, home, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost.invalid:9/v1")
    (found,) = loom("setup", "--json").json["found"]
    assert (found["local"], "cannot be reached" in found["problem"]) == (False, True)


def test_a_second_time_nothing_changes(loom, home, monkeypatch, endpoint):
    serve(monkeypatch, EndpointConfig("lmstudio", endpoint()))
    loom("setup", "--non-interactive")
    before = CONFIG.read_bytes()
    assert loom("setup", "--json").json["changed"] is False
    assert CONFIG.read_bytes() == before


def test_a_person_chooses_and_is_told_which_models_there_are(loom, home, monkeypatch, endpoint):
    serve(monkeypatch, EndpointConfig("lmstudio", endpoint()))
    answers = b"lmstudio/sim-larg\nlmstudio/sim-large\nnobody/x\n-\nlmstudio/sim-medium\n"
    done = loom("setup", given=answers)
    assert done.status == 0
    assert "it has sim-large" in done.out + done.errors
    assert "one of lmstudio" in done.out + done.errors
    tiers = load_settings().tiers
    assert {tier: target.model for tier, target in tiers.items()} == {
        "local": "sim-large",
        "frontier": "sim-medium",
    }


def test_what_is_in_the_file_stays_with_its_comments(loom, home, monkeypatch, endpoint):
    serve(monkeypatch, EndpointConfig("lmstudio", endpoint()))
    CONFIG.parent.mkdir(exist_ok=True)
    CONFIG.write_text("# mine\nport: 8090  # not 8080\ntiers:\n  local: simulated/sim-small  # cheap\n")
    assert loom("setup", "--non-interactive").status == 0
    text = CONFIG.read_text()
    assert text.startswith("# mine\nport: 8090  # not 8080\ntiers:\n  local: simulated/sim-small  # cheap\n")
    assert load_settings().tiers[Tier.STANDARD].endpoint == "lmstudio"


def test_a_settings_file_that_is_a_link_stays_one(loom, home, monkeypatch, endpoint):
    serve(monkeypatch, EndpointConfig("lmstudio", endpoint()))
    CONFIG.parent.mkdir(exist_ok=True)
    (home / "dotfiles.yaml").write_text("port: 8090\n")
    CONFIG.symlink_to(home / "dotfiles.yaml")
    assert loom("setup", "--non-interactive").status == 0
    assert CONFIG.is_symlink()
    assert "lmstudio" in (home / "dotfiles.yaml").read_text()


def test_a_broken_settings_file_is_shown_and_left_alone(loom, home):
    CONFIG.parent.mkdir(exist_ok=True)
    CONFIG.write_text("portt: 1\n")
    refused = loom("setup", "--non-interactive")
    assert refused.status == 1
    assert "did you mean 'port'?" in refused.errors
    assert CONFIG.read_text() == "portt: 1\n"


def test_a_key_is_written_by_name_and_stands_in_no_file_and_no_output(loom, home, monkeypatch, endpoint):
    provider(endpoint(require_key=CANARY), monkeypatch)
    printed = [loom("setup", "--non-interactive"), loom("setup", "--json"), loom("doctor")]
    assert "key: env:GROQ_API_KEY" in CONFIG.read_text()
    assert load_settings().tiers[Tier.FRONTIER].endpoint == "groq"
    assert CANARY not in "".join(one.out + one.errors for one in printed)
    assert [path for path in home.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()] == []


@pytest.fixture
def listener():
    """A server of one's own that keeps what it is sent."""
    heard = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            heard.append(f"{self.path} {self.headers}")
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"data": [{"id": "qwen"}]}')

        def log_message(self, *_words):
            """Quietly."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1", heard
    server.shutdown()
    server.server_close()


def test_a_key_goes_to_its_own_provider_alone(loom, home, monkeypatch, listener):
    url, heard = listener
    serve(monkeypatch, EndpointConfig("vllm", url))
    provider("http://127.0.0.1:9", monkeypatch)
    told = loom("setup", "--json").json
    assert {one["name"]: one["problem"] is None for one in told["found"]} == {"vllm": True, "groq": False}
    assert len(heard) == 1
    assert CANARY not in heard[0]
    assert "groq" not in CONFIG.read_text()


def test_a_key_that_is_refused_is_said_and_nothing_is_written(loom, home, monkeypatch, endpoint):
    provider(endpoint(require_key="another"), monkeypatch)
    (found,) = loom("setup", "--json").json["found"]
    assert "refused" in found["problem"] or "key" in found["problem"]
    assert CANARY not in found["problem"]
    assert not CONFIG.exists()


def test_models_that_the_file_does_not_allow_are_not_chosen(loom, home, endpoint):
    CONFIG.parent.mkdir(exist_ok=True)
    CONFIG.write_text(f"endpoints:\n  - {{name: mine, url: {endpoint()}, models: [sim-small]}}\n")
    assert loom("setup", "--non-interactive").status == 0
    assert {target.model for target in load_settings().tiers.values()} == {"sim-small"}
