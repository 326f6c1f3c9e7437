"""The shipped suites: enough distinct cases, answers that keep the contract and can be read off the text."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import chain
from pathlib import Path

import pytest
from jsonschema_rs import Draft202012Validator

from loom.core.jsonvalue import Json
from loom.evaluation.scorers import make_scorer

SUITE_KEYS = {"schema", "name", "description", "scorers", "cases"}
CASE_KEYS = {"name", "tags", "split", "input", "expected_output"}
SCORED_BY_ANSWER = ["classifier", "entity_extractor", "extractor"]


def texts(suite: Json) -> Iterator[tuple[str, Json]]:
    """Text and expected output of each case."""
    return ((case["input"]["text"], case["expected_output"]) for case in suite["cases"])


def test_a_suite_is_named_like_its_file(suite: Json, suite_path: Path) -> None:
    assert suite["name"] == suite_path.stem


def test_a_suite_has_only_known_keys(suite: Json) -> None:
    assert suite.keys() == SUITE_KEYS
    assert set(chain.from_iterable(suite["cases"])) <= CASE_KEYS


def test_a_suite_fits_the_size_limit_of_a_file(suite_path: Path) -> None:
    assert suite_path.stat().st_size < 256_000


def test_the_scorers_of_a_suite_can_be_built(suite: Json) -> None:
    assert [make_scorer(spec) for spec in suite["scorers"]]


def test_case_names_are_short_and_unique(suite: Json) -> None:
    names = [case["name"] for case in suite["cases"]]
    assert [name for name in names if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+){0,5}", name)] == []
    assert len(set(names)) == len(names)


def test_no_text_comes_twice(suite: Json) -> None:
    distinct = {" ".join(case["input"]["text"].casefold().split()) for case in suite["cases"]}
    assert len(distinct) == len(suite["cases"])


def test_every_case_has_a_tag_and_a_split(suite: Json) -> None:
    assert all(case["tags"] and case["split"] in {"train", "validation", "sealed"} for case in suite["cases"])


def test_inputs_and_answers_keep_the_contract_of_the_worker(suite: Json, suite_worker: Json) -> None:
    takes = Draft202012Validator(suite_worker["input_schema"])
    gives = Draft202012Validator(suite_worker["output_schema"])
    for case in suite["cases"]:
        assert takes.is_valid(case["input"]), case["name"]
        assert "expected_output" not in case or gives.is_valid(case["expected_output"]), case["name"]


@pytest.mark.parametrize("name", SCORED_BY_ANSWER)
def test_a_suite_with_answers_has_sixty_open_and_twenty_sealed_cases(
    suites: dict[str, Json], name: str
) -> None:
    cases = suites[name]["cases"]
    splits = Counter(case["split"] for case in cases)
    assert splits["sealed"] == 20
    assert min(splits["train"], splits["validation"]) >= 30
    assert all("expected_output" in case for case in cases)


@pytest.mark.parametrize("split", ["train", "validation", "sealed"])
def test_every_category_and_urgency_is_in_every_split(suites: dict[str, Json], split: str) -> None:
    answers = [case["expected_output"] for case in suites["classifier"]["cases"] if case["split"] == split]
    assert len({answer["category"] for answer in answers}) == 7
    assert len({answer["urgency"] for answer in answers}) == 3


def test_vendors_and_numbers_stand_in_the_text(suites: dict[str, Json]) -> None:
    for text, answer in texts(suites["extractor"]):
        assert answer["vendor"].casefold() in text.casefold()
        assert answer["invoice_number"] in text


def test_totals_stand_in_the_text(suites: dict[str, Json]) -> None:
    for text, answer in texts(suites["extractor"]):
        amounts = {re.sub(r"\D", "", found) for found in re.findall(r"\d(?:[\d.,']|\s(?=\d{3}\D))*", text)}
        cents = round(answer["total"] * 100)
        assert amounts & {str(cents), str(cents // 100)}, text


def test_nothing_is_due_before_it_is_issued(suites: dict[str, Json]) -> None:
    for text, answer in texts(suites["extractor"]):
        issued = date.fromisoformat(answer["date"])
        assert answer["due_date"] is None or issued < date.fromisoformat(answer["due_date"]), text


def test_entities_stand_in_the_text_and_are_counted(suites: dict[str, Json]) -> None:
    for text, answer in texts(suites["entity_extractor"]):
        names = answer["people"] + answer["places"] + answer["organizations"]
        assert all(name in text for name in names), text
        assert answer["count"] == len(names) == len(set(names)), text


def test_no_prompt_shows_an_answer_of_its_suite(suites: dict[str, Json], workers: dict[str, Json]) -> None:
    entities, invoices = workers["entity_extractor"], workers["extractor"]
    for _, answer in texts(suites["entity_extractor"]):
        names = answer["people"] + answer["places"] + answer["organizations"]
        assert not any(name in entities["system_prompt"] for name in names)
    for _, answer in texts(suites["extractor"]):
        assert answer["vendor"] not in invoices["system_prompt"]
