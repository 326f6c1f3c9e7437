"""Changes one case of a suite file, or takes it out, leaving the rest of the user's text as it is; and takes that back.

A change is of the case that its author has seen: when that case says something else by now, it is refused.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path

from loom.core.errors import ConflictError, NotFoundError, Problem, UsageError
from loom.core.hashing import hash_bytes, hash_json
from loom.evaluation.json_text import parse_json
from loom.evaluation.models import Case, Suite
from loom.evaluation.suites.csv_editing import csv_with_change
from loom.evaluation.suites.editing import (
    case_lines,
    checked_text,
    listed_cases,
    refuse_repeated,
    text_with_case,
)
from loom.evaluation.suites.files import load_suite, read_text
from loom.evaluation.suites.writing import locked_folder, replace_file, suite_bytes
from loom.evaluation.suites.yaml_editing import yaml_with_change

__all__ = ["CaseEdit", "Edited", "case_hash", "edit_case", "place_now", "restore_suite", "suite_hash"]


@dataclass(frozen=True, slots=True)
class CaseEdit:
    """What to do with one case."""

    number: int | None
    """Which, from 0; None: a new one at the end."""

    case: Case | None
    """What it is to be; None: nothing, it is taken out."""


@dataclass(frozen=True, slots=True)
class Edited:
    """A suite file before and after an edit."""

    before: bytes
    after: bytes
    suite: Suite
    back: CaseEdit
    """What takes it back where the rest of the file is another by now."""

    base: bytes | None
    """What the case says since, by its hash; None of one that was taken out."""


def suite_hash(path: Path) -> bytes:
    """What the file at `path` holds, by its hash."""
    return hash_bytes(path.read_bytes())


def case_hash(case: Case) -> bytes:
    """All that `case` says, by its hash."""
    return hash_json(case.to_json())


def place_now(suite: Suite, held: bytes, number: int, base: bytes | None) -> int | None:
    """The number by now of the case that was `number` when it hashed to `base`; None when it says something else.

    `base` may be the hash of the whole file too, which is `held` by now; None is whatever is there.
    """
    if base is None or base == held:
        return number
    nearest_first = sorted(range(len(suite.cases)), key=lambda at: abs(at - number))
    return next((at for at in nearest_first if case_hash(suite.cases[at]) == base), None)


def edit_case(path: Path, edit: CaseEdit, base: bytes | None = None) -> Edited:
    """Carry `edit` out in the suite file at `path`, where the case, or the file, hashed to `base`.

    None: whatever is there. The case may have another number by now.

    Raises:
        ConflictError: when the case says something else by now, or there is such a case already.
        NotFoundError: when there is no case of this number.
        UsageError: for the last case of a suite, which is not taken out.
        ConfigError: when the file is wrong, or cannot be edited.
    """
    with locked_folder(path.resolve().parent):
        before = path.read_bytes()
        suite = load_suite(path)
        edit = _placed(suite, hash_bytes(before), edit, base)
        wanted = _wanted(suite, edit)
        if path.suffix.lower() == ".parquet":
            after = suite_bytes(wanted, ".parquet")
        else:
            text = read_text(path)
            after = checked_text(_edited(text, path, edit), path, wanted)
        replace_file(path, after)
    return Edited(before, after, wanted, *_back(suite, edit))


def restore_suite(path: Path, edited: Edited) -> None:
    """Put back what an edit has changed: every byte, or the case alone where others have changed since.

    One that was taken out then comes behind the others.

    Raises:
        ConflictError: when the case itself says something else by now, or there is such a case again.
        LoomError: as `edit_case`.
    """
    with locked_folder(path.resolve().parent):
        if path.read_bytes() == edited.after:
            return replace_file(path, edited.before)
    try:
        edit_case(path, edited.back, edited.base)
    except ConflictError as error:
        raise ConflictError(f"nothing was undone: {error}") from None


def _back(before: Suite, edit: CaseEdit) -> tuple[CaseEdit, bytes | None]:
    """What takes `edit` back from another file than it made, and the hash of the case that it is about."""
    base = None if edit.case is None else case_hash(edit.case)
    if edit.number is None:
        return CaseEdit(len(before.cases), None), base
    return CaseEdit(None if edit.case is None else edit.number, before.cases[edit.number]), base


def _placed(suite: Suite, held: bytes, edit: CaseEdit, base: bytes | None) -> CaseEdit:
    if base is None or base == held:
        return edit
    number = None if edit.number is None else place_now(suite, held, edit.number, base)
    if number is None:
        raise ConflictError("the case was changed meanwhile; look at it again, then repeat the change")
    return replace(edit, number=number)


def _wanted(suite: Suite, edit: CaseEdit) -> Suite:
    cases = list(suite.cases)
    if edit.number is None:
        assert edit.case is not None
        refuse_repeated(suite, edit.case)
        return replace(suite, cases=(*cases, edit.case))
    if not 0 <= edit.number < len(cases):
        raise NotFoundError(f"the suite '{suite.name}' has no case number {edit.number + 1}")
    others = replace(suite, cases=tuple(cases[: edit.number] + cases[edit.number + 1 :]))
    if edit.case is None:
        if not others.cases:
            remedy = "delete the file, or add another case first"
            raise UsageError(Problem("is the only case of its suite", cases[0].name, remedy=remedy))
        return others
    refuse_repeated(others, edit.case)
    cases[edit.number] = edit.case
    return replace(suite, cases=tuple(cases))


def _edited(text: str, path: Path, edit: CaseEdit) -> str | None:
    if edit.number is None:
        assert edit.case is not None
        return text_with_case(text, path, edit.case)
    value = None if edit.case is None else edit.case.to_json()
    match path.suffix.lower():
        case ".jsonl":
            lines = text.split("\n")
            at = case_lines(lines)[edit.number]
            new = [] if value is None else [json.dumps(value, ensure_ascii=False)]
            return "\n".join([*lines[:at], *new, *lines[at + 1 :]])
        case ".csv":
            return csv_with_change(text, edit.number, value)
        case ".json":
            document = parse_json(text)
            cases = listed_cases(document)
            cases[edit.number : edit.number + 1] = [] if value is None else [value]
            return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
        case _:
            return yaml_with_change(text, edit.number, value)
