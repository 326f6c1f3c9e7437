"""`loom test`: one input, an answer that streams, a verdict."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

INPUT = '{"text": "Where is my parcel?"}'


def test_the_answer_the_verdict_and_the_cost_are_shown_and_labelled_simulated(
    loom: Callable[..., Any],
) -> None:
    shown = loom("test", "classifier", "--input", INPUT)
    assert shown.status == 0
    head, answer, _, verdict, took = shown.out.splitlines()
    assert head == "classifier · sim-small simulated"
    assert json.loads(answer).keys() == {"category", "urgency"}
    assert verdict.startswith("✓ PASS")
    assert "tokens · $" in took


def test_an_answer_from_the_cache_is_shown_too_and_said_to_cost_nothing(loom: Callable[..., Any]) -> None:
    first = loom("test", "classifier", "--input", INPUT, "--json").json
    again = loom("test", "classifier", "--input", INPUT)
    assert f'"category": "{first["output"]["category"]}"' in again.out
    assert "from the cache, nothing paid" in again.out


def test_json_holds_output_tokens_cost_and_the_exact_prompt(loom: Callable[..., Any]) -> None:
    result = loom("test", "classifier", "--input", INPUT, "--tier", "frontier", "--json").json
    assert (result["success"], result["simulated"], result["model_used"]) == (True, True, "sim-large")
    assert result["token_usage"]["prompt_tokens"] > 0
    assert result["cost_usd"] > 0
    assert [message["role"] for message in result["prompt"]] == ["system", "user", "assistant"]


def test_the_input_may_come_from_a_file_or_from_standard_input(loom: Callable[..., Any], home: Path) -> None:
    (home / "input.json").write_bytes(b"\xef\xbb\xbf" + INPUT.encode())
    asked = ("test", "classifier", "--json", "--input")
    direct, filed = loom(*asked, INPUT).json, loom(*asked, "@input.json").json
    piped = loom(*asked, "-", given=INPUT.encode()).json
    assert direct["output"] == filed["output"] == piped["output"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("{bad", "'--input' is not JSON"),
        ("[1]", "is not a JSON object"),
        ("@missing.json", "cannot be read"),
        ("-", "'standard input' is empty"),
        ("@deep.json", "is not JSON"),
        ("@binary.json", "is not UTF-8"),
        ('{"text": NaN}', "NaN is not JSON"),
        ('{"text": 1e999}', "1e999 is too large a number"),
        ('{"text": "a", "text": "b"}', "it has the key 'text' twice"),
        (r'{"text": "\ud800!"}', r"'--input.text' holds half of a character, '\ud800', at place 1"),
    ],
)
def test_input_that_cannot_be_read_is_wrong_use_and_says_how_to_write_it(
    loom: Callable[..., Any], home: Path, given: str, words: str
) -> None:
    (home / "deep.json").write_text("[" * 100_000)
    (home / "binary.json").write_bytes(b"\xff\xfe")
    refused = loom("test", "classifier", "--input", given)
    assert (refused.status, words in refused.errors) == (2, True), refused.errors


def test_input_that_breaks_the_contract_is_refused_before_anything_is_asked(
    loom: Callable[..., Any],
) -> None:
    refused = loom("test", "classifier", "--input", '{"txt": 1}')
    assert refused.status == 1
    assert "missing required field 'text'" in refused.out + refused.errors


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("clasifier",), "did you mean 'classifier'?"),
        (("nowhere.yaml",), "there is no worker file 'nowhere.yaml'"),
        (("classifier", "--tier", "big"), "is not one of local, standard, frontier"),
        (("classifier", "--model", "sim-smal"), "did you mean 'sim-small'?"),
    ],
)
def test_a_name_that_nobody_has_is_wrong_use_and_the_nearest_is_named(
    loom: Callable[..., Any], arguments: tuple[str, ...], words: str
) -> None:
    refused = loom("test", *arguments, "--input", INPUT)
    assert (refused.status, words in refused.errors) == (2, True), refused.errors


def test_a_worker_of_ones_own_hides_the_shipped_one(loom: Callable[..., Any], home: Path) -> None:
    folder = home / "configs" / "workers"
    folder.mkdir(parents=True)
    (folder / "classifier.yaml").write_text("name: mine\nsystem_prompt: Say hello.\n")
    assert "mine · sim-medium" in loom("test", "classifier", "--input", "{}").out


def test_a_file_of_another_kind_is_told_so(loom: Callable[..., Any], home: Path) -> None:
    (home / "s.yaml").write_text("cases: [{input: {text: a}}]\n")
    (home / "w.yaml").write_text("name: w\nsystem_prompt: x\n")
    for words, told in (
        (("test", "s.yaml", "--input", "{}"), "s.yaml: is a suite, not a worker"),
        (("eval", "classifier", "--suite", "w.yaml"), "w.yaml: is a worker, not a suite"),
        (("eval", "classifier", "--suite", "/etc"), "no suite file '/etc': that is a folder"),
    ):
        assert told in loom(*words).errors


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        (("validate", ""), "what comes after 'validate'"),
        (("rag", "search", ""), "what comes after 'search'"),
        (("test", "classifier", "--input", INPUT, "--model", ""), "--model"),
        (("test", "classifier", "--input", INPUT, "--endpoint="), "--endpoint"),
        (("eval", "--resume", ""), "--resume"),
        (("workshop", "--host", ""), "--host"),
    ],
)
def test_what_is_empty_is_refused_as_a_variable_that_is_not_set(
    loom: Callable[..., Any], arguments: tuple[str, ...], where: str
) -> None:
    refused = loom(*arguments)
    assert (refused.status, refused.errors) == (2, f"✗ '{where}' is empty; give a value, or leave it out\n")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ("test", "classifier", "--input", INPUT, "--configs-dir", "a.txt"),
            "'a.txt' is a file, not a folder",
        ),
        (("test", "classifier", "--input", INPUT, "--configs-dir", "confgs"), "there is no folder 'confgs'"),
        (("demo", "--keep", "a.txt"), "'a.txt' is a file, not a folder"),
        (("new", "worker"), "asks, and nobody answers"),
    ],
)
def test_a_folder_that_is_none_and_a_question_that_nobody_answers_are_told(
    loom: Callable[..., Any], home: Path, arguments: tuple[str, ...], told: str
) -> None:
    (home / "a.txt").touch()
    refused = loom(*arguments)
    assert (refused.status, told in refused.errors) == (2, True), refused
