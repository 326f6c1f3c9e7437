"""What a check of a suite finds that reading it does not."""

from pathlib import Path

import pytest

from loom.core.findings import Findings
from loom.evaluation.suites.checking import review_suite

GOOD = (
    "- {input: {x: 1}, expected_output: {y: 1}}\n- {input: {x: 2}, expected_output: {y: 2}, split: sealed}\n"
)


def review(folder: Path, text: str, name: str = "s.yaml") -> Findings:
    path = folder / name
    path.write_text(text)
    return review_suite(path)


def test_there_is_nothing_to_say_about_a_good_suite(tmp_path: Path):
    assert review(tmp_path, GOOD) == Findings()


@pytest.mark.parametrize(
    ("case", "field", "words"),
    [
        (
            "{input: {x: 1}, expected_output: {y: 1}}",
            "[2]",
            "has the input and the expectation of case 'case-1'",
        ),
        ("{input: {x: 1}, expected_output: {y: 5}}", "[2]", "but expects something else"),
        ("{input: {x: 3}}", "[2]", "expects nothing, so that field_match cannot judge it"),
        ("{input: {x: 3}, scorers: [{scorer: numeric, field: y}]}", "[2]", "numeric cannot judge it"),
        (
            "{input: {x: 3}, expected_output: {y: 7}, scorers: [{scorer: regex, field: y, pattern: a}]}",
            "[2]",
            "expects what regex would not let pass",
        ),
        ("{input: {x: 1}, expected_output: {y: 1}, split: validation}", "[2]", "which is in split train"),
    ],
)
def test_what_is_doubtful_is_a_warning_at_its_line(case: str, field: str, words: str, tmp_path: Path):
    found = review(tmp_path, f"{GOOD}- {case}\n")
    assert not found.errors
    assert all(one.line == 3 for one in found.warnings)
    assert any(one.field == field and words in one.what for one in found.warnings), found.warnings


@pytest.mark.parametrize(
    ("case", "field", "words"),
    [
        (
            "{input: {x: 2}, expected_output: {y: 2}}",
            "[2]",
            "has the input of case 'case-2', which is in split sealed",
        ),
        (
            "{input: {x: 3}, cluster: k, expected_output: 1}\n- {input: {}, cluster: k, split: sealed, expected_output: 1}",
            "[3].cluster",
            "is also the cluster of case 'case-3', which is in split train",
        ),
    ],
)
def test_what_leaks_into_the_sealed_cases_is_an_error(case: str, field: str, words: str, tmp_path: Path):
    (found,) = review(tmp_path, f"{GOOD}- {case}\n").errors
    assert (found.field, words in found.what) == (field, True)


def test_a_scorer_that_can_judge_no_case_is_an_error(tmp_path: Path):
    text = "scorers: [{scorer: length, max_words: 3}, exact_match]\ncases: [{input: {x: 1}}]\n"
    (found,) = review(tmp_path, text).errors
    assert (found.field, found.value) == ("scorers[1]", "exact_match")


def test_a_judge_is_not_asked_and_not_doubted(tmp_path: Path):
    text = "scorers: [{scorer: llm_judge, rubric: good}]\ncases: [{input: {x: 1}}]\n"
    assert review(tmp_path, text) == Findings()


def test_a_json_has_places_too(tmp_path: Path):
    (found,) = review(
        tmp_path, '[{"input": {"x": 1}},\n {"name": "b", "input": {"x": 1}}]', "s.json"
    ).warnings[-1:]
    assert found.line == 2


def test_a_broken_line_of_a_large_file_is_named(tmp_path: Path):
    lines = [f'{{"input": {{"x": {number}}}, "expected_output": {{}}}}' for number in range(20_000)]
    lines[12_345] = '{"input": {"x": 1}, "splitt": "train"}'
    (found,) = review(tmp_path, "\n".join(lines), "s.jsonl").errors
    assert (found.line, found.field, found.remedy) == (12_346, "[12345].splitt", "did you mean 'split'?")


def test_findings_are_not_endless(tmp_path: Path):
    found = review(tmp_path, '{"input": {}, "expected_output": {}}\n' * 1000, "s.jsonl")
    assert 0 < len(found.warnings) <= 50


@pytest.mark.parametrize("shared", ['"input": {"x": %d}', '"input": {"y": %d}, "cluster": "k%d"'])
def test_repeats_between_open_splits_hide_no_leak_into_the_sealed_cases(shared: str, tmp_path: Path):
    def case(number: int, at: int, split: str) -> str:
        same = shared.replace('"y": %d', f'"y": {at}').replace("%d", str(number))
        return f'{{{same}, "split": "{split}", "expected_output": {{}}}}\n'

    pairs = [("train", "validation")] * 60 + [("train", "sealed")] * 60
    text = "".join(
        case(number, 2 * number + at, split)
        for number, pair in enumerate(pairs)
        for at, split in enumerate(pair)
    )
    found = review(tmp_path, text, "s.jsonl")
    assert (len(found.warnings), len(found.errors)) == (50, 50)
