"""The same commands with Anthropic's API and with Ollama's, as their variables set them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

INPUT = ("--input", '{"text": "Where is my parcel?"}')


@pytest.fixture(params=["anthropic", "ollama"])
def provider(
    request: pytest.FixtureRequest, endpoint: Callable[..., str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """A provider that leads the tier it is for to a simulated model, and keeps a bill."""
    bill = home / "bill.jsonl"
    if request.param == "ollama":
        monkeypatch.setenv("OLLAMA_URL", endpoint(bill_path=bill).removesuffix("/v1"))
        monkeypatch.setenv("OLLAMA_MODEL", "sim-small")
    else:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", endpoint(require_key="secret-1", bill_path=bill))
        monkeypatch.setenv("ANTHROPIC_API_KEY", "secret-1")
        monkeypatch.setenv("STANDARD_MODEL", "sim-small")
    return request.param


def test_a_tier_leads_to_its_provider_and_the_bill_agrees(loom: Callable[..., Any], provider: str) -> None:
    tier = ("--tier", "local" if provider == "ollama" else "standard")
    assert "sim-small" in loom("test", "classifier", *INPUT, *tier).out
    run = loom("eval", "classifier", "--suite", "classifier", "--limit", "6", *tier, "--json").json
    assert (run["endpoint"], run["done"], run["model"]) == (provider, 6, "sim-small")
    verdict = loom("runs", "check", "last", "--bill", "bill.jsonl", "--json").json
    assert (verdict["clean"], verdict["billed"]) == (True, 6)


def test_doctor_shows_the_provider_and_where_the_tier_leads(loom: Callable[..., Any], provider: str) -> None:
    found = {one["what"]: one for one in loom("doctor", "--json").json}
    assert "sim-small" in found[f"endpoint {provider}"]["detail"]
    tier = found["tier local" if provider == "ollama" else "tier standard"]
    assert (tier["good"], f"sim-small of endpoint {provider}" in tier["detail"]) == (True, True)


def test_doctor_says_how_to_get_a_model_that_ollama_lacks(
    loom: Callable[..., Any], endpoint: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_URL", endpoint())
    told = loom("doctor", "--json")
    detail = {one["what"]: one["detail"] for one in told.json}["tier local"]
    assert (told.status, "`ollama pull llama3.2:3b`" in detail) == (1, True), detail
