"""The shipped suites: enough distinct cases, with answers that keep the contract and can be read off the text."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from loom.calls.models import Message, ModelRequest, Role
from loom.calls.simulated import simulate
from loom.calls.simulated.sizes import SIZES
from loom.core.contracts import validate_input, validate_output
from loom.core.findings import Findings
from loom.core.jsonvalue import Json
from loom.core.worker_config import WorkerConfig
from loom.evaluation.models import Case, Split, Suite
from loom.evaluation.statistics.intervals import sign_flip
from loom.evaluation.suites.files import check_suite

WITH_ANSWERS = {"classifier": (30, 20), "entity_extractor": (30, 20), "extractor": (30, 20)} | dict.fromkeys(
    ("qa", "reviewer", "translator"), (16, 12)
)
"""Per suite: cases to look at and to choose by at least, and sealed ones."""


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


def test_no_input_comes_twice(suite: Suite) -> None:
    distinct = {" ".join(str(case.input).casefold().split()) for case in suite.cases}
    assert len(distinct) == len(suite.cases)


def test_cases_that_share_a_text_share_a_cluster_and_a_split(suite: Suite) -> None:
    shared: dict[str, set[tuple[str | None, Split]]] = {}
    for case in suite.cases:
        texts = (case.input[key] for key in ("text", "checklist") if key in case.input)
        shared.setdefault(str(next(texts)), set()).add((case.cluster, case.split))
    assert [text for text, places in shared.items() if len(places) > 1] == []


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
def test_a_suite_with_answers_has_enough_cases_to_look_at_to_choose_by_and_sealed_ones(
    suites: dict[str, Suite], name: str
) -> None:
    splits = Counter(case.split for case in suites[name].cases)
    looked_at, sealed = WITH_ANSWERS[name]
    assert all(case.has_expected for case in suites[name].cases)
    assert splits[Split.SEALED] == sealed
    assert min(splits[Split.TRAIN], splits[Split.VALIDATION]) >= looked_at


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


def test_an_answer_stands_in_the_text_or_there_is_none(suites: dict[str, Suite]) -> None:
    for text, answer in answers(suites["qa"]):
        assert answer["found"] is bool(answer["answer"])
        assert answer["answer"].casefold() in text.casefold()


def test_a_review_names_points_of_the_list_and_its_verdict_follows_from_them(
    suites: dict[str, Suite],
) -> None:
    for case in suites["reviewer"].cases:
        missing = case.expected_output["missing"]
        assert missing == sorted(set(missing) & set(range(1, len(case.input["checklist"]) + 1)))
        assert case.expected_output["verdict"] == ("revise" if missing else "accept")


def test_a_translation_keeps_what_stands_in_braces_and_the_mark_at_the_end(suites: dict[str, Suite]) -> None:
    for text, answer in answers(suites["translator"]):
        assert re.findall(r"\{\w+\}", answer["translation"]) == re.findall(r"\{\w+\}", text)
        assert re.search(r"[.,!?]?$", answer["translation"])[0] == re.search(r"[.,!?]?$", text)[0]
        assert answer["translation"][0].isupper() or answer["translation"][0] == "{"


def test_no_prompt_gives_an_answer_of_its_suite_away(
    suites: dict[str, Suite], workers: dict[str, WorkerConfig]
) -> None:
    names = {name for _, answer in answers(suites["entity_extractor"]) for name in entities(answer)}
    vendors = {answer["vendor"] for _, answer in answers(suites["extractor"])}
    assert [name for name in names if name in workers["entity_extractor"].system_prompt] == []
    assert [vendor for vendor in vendors if vendor in workers["extractor"].system_prompt] == []
    labels = [
        answer["translation"] for text, answer in answers(suites["translator"]) if " " in text.strip("?.,!")
    ]
    assert [label for label in labels if f'"{label}"' in workers["translator"].system_prompt] == []


@pytest.mark.parametrize("name", ["qa", "reviewer", "translator"])
def test_the_careful_prompt_does_better_than_the_first_draft_on_the_embedded_model(
    suites: dict[str, Suite], workers: dict[str, WorkerConfig], name: str
) -> None:
    gains = _gains(suites[name], workers, "sim-medium")
    assert sum(gains) >= 0.05 * 3 * len(gains)


@pytest.mark.parametrize("model", SIZES)
@pytest.mark.parametrize("name", ["classifier", "entity_extractor", "extractor"])
def test_the_careful_prompt_is_better_for_sure_whichever_simulated_model_answers(
    suites: dict[str, Suite], workers: dict[str, WorkerConfig], name: str, model: str
) -> None:
    gains = _gains(suites[name], workers, model)
    assert sum(gains) > 0
    assert sign_flip(gains) <= 0.05


def _gains(suite: Suite, workers: dict[str, WorkerConfig], model: str) -> list[int]:
    """Per open case: how much more often, in three tries, the careful prompt is right than the first draft."""
    draft, careful = workers[f"{suite.name}_brief"], workers[suite.name]
    cases = (case for case in suite.cases if case.split is not Split.SEALED)
    return [
        sum(_right(careful, case, model, seed) - _right(draft, case, model, seed) for seed in range(3))
        for case in cases
    ]


def _right(worker: WorkerConfig, case: Case, model: str, seed: int) -> bool:
    spoken = (
        Message.of(Role.SYSTEM, worker.system_prompt),
        Message.of(Role.USER, json.dumps(case.input, ensure_ascii=False)),
    )
    text = simulate(ModelRequest(model, spoken, temperature=0.0, seed=seed)).answer.text or ""
    try:
        return json.loads(text[text.find("{") : text.rfind("}") + 1]) == case.expected_output
    except ValueError:
        return False
