"""The same commands on an endpoint over HTTP, and what they say when it is not as it should be."""

import socket
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from loom.wiring import checkup

INPUT = ("--input", '{"text": "Where is my parcel?"}')


@pytest.fixture
def keyed(endpoint: Callable[..., str], home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An endpoint that asks for a key, which is set; gives its bill."""
    bill = home / "bill.jsonl"
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint(require_key="secret", bill_path=bill))
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    return bill


def test_two_variables_send_every_command_to_that_endpoint_and_its_bill_agrees(
    loom: Callable[..., Any], keyed: Path
) -> None:
    assert loom("test", "classifier", *INPUT).status == 0
    run = loom("eval", "classifier", "--suite", "classifier", "--limit", "6", "--json").json
    assert (run["endpoint"], run["done"], run["simulated"]) == ("openai", 6, True)
    checked = loom("runs", "check", run["short"], "--bill", str(keyed))
    assert (checked.status, "6 of 6 ended" in checked.out) == (0, True), checked.out
    verdict = loom("runs", "check", "last", "--bill", str(keyed), "--json").json
    assert (verdict["clean"], verdict["billed"]) == (True, 6)


def test_a_bill_with_what_nobody_asked_for_is_not_clean(loom: Callable[..., Any], keyed: Path) -> None:
    loom("eval", "classifier", "--suite", "classifier", "--limit", "2", "--json")
    keyed.write_text("".join(line + line for line in keyed.read_text().splitlines(keepends=True)))
    checked = loom("runs", "check", "last", "--bill", str(keyed))
    assert (checked.status, "✗ unexplained" in checked.out) == (1, True), checked.out


@pytest.mark.parametrize("content", [None, '{"a": 1}\n', "no json\n"])
def test_what_is_no_bill_is_said_to_be_none(
    loom: Callable[..., Any], home: Path, content: str | None
) -> None:
    loom("eval", "classifier", "--suite", "classifier", "--limit", "1", "--json")
    if content is not None:
        (home / "bill.jsonl").write_text(content)
    refused = loom("runs", "check", "last", "--bill", "bill.jsonl")
    assert (refused.status, refused.errors.startswith("✗ bill.jsonl: ")) == (1, True), refused.errors


def test_a_wrong_key_pauses_with_status_3_and_the_right_one_goes_on(
    loom: Callable[..., Any], keyed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "wrong")
    model = ("--model", "sim-small", "--endpoint", "openai")
    refused = loom("eval", "classifier", "--suite", "classifier", "--limit", "3", *model)
    assert (refused.status, "check the key in OPENAI_API_KEY" in refused.out) == (3, True), refused.out
    assert loom("test", "classifier", *INPUT, *model).status == 3
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    assert loom("eval", "--resume", "last", "--json").json["state"] == "completed"


def test_a_model_that_the_endpoint_does_not_have_is_named_and_nothing_passes_for_a_result(
    loom: Callable[..., Any], keyed: Path
) -> None:
    asked = ("eval", "classifier", "--suite", "classifier", "--limit", "3", "--model", "gpt-9")
    shown = loom(*asked)
    assert (shown.status, "3 × " in shown.out, "gpt-9" in shown.out) == (3, True, True), shown.out
    assert loom("test", "classifier", *INPUT, "--model", "gpt-9").status == 1


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:1/v1", "cannot be reached: Connection refused; check the address"),
        ("http://nobody.invalid/v1", "http://nobody.invalid/v1 cannot be reached: "),
    ],
)
def test_a_test_where_nobody_answers_is_given_up_within_seconds(
    loom: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, url: str, words: str
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    began = monotonic()
    refused = loom("test", "classifier", *INPUT, "--model", "m")
    assert (refused.status, words in refused.errors) == (3, True), refused.errors
    assert monotonic() - began < 15


def test_an_endpoint_may_stand_in_the_settings_file(
    loom: Callable[..., Any], endpoint: Callable[..., str], home: Path
) -> None:
    (home / ".loom").mkdir()
    (home / ".loom" / "config.yaml").write_text(f"endpoints:\n  - name: mine\n    url: {endpoint()}\n")
    assert loom("test", "classifier", *INPUT, "--json").json["success"]
    assert loom("runs", "--json").json[0]["endpoint"] == "mine"


def test_a_broken_settings_file_is_told_with_its_lines(loom: Callable[..., Any], home: Path) -> None:
    (home / ".loom").mkdir()
    file = home / ".loom" / "config.yaml"
    file.write_text("endpoints:\n  - name: x\n    url: ftp://x\nport: abc\n")
    refused = loom("runs")
    assert refused.status == 1
    assert f"{file}:3:" in refused.errors
    assert f"{file}:4:" in refused.errors


def test_the_doctor_finds_all_well_on_a_fresh_machine(loom: Callable[..., Any]) -> None:
    found = loom("doctor")
    assert (found.status, "\n✓  All is well.\n" in found.out) == (0, True), found.out
    assert "sim-small of endpoint simulated, simulated" in found.out


def test_the_doctor_names_content_that_cannot_be_used(loom: Callable[..., Any], home: Path) -> None:
    folder = home / "configs/workers"
    folder.mkdir(parents=True)
    (folder / "broken.yaml").write_text("name: broken\nsystem_prompt: 3\n")
    found = loom("doctor")
    assert (found.status, "1 cannot be used: broken" in found.out) == (1, True), found.out


def test_the_doctor_asks_all_endpoints_at_once_and_no_longer_than_it_says(
    loom: Callable[..., Any], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkup, "_PATIENCE_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it accepts, and never answers
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("DEFAULT_ENDPOINT_URL", url)
        monkeypatch.setenv("OLLAMA_URL", url)
        began = monotonic()
        found = loom("doctor")
        took_s = monotonic() - began
    silences = [line for line in found.out.splitlines() if "does not answer within 0.3 s" in line]
    assert (found.status, len(silences), took_s < 10) == (1, 3, True), found.out
    assert found.out.index("✓  endpoint simulated") < found.out.index(silences[0])
    assert "✗  tier local" in found.out
    assert "content" in found.out


def test_the_doctor_looks_at_everything_however_much_is_broken(
    loom: Callable[..., Any], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    found = loom("doctor", "--json")
    good = {finding["what"]: finding["good"] for finding in found.json}
    assert (found.status, good["database"], good["endpoint openai"]) == (1, True, False)
    (home / "loom.db").write_text("garbage" * 100)
    found = loom("doctor")
    assert (found.status, "✗  database" in found.out, "✓  content" in found.out) == (1, True, True)
    (home / ".loom").mkdir()
    (home / ".loom" / "config.yaml").write_text("port: abc\n")
    assert "✗  settings" in loom("doctor").out


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("DATA_DIR", "{home}/loom.db", "set DATA_DIR to a folder you may write to"),
        ("DATABASE_URL", "mysql://x", "mysql"),
    ],
)
def test_a_database_that_cannot_be_opened_is_told_without_a_traceback(
    loom: Callable[..., Any],
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    value: str,
    words: str,
) -> None:
    monkeypatch.setenv(variable, value.format(home=home))
    refused = loom("runs")
    assert refused.status != 0
    assert words in refused.errors
    assert "Traceback" not in refused.errors
