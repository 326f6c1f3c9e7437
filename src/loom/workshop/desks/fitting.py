"""Which workers fit a suite: by their contracts, held against some of its cases. Asks no model."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import cast

from loom.catalog.library import Library
from loom.catalog.unchanged import Unchanged
from loom.core.contracts import contract
from loom.core.errors import InputError, NotFoundError
from loom.core.jsonvalue import Json
from loom.core.worker_config import WorkerConfig, load_worker
from loom.evaluation.models import Case, Split
from loom.evaluation.suites.files import load_suite

__all__ = ["Fit", "FittingWorker", "fitting_workers"]

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
    """Of one that does not fit: the first reason. Names no sealed case."""

    tier: str


def fitting_workers(files: Library, suite: str) -> tuple[FittingWorker, ...]:
    """Every worker, those that fit the suite called `suite` first, and of these the one of its name.

    Reads files: off the event loop.

    Raises:
        NotFoundError: when there is no such suite.
        ConfigError: when it cannot be read.
    """
    place = next((one.path for one in files.suites() if one.name == suite), None)
    if place is None:
        raise NotFoundError(f"there is no suite '{suite[:80]}'; `/suites` lists them")
    cases = _CASES.of(place, place, lambda: _some_cases(place))
    beside = [_beside(one.name, one.path, cases) for one in files.workers()]
    order = list(Fit)
    return tuple(sorted(beside, key=lambda one: (order.index(one.fit), one.name != suite, one.name)))


_CASES: Unchanged[Path, tuple[Case, ...]] = Unchanged(200)
_WORKERS: Unchanged[Path, WorkerConfig] = Unchanged(1_000)


def _some_cases(place: Path) -> tuple[Case, ...]:
    visible = (case for case in load_suite(place, large=True).cases if case.split is not Split.SEALED)
    return tuple(islice(visible, _LOOKED_AT))


def _beside(name: str, place: Path, cases: Sequence[Case]) -> FittingWorker:
    try:
        worker = _WORKERS.of(place, place, lambda: load_worker(place))
        fit, why = _judged(worker, cases)
    except InputError as error:
        return FittingWorker(name, Fit.BROKEN, str(replace(error.problems[0], file=None)), "")
    return FittingWorker(name, fit, why, str(worker.default_model_tier))


def _judged(worker: WorkerConfig, cases: Sequence[Case]) -> tuple[Fit, str]:
    for case in cases:
        wrong = contract(worker.input_schema, "input").problems(case.input) if worker.input_schema else ()
        unknown = _not_given(worker.output_schema, case)
        if wrong or unknown:
            return Fit.MISFIT, f"case {case.name}: {wrong[0] if wrong else unknown}"
    return (Fit.FITS if worker.input_schema else Fit.UNKNOWN), ""


def _not_given(schema: Json | None, case: Case) -> str:
    """Why what `case` expects can be nothing that the worker answers; an expectation may name some fields only."""
    answers, expected = schema.get("properties") if schema else None, case.expected_output
    if not case.has_expected or not isinstance(answers, dict) or not isinstance(expected, dict):
        return ""
    missing = [name for name in cast("Json", expected) if name not in answers]
    return f"expects {missing[0]}, which it does not answer" if missing else ""
