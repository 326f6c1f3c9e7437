"""Adds a case to a suite file, or writes splits into it, leaving the user's text and comments as they are.

Every edit is read back: when it does not say exactly what was wanted, it is refused and nothing is written.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from msgspec import structs

from loom.core.errors import ConfigError, ConflictError, Problem, TakenError
from loom.core.findings import Place, Report
from loom.core.jsonvalue import Json, JsonValue
from loom.evaluation.json_text import parse_json
from loom.evaluation.models import Case, Split, Suite
from loom.evaluation.suites.csv_editing import csv_cases_with_split, csv_with_case, csv_with_splits
from loom.evaluation.suites.files import describes_suite, load_suite, parse_suite, read_text
from loom.evaluation.suites.splits import assign_splits
from loom.evaluation.suites.writing import locked_folder, replace_file, suite_bytes, write_new_file
from loom.evaluation.suites.yaml_editing import ended, yaml_cases_with_split, yaml_with_case, yaml_with_splits

__all__ = [
    "Divided",
    "add_case",
    "begin_suite",
    "case_lines",
    "checked_text",
    "divide_suite",
    "listed_cases",
    "refuse_repeated",
    "text_with_case",
]


def add_case(path: Path, case: Case) -> Suite:
    """Append `case` to the suite file at `path`; the suite as it is then.

    Raises:
        ConflictError: when a case of this content or name is in it already.
        ConfigError: when the file is wrong, or cannot be edited.
    """
    with locked_folder(path.resolve().parent):
        before = load_suite(path)
        refuse_repeated(before, case)
        wanted = replace(before, cases=(*before.cases, case))
        if path.suffix.lower() == ".parquet":
            data = suite_bytes(wanted, ".parquet")
        else:
            text = read_text(path)
            data = checked_text(text_with_case(text, path, case), path, wanted)
        replace_file(path, data)
    return wanted


def begin_suite(path: Path, case: Case) -> None:
    """Write a suite with this one case.

    Raises:
        ConflictError: when the file is there by now.
        ConfigError: when the case is none.
    """
    suite = Suite(path.stem, (case,))
    write_new_file(path, suite_bytes(suite, path.suffix.lower()))


def refuse_repeated(suite: Suite, case: Case) -> None:
    """Raises TakenError when `suite` has a case of this name, and ConflictError when one of this content."""
    content = case.item_hash
    for other in suite.cases:
        if other.name == case.name:
            raise TakenError(f"the suite '{suite.name}' has a case '{case.name}'; give it another name")
        if other.item_hash == content:
            raise ConflictError(
                f"the suite '{suite.name}' has this input with this expectation already, as case '{other.name}'"
            )


@dataclass(frozen=True, slots=True)
class Divided:
    """What became of a suite's splits."""

    assigned: int
    """How many cases got one."""

    counts: Mapping[Split, int]
    """How many cases each split has now."""


def divide_suite(
    path: Path, shares: Mapping[Split, float], *, seed: int = 0, reassign: bool = False
) -> Divided:
    """Write a split into the file for each case that has none; with `reassign`, for each case.

    Raises:
        ConfigError: when the file is wrong, or cannot be edited.
    """
    with locked_folder(path.resolve().parent):
        before = load_suite(path)
        given = set[int]() if reassign else _cases_with_split(path)
        splits = assign_splits(before.cases, shares, seed=seed, given=given)
        cases = tuple(
            structs.replace(case, split=splits.get(number, case.split))
            for number, case in enumerate(before.cases)
        )
        wanted = replace(before, cases=cases)
        if path.suffix.lower() == ".parquet":
            replace_file(path, suite_bytes(wanted, ".parquet"))
        elif splits:
            replace_file(path, checked_text(_with_splits(read_text(path), path, splits), path, wanted))
    return Divided(len(splits), {split: sum(case.split is split for case in cases) for split in Split})


def _cases_with_split(path: Path) -> set[int]:
    """The numbers, from 0, of the cases in the suite file at `path` whose split is written out."""
    match path.suffix.lower():
        case ".parquet":
            from loom.evaluation.suites.parquet import parquet_rows

            report = Report(str(path), lambda _: Place(), lambda _: Place())
            values: list[Json] = [value for _, value in parquet_rows(path, report, [])]
        case ".csv":
            return csv_cases_with_split(read_text(path))
        case ".jsonl":
            lines = read_text(path).split("\n")
            values = [parse_json(lines[number]) for number in case_lines(lines)]
        case ".json":
            values = listed_cases(parse_json(read_text(path)))
        case _:
            return yaml_cases_with_split(read_text(path))
    return {number for number, value in enumerate(values) if "split" in value}


def checked_text(text: str | None, path: Path, wanted: Suite) -> bytes:
    """`text` as bytes. Raises ConfigError when it is not the suite that is wanted."""
    try:
        same = text is not None and parse_suite(text, str(path)) == wanted
    except ConfigError:
        same = False
    if text is None or not same:
        what = "is written in a way that cannot be edited without changing more"
        target = f"{path.stem}.jsonl" if path.suffix.lower() == ".csv" else f"{path.stem}-new.yaml"
        remedy = f"rewrite it first: loom suite export {path} --to {target}"
        raise ConfigError(Problem(what, file=str(path), remedy=remedy))
    return text.encode()


def text_with_case(text: str, path: Path, case: Case) -> str | None:
    """The text of the file at `path` with `case` behind the others; None where that cannot be done."""
    match path.suffix.lower():
        case ".jsonl":
            return f"{ended(text)}{json.dumps(case.to_json(), ensure_ascii=False)}\n"
        case ".csv":
            return csv_with_case(ended(text), case.to_json())
        case ".json":
            value = parse_json(text)
            listed_cases(value).append(case.to_json())
            return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
        case _:
            return yaml_with_case(ended(text), case.to_json())


def _with_splits(text: str, path: Path, splits: Mapping[int, Split]) -> str | None:
    match path.suffix.lower():
        case ".jsonl":
            return _jsonl_with_splits(text, splits)
        case ".csv":
            return csv_with_splits(text, splits)
        case ".json":
            value = parse_json(text)
            for number, split in splits.items():
                listed_cases(value)[number]["split"] = split.value
            return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
        case _:
            return yaml_with_splits(text, splits)


def listed_cases(value: JsonValue) -> list[Json]:
    """The cases of a JSON suite, to be changed in place."""
    return cast("list[Json]", value if isinstance(value, list) else value["cases"])


def _jsonl_with_splits(text: str, splits: Mapping[int, Split]) -> str:
    lines = text.split("\n")
    filled = case_lines(lines)
    for number, split in splits.items():
        value = parse_json(lines[filled[number]])
        lines[filled[number]] = json.dumps({**value, "split": split.value}, ensure_ascii=False)
    return "\n".join(lines)


def case_lines(lines: list[str]) -> list[int]:
    """Which lines of a JSONL suite are cases, from 0."""
    begin = 1 if describes_suite(lines[0]) else 0
    return [number for number, line in enumerate(lines) if number >= begin and line.strip()]
