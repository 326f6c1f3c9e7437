"""Which workers fit a suite: by their contracts, held against some of its cases. Asks no model."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any, cast

from loom.catalog.library import Library
from loom.catalog.unchanged import Unchanged
from loom.core.contracts import contract
from loom.core.errors import InputError
from loom.core.jsonvalue import Json, JsonValue
from loom.core.kinds import Kind
from loom.core.worker_config import WorkerConfig
from loom.evaluation.models import Case, Split, Suite
from loom.evaluation.suites.files import load_suite
from loom.wiring.named import named, worker_at

__all__ = ["Fit", "FittingWorker", "fitting_workers", "why_misfit"]

_LOOKED_AT = 50


class Fit(StrEnum):
    """What its contract says of a worker beside a suite."""

    FITS = "fits"
    UNKNOWN = "no contract"
    """It says nothing of its input, so that any case may be given to it."""

    MISFIT = "does not fit"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class FittingWorker:
    """A worker beside a suite."""

    name: str
    fit: Fit
    why: str
    """Of one that does not fit: the first reason; of one that does: a case that can never pass. Names no sealed one."""

    tier: str


def fitting_workers(files: Library, suite: str) -> tuple[FittingWorker, ...]:
    """Every worker, those that fit the suite called `suite` first, of these the one of its name, then one's own.

    Reads files: off the event loop.

    Raises:
        NotFoundError: when there is no such suite.
        ConfigError: when it cannot be read.
    """
    place = named(files, Kind.SUITE, suite).path
    cases = _CASES.of(place, place, lambda: _some_cases(place))
    beside = [_beside(one.name, one.path, cases) for one in files.workers()]
    order = list(Fit)
    return tuple(sorted(beside, key=lambda one: (order.index(one.fit), one.name != suite)))


def why_misfit(worker: WorkerConfig, suite: Suite) -> str:
    """The first reason for which `worker` does not fit `suite`; empty when it may. Names no sealed case."""
    return _misfit(worker, _visible(suite))


_CASES: Unchanged[Path, tuple[Case, ...]] = Unchanged(200)


def _some_cases(place: Path) -> tuple[Case, ...]:
    return _visible(load_suite(place, large=True))


def _visible(suite: Suite) -> tuple[Case, ...]:
    return tuple(islice((case for case in suite.cases if case.split is not Split.SEALED), _LOOKED_AT))


def _beside(name: str, place: Path, cases: Sequence[Case]) -> FittingWorker:
    try:
        worker = worker_at(place)
        fit, why = _judged(worker, cases)
    except InputError as error:
        return FittingWorker(name, Fit.BROKEN, str(replace(error.problems[0], file=None)), "")
    return FittingWorker(name, fit, why, str(worker.default_model_tier))


def _judged(worker: WorkerConfig, cases: Sequence[Case]) -> tuple[Fit, str]:
    if why := _misfit(worker, cases):
        return Fit.MISFIT, why
    hopeless = ((case, _never_given(worker.output_schema, case)) for case in cases)
    but = next((f"but case {case.name}: {what}" for case, what in hopeless if what), "")
    return (Fit.FITS if worker.input_schema else Fit.UNKNOWN), but


def _misfit(worker: WorkerConfig, cases: Sequence[Case]) -> str:
    admits = contract(worker.input_schema, "input").problems if worker.input_schema else None
    for case in cases:
        wrong = admits(case.input) if admits else ()
        unknown = _not_given(worker.output_schema, case)
        if wrong or unknown:
            return f"case {case.name}: {wrong[0] if wrong else unknown}"
    return ""


def _not_given(schema: Json | None, case: Case) -> str:
    """Why what `case` expects can be nothing that the worker answers; an expectation may name some fields only."""
    answers, expected = _sides(schema, case)
    missing = [name for name in expected if name not in answers] if answers else []
    return f"expects {missing[0]}, which it does not answer" if missing else ""


def _never_given(schema: Json | None, case: Case) -> str:
    """Which word `case` expects that is none of those among which the worker chooses."""
    answers, expected = _sides(schema, case)
    for name, value in expected.items():
        words = [one.casefold() for one in _choices(answers.get(name)) if isinstance(one, str)]
        if words and isinstance(value, str) and value.casefold() not in words:
            return f"expects {name} to be {value!r}, which is not among its answers"
    return ""


def _choices(spec: JsonValue) -> list[JsonValue]:
    found: Any = cast("Json", spec).get("enum") if isinstance(spec, dict) else None
    return cast("list[JsonValue]", found) if isinstance(found, list) else []


def _sides(schema: Json | None, case: Case) -> tuple[Json, Json]:
    """The fields that a worker answers, and those that `case` expects, as far as either says them."""
    answers: Any = (schema or {}).get("properties")
    expected: Any = case.expected_output if case.has_expected else None
    return (
        cast("Json", answers) if isinstance(answers, dict) else {},
        cast("Json", expected) if isinstance(expected, dict) else {},
    )
