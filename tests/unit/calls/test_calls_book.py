"""What is said of an endpoint, keys at rest, and trials of endpoints."""

import builtins
from concurrent.futures import ThreadPoolExecutor

import pytest

from loom.calls.book.drafts import Draft, guessed_kind, read_draft
from loom.calls.book.keyring import KeyRing
from loom.calls.book.stock import StockRoom
from loom.calls.book.trials import Trials
from loom.calls.http import HttpClient
from loom.core.address import origin_of
from loom.core.clock import FakeClock
from loom.core.errors import ConfigError, UsageError
from loom.core.settings import load_settings

SAID = {"label": "a", "url": "http://h/v1"}


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://api.anthropic.com", "anthropic"),
        ("https://anthropic.com.evil.example", "openai"),
        ("http://localhost:11434", "ollama"),
        ("http://localhost:11434/", "ollama"),
        ("http://localhost:11434/v1", "openai"),
        ("http://ollama:8000", "ollama"),
        ("https://api.openai.com/v1", "openai"),
        ("http://127.0.0.1:9100/v1", "openai"),
    ],
)
def test_the_kind_is_guessed_from_the_address(url, kind):
    assert read_draft({"label": "a", "url": url}).config.kind == guessed_kind(url) == kind


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://h", "http://h:80/v1", True),
        ("http://H/a", "http://h/b", True),
        ("http://h", "https://h", False),
        ("http://h:1", "http://h:2", False),
        ("http://[::1]:80", "http://[::1]", True),
    ],
)
def test_an_origin_is_scheme_host_and_port(one, other, same):
    assert (origin_of(one) == origin_of(other)) is same


def test_what_is_left_out_stays_as_it_was():
    before = read_draft({**SAID, "models": ["m"], "limits": {"max_concurrent": 3}, "enabled": False})
    after = read_draft({"label": "b"}, Draft(before.config, before.enabled))
    assert (after.config.name, after.config.models, after.config.limits, after.enabled) == (
        "b",
        ("m",),
        before.config.limits,
        False,
    )
    assert after.key is None


@pytest.mark.parametrize(
    ("given", "reference", "value"),
    [
        ({"api_key": " sk-1 "}, None, "sk-1"),
        ({"api_key": "env:LLM_X"}, "LLM_X", None),
        ({"api_key_env": "LLM_X"}, "LLM_X", None),
        ({"api_key_env": "env:LLM_X"}, "LLM_X", None),
        ({"api_key": None}, None, None),
        ({"api_key": ""}, None, None),
    ],
)
def test_a_key_is_given_itself_or_by_its_variable(given, reference, value):
    key = read_draft({**SAID, **given}).key
    assert key is not None
    assert (key.reference, key.value) == (reference, value)
    assert not value or value not in repr(key)


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest",
        "http://[fe80::1]/v1",
        "http://[fd00:ec2::254]/",
        "http://168.63.129.16",
        "http://metadata.google.internal/v1",
        "http://METADATA.google.internal./v1",
        "http://0xA9FEA9FE/",
        "http://2852039166/",
        "file:///etc/passwd",
        "http://h/v1?key=sk-secret",
    ],
)
def test_no_spelling_of_a_clouds_metadata_is_an_address(url):
    with pytest.raises(ConfigError, match=r"^'url'"):
        read_draft({"label": "a", "url": url})


async def test_a_name_that_leads_to_a_clouds_metadata_is_not_reached(monkeypatch):
    http = HttpClient()
    found = [{"hostname": "h", "host": "169.254.169.254", "port": 80, "family": 2, "proto": 0, "flags": 0}]

    async def resolve(self, host, port=0, family=2):
        return found

    monkeypatch.setattr("aiohttp.ThreadedResolver.resolve", resolve)
    with pytest.raises(OSError, match="where clouds keep metadata"):
        await http.session().get("http://innocent.example/")
    await http.aclose()


def test_a_key_is_given_out_for_its_own_origin_only(tmp_path):
    ring = KeyRing(tmp_path)
    sealed = ring.seal("sk-1", "http://a")
    assert b"sk-1" not in sealed
    assert ring.open(sealed, "http://a", "e") == "sk-1"
    with pytest.raises(UsageError, match="'e' has a key that cannot be read here: it belongs to another"):
        ring.open(sealed, "http://b", "e")


def test_a_key_file_that_opens_nothing_or_is_none_is_told(tmp_path):
    ring = KeyRing(tmp_path)
    sealed = ring.seal("sk-1", "http://a")
    (tmp_path / "endpoint-keys").unlink()
    ring.seal("sk-2", "http://a")
    with pytest.raises(UsageError, match="does not open it; enter the key again"):
        ring.open(sealed, "http://a", "e")
    (tmp_path / "endpoint-keys").write_text("nonsense")
    with pytest.raises(ConfigError, match="is not a file of encryption keys"):
        ring.seal("sk-3", "http://a")


def test_of_rings_that_begin_at_once_all_use_one_key(tmp_path):
    with ThreadPoolExecutor(8) as threads:
        sealed = list(threads.map(lambda n: KeyRing(tmp_path).seal(f"sk-{n}", "http://a"), range(32)))
    assert [KeyRing(tmp_path).open(one, "http://a", "e") for one in sealed] == [f"sk-{n}" for n in range(32)]
    assert [path.name for path in tmp_path.iterdir()] == ["endpoint-keys"]


def test_a_key_is_let_go_of_two_renewals_later_and_not_before(tmp_path):
    ring = KeyRing(tmp_path)
    sealed = ring.seal("sk-1", "http://a")
    ring.renew()
    ring.renew()
    assert ring.open(sealed, "http://a", "e") == "sk-1"
    ring.retire()
    with pytest.raises(UsageError, match="does not open it"):
        ring.open(sealed, "http://a", "e")
    assert (tmp_path / "endpoint-keys").stat().st_mode & 0o777 == 0o600


def test_without_the_package_it_says_what_to_install(tmp_path, monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name.startswith("cryptography"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError, match=r"pip install 'loom-ai\[workshop\]'"):
        KeyRing(tmp_path).seal("sk-1", "http://a")


@pytest.fixture
def tried(database, endpoint, tmp_path):
    async def tried(body, status=200, **said):
        endpoint.reply(body, status=status)
        settings = load_settings({"DATA_DIR": str(tmp_path)}, tmp_path / "none")
        trials = Trials(
            FakeClock(), settings, StockRoom(database, KeyRing(tmp_path), {"LLM_SET": "sk-set-1"})
        )
        return await trials.of_draft(read_draft({"label": "a", "url": endpoint.url, **said}))

    return tried


async def test_a_trial_lists_the_models_and_tells_the_time_it_took(tried, endpoint):
    found = await tried({"data": [{"id": "b"}, {"id": "a"}]}, api_key_env="LLM_SET")
    assert (found.reached, found.models, found.problem) == (True, ("a", "b"), None)
    assert found.latency_ms >= 0
    assert endpoint.headers[0]["Authorization"] == "Bearer sk-set-1"


@pytest.mark.parametrize(
    ("body", "status", "said", "reached", "problem"),
    [
        ({"error": {"message": "no such path"}}, 404, {}, True, "name its models yourself"),
        ({"error": {"message": "bad key"}}, 401, {"api_key": "sk-wrong-1"}, False, "check the key"),
        ("<html>hello</html>", 200, {}, False, "is it another kind of endpoint?"),
        ({"data": []}, 200, {"api_key_env": "LLM_UNSET"}, False, "'LLM_UNSET' is not set"),
        ({"error": {"message": "overloaded"}}, 503, {}, False, "503"),
    ],
)
async def test_a_trial_that_fails_says_what_to_do_and_no_key(tried, body, status, said, reached, problem):
    found = await tried(body, status, **said)
    assert found.reached is reached
    assert problem in found.problem
    assert "sk-wrong" not in found.problem
