"""The shipped suites: enough distinct cases, with answers that keep the contract and can be read off the text."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from loom.core.contracts import validate_input, validate_output
from loom.core.findings import Findings
from loom.core.jsonvalue import Json
from loom.core.worker_config import WorkerConfig
from loom.evaluation.models import Split, Suite
from loom.evaluation.suite_files import check_suite

WITH_ANSWERS = ["classifier", "entity_extractor", "extractor"]


def answers(suite: Suite) -> Iterator[tuple[str, Json]]:
    """Text and expected output of each case."""
    return ((case.input["text"], case.expected_output) for case in suite.cases)


def entities(answer: Json) -> list[str]:
    """All names of an answer, whatever they name."""
    return [*answer["people"], *answer["places"], *answer["organizations"]]


def test_a_suite_file_gives_no_warning(suite_path: Path) -> None:
    assert check_suite(suite_path) == Findings()


def test_a_suite_is_named_like_its_file_and_its_worker(
    suite: Suite, suite_path: Path, workers: dict[str, WorkerConfig]
) -> None:
    assert suite.name == suite_path.stem
    assert suite.name in workers


def test_case_names_are_short_and_unique(suite: Suite) -> None:
    names = [case.name for case in suite.cases]
    assert [name for name in names if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+){0,5}", name)] == []
    assert len(set(names)) == len(names)


def test_no_text_comes_twice(suite: Suite) -> None:
    distinct = {" ".join(case.input["text"].casefold().split()) for case in suite.cases}
    assert len(distinct) == len(suite.cases)


def test_every_case_says_by_a_tag_what_it_is(suite: Suite) -> None:
    assert [case.name for case in suite.cases if not case.tags] == []


def test_inputs_and_answers_keep_the_contract_of_the_worker(
    suite: Suite, workers: dict[str, WorkerConfig]
) -> None:
    worker = workers[suite.name]
    assert worker.input_schema
    assert worker.output_schema
    for case in suite.cases:
        assert validate_input(case.input, worker.input_schema) == []
        if case.has_expected:
            assert validate_output(case.expected_output, worker.output_schema) == []


@pytest.mark.parametrize("name", WITH_ANSWERS)
def test_a_suite_with_answers_has_sixty_open_and_twenty_sealed_cases(
    suites: dict[str, Suite], name: str
) -> None:
    splits = Counter(case.split for case in suites[name].cases)
    assert all(case.has_expected for case in suites[name].cases)
    assert splits[Split.SEALED] == 20
    assert min(splits[Split.TRAIN], splits[Split.VALIDATION]) >= 30


@pytest.mark.parametrize("split", Split)
def test_every_category_and_urgency_is_in_every_split(suites: dict[str, Suite], split: Split) -> None:
    expected = [case.expected_output for case in suites["classifier"].select(split=split)]
    assert len({answer["category"] for answer in expected}) == 7
    assert len({answer["urgency"] for answer in expected}) == 3


def test_vendors_and_numbers_stand_in_the_text(suites: dict[str, Suite]) -> None:
    for text, answer in answers(suites["extractor"]):
        assert answer["vendor"].casefold() in text.casefold()
        assert answer["invoice_number"] in text


def test_totals_stand_in_the_text(suites: dict[str, Suite]) -> None:
    for text, answer in answers(suites["extractor"]):
        amounts = {re.sub(r"\D", "", found) for found in re.findall(r"\d(?:[\d.,']|\s(?=\d{3}\D))*", text)}
        cents = round(answer["total"] * 100)
        assert amounts & {str(cents), str(cents // 100)}, text


def test_nothing_is_due_before_it_is_issued(suites: dict[str, Suite]) -> None:
    for text, answer in answers(suites["extractor"]):
        due = date.fromisoformat(answer["due_date"] or "9999-12-31")
        assert date.fromisoformat(answer["date"]) < due, text


def test_entities_stand_in_the_text_and_are_counted(suites: dict[str, Suite]) -> None:
    for text, answer in answers(suites["entity_extractor"]):
        names = entities(answer)
        assert all(name in text for name in names), text
        assert answer["count"] == len(names) == len(set(names)), text


def test_no_prompt_gives_an_answer_of_its_suite_away(
    suites: dict[str, Suite], workers: dict[str, WorkerConfig]
) -> None:
    names = {name for _, answer in answers(suites["entity_extractor"]) for name in entities(answer)}
    vendors = {answer["vendor"] for _, answer in answers(suites["extractor"])}
    assert [name for name in names if name in workers["entity_extractor"].system_prompt] == []
    assert [vendor for vendor in vendors if vendor in workers["extractor"].system_prompt] == []
