"""What `loom test --save-case` does: checked before anything is paid for, written when the answer is there."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import structs

from loom.cli.context import own_suite, read_text_argument
from loom.core.errors import ConfigError, NotFoundError, Problem, UsageError
from loom.evaluation.json_text import parse_json
from loom.evaluation.models import ABSENT, Case, Split, Suite
from loom.evaluation.suites.editing import add_case, begin_suite, refuse_repeated
from loom.evaluation.suites.files import load_suite, parse_suite
from loom.wiring.named import one_of

if TYPE_CHECKING:
    from loom.core.jsonvalue import Json, JsonValue
    from loom.engine.bench import TestResult

__all__ = ["CaseWish", "Saving", "prepare"]

_ACCEPT = "accept-output"


@dataclass(frozen=True, slots=True)
class CaseWish:
    """The options of `--save-case`."""

    suite: str | None
    name: str | None
    expect: str | None
    tags: tuple[str, ...]
    split: str | None


@dataclass(frozen=True, slots=True)
class Saving:
    """A case that is to be saved once its test has run."""

    path: Path
    is_new: bool
    """The suite's file is not there yet."""

    case: Case
    accepts_output: bool

    def save(self, result: "TestResult") -> Case:
        """Write the case.

        Raises:
            UsageError: when the output was to be accepted and breaks the contract.
            ConflictError: when the case is there already.
        """
        case = self.case
        if self.accepts_output:
            if not result.success:
                remedy = "write what is right, as JSON"
                raise UsageError(
                    Problem("cannot accept an output that breaks the contract", "--expect", remedy=remedy)
                )
            case = structs.replace(case, expected_output=result.outcome.output)
        if self.is_new:
            begin_suite(self.path, case)
        else:
            add_case(self.path, case)
        return case


def prepare(wish: CaseWish, payload: "Json", configs_dir: Path) -> Saving | None:
    """What to save after the test; None when nothing is to be saved. Refuses what could not be saved."""
    if wish.suite is None:
        given = [name for name in ("name", "expect", "split", "tags") if getattr(wish, name)]
        if given:
            option = "--tag" if given[0] == "tags" else f"--{given[0]}"
            raise UsageError(Problem("is about a case to save", option, remedy="add --save-case SUITE"))
        return None
    path, is_new = _place(wish.suite, configs_dir)
    suite = Suite(path.stem, ()) if is_new else load_suite(path)
    accepts = wish.expect == _ACCEPT
    expected = ABSENT if accepts or wish.expect is None else _expected(wish.expect)
    split = one_of(Split, "--split", wish.split) or Split.TRAIN
    name = wish.name or _free_name(suite)
    case = Case(name, payload, expected, tuple(dict.fromkeys(wish.tags)), split=split)
    _refuse_wrong(case)
    refuse_repeated(suite, case)
    return Saving(path, is_new, case, accepts)


def _place(suite: str, configs_dir: Path) -> tuple[Path, bool]:
    try:
        return own_suite(suite, configs_dir), False
    except NotFoundError:
        path = Path(suite)
        if path.name == suite and not path.suffix:
            return configs_dir / "suites" / f"{suite}.yaml", True
        if path.suffix in (".yaml", ".yml", ".json", ".jsonl", ".csv") and not path.exists():
            return path, True
        raise


def _refuse_wrong(case: Case) -> None:
    """Raises UsageError when no suite could hold `case`."""
    try:
        parse_suite(json.dumps([case.to_json()]), "case.json")
    except ConfigError as error:
        raise UsageError(
            Problem(problem.what, (problem.field or "").removeprefix("[0]."), None, value=problem.value)
            for problem in error.problems
        ) from None


def _expected(given: str) -> "JsonValue":
    text, source = read_text_argument(given, "--expect")
    try:
        return parse_json(text)
    except ValueError as error:
        remedy = f"write JSON, name a file as @FILE, or write {_ACCEPT}"
        raise UsageError(Problem(f"is not JSON: {error}", field=source, remedy=remedy)) from None


def _free_name(suite: Suite) -> str:
    taken = {case.name for case in suite.cases}
    number = len(suite.cases) + 1
    while f"case-{number}" in taken:
        number += 1
    return f"case-{number}"
