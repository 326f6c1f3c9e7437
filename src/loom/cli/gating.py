"""What `loom eval` and `loom report` do with a run besides showing it: compare it, gate it, write it down."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loom.cli.options import finite
from loom.core.ids import short, text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from loom.evaluation.comparing.baselines import Baseline
    from loom.evaluation.comparing.comparison import Comparison, Measure
    from loom.evaluation.comparing.gates import Gate, GateResult
    from loom.evaluation.reports.document import ReportDocument
    from loom.evaluation.results.report import RunReport
    from loom.evaluation.scorers import ConfiguredScorer
    from loom.evaluation.store import RunRow
    from loom.wiring.app import App

__all__ = [
    "Against",
    "AtLeast",
    "GateIt",
    "Judged",
    "MeasureName",
    "ReportFiles",
    "Tolerance",
    "Wanted",
    "admission",
    "documented",
    "fixed",
    "judge",
    "measure_named",
    "wanted",
    "write_reports",
]

BASELINE = "baseline"

Against = Annotated[
    str | None,
    typer.Option(
        metavar="baseline|RUN", help="Compare with this run, or with the worker's baseline on the suite."
    ),
]
GateIt = Annotated[
    bool, typer.Option("--gate", help="Exit 1 on a significant regression, or below the minimum.")
]
MeasureName = Annotated[str, typer.Option(metavar="MEASURE", help="What decides: pass-rate or score.")]
Tolerance = Annotated[
    float,
    typer.Option(min=0, max=100, metavar="POINTS", help="By how much the run may be worse.", callback=finite),
]
AtLeast = Annotated[
    float | None,
    typer.Option(
        "--min-pass-rate",
        min=0,
        max=100,
        metavar="PERCENT",
        help="What the pass rate must be at least.",
        callback=finite,
    ),
]
ReportFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--report",
        metavar="FILE",
        help="Write a report: .xml (JUnit), .json, .md, .html or .csv; may be repeated.",
    ),
]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a command line asks of a run that has ended."""

    against: str | None = None
    gate: "Gate | None" = None
    measure: "Measure | None" = None
    files: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of it."""

    against: "RunRow | None" = None
    comparison: "Comparison | None" = None
    gate: "GateResult | None" = None


def measure_named(name: str) -> "Measure":
    """The measure that a command line means.

    Raises:
        UsageError: when it is none.
    """
    from loom.core.errors import Problem, UsageError
    from loom.evaluation.comparing.comparison import Measure

    names = {measure.replace(" ", "-"): measure for measure in Measure}
    if name not in names:
        remedy = f"use {' or '.join(names)}"
        raise UsageError(Problem("is no measure", "--measure", value=name, remedy=remedy))
    return names[name]


def wanted(
    against: str | None,
    *,
    gated: bool,
    measure: str,
    tolerance: float,
    at_least: float | None,
    files: list[Path] | None,
) -> Wanted:
    """What the options ask for.

    Raises:
        UsageError: when they contradict each other, or a report has no format or cannot be written.
    """
    from loom.core.errors import Problem, UsageError
    from loom.evaluation.comparing.gates import Gate

    chosen = measure_named(measure)
    if files:
        from loom.evaluation.reports.document import format_of
        from loom.evaluation.reports.writing import require_writable

        for path in files:
            format_of(str(path))
            require_writable(path)
    if gated and against is None and at_least is None:
        remedy = "add --against baseline, --against RUN, or --min-pass-rate PERCENT"
        raise UsageError(Problem("has nothing to go by", "--gate", remedy=remedy))
    if at_least is not None and 0 < at_least < 1:
        remedy = f"write {100 * at_least:g} for {100 * at_least:g} %"
        raise UsageError(
            Problem("is less than one percent", "--min-pass-rate", value=at_least, remedy=remedy)
        )
    excess = "--tolerance" if tolerance else "--min-pass-rate" if at_least is not None else None
    if not gated and excess:
        raise UsageError(Problem("decides nothing without --gate", excess, remedy="add --gate"))
    gate = Gate(chosen, tolerance / 100, None if at_least is None else at_least / 100) if gated else None
    return Wanted(against, gate, chosen, tuple(files or ()))


async def fixed(app: "App", asked: Wanted, worker: str, suite: str) -> Wanted:
    """`asked` with the id of the run to compare with: found before anything is paid, and while `last` is another run.

    Raises:
        NotFoundError: when there is none.
        UsageError: when a gate is wanted, and the run was stopped: it would refuse it afterwards.
    """
    from loom.core.errors import Problem, UsageError
    from loom.engine.models import JobState
    from loom.evaluation.results.run_scores import unfinished

    if asked.against is None:
        return asked
    found = await _against(app, asked.against, worker, suite)
    if asked.gate is not None and JobState(found.state).final and (part := unfinished(found)):
        raise UsageError(Problem(part, "--against", remedy="gate against a run that is completed"))
    return replace(asked, against=text(found.id))


def admission(app: "App", asked: Wanted) -> "Callable[[Sequence[ConfiguredScorer]], Awaitable[None]] | None":
    """What refuses a judge that may not decide the gate, before anything is paid; None without a gate."""
    from loom.evaluation.comparing.gates import is_judge, refuse_uncalibrated

    async def admit(scorers: "Sequence[ConfiguredScorer]") -> None:
        judges = [scorer for scorer in scorers if is_judge(scorer)]
        if judges:
            refuse_uncalibrated(judges, await app.labels.pairs(judges))

    return None if asked.gate is None else admit


async def _against(app: "App", name: str, worker: str, suite: str) -> "RunRow":
    if name == BASELINE:
        found = await app.baselines.get(worker, suite)
        if found.folder not in (None, app.folder):
            _tell_of_another(found)
        name = text(found.run)
    return await app.reports.find(name)


def _tell_of_another(found: "Baseline") -> None:
    """Two projects may well have workers and suites of the same names."""
    from loom.cli.show.console import error_console, put

    said = f"the baseline was set in {found.folder}; set one here with: loom baseline set RUN"
    put(("warning: ", "warn"), said, out=error_console())


async def judge(app: "App", report: "RunReport", asked: Wanted) -> Judged:
    """Compare and gate `report` as `asked`.

    Raises:
        NotFoundError: when there is no such baseline or run.
        UsageError: when there is nothing to gate by, or a judge may not decide a gate.
    """
    from loom.evaluation.comparing.comparison import Measure
    from loom.evaluation.comparing.gates import is_judge, pass_gate, refuse_uncalibrated

    run = report.run
    against, comparison = None, None
    if asked.against is not None:
        against = await _against(app, asked.against, run.target, run.suite or "")
        comparison = await app.reports.compare(against, run, asked.measure or Measure.PASS_RATE)
    if asked.gate is None:
        return Judged(against, comparison)
    judges = [scorer for scorer in report.results.scorers if is_judge(scorer)]
    if judges:
        refuse_uncalibrated(judges, await app.labels.pairs(judges), short(run.id))
    return Judged(against, comparison, pass_gate(asked.gate, report.pass_rate, comparison))


async def write_reports(app: "App", report: "RunReport", judged: Judged, files: tuple[Path, ...]) -> None:
    """Write `report` into `files`, each in the format that its suffix means."""
    if not files:
        return
    from loom.evaluation.reports.document import format_of
    from loom.evaluation.reports.writing import write_report

    document = await documented(app, report, judged)
    for path in files:
        write_report(document, format_of(str(path)), path)


async def documented(app: "App", report: "RunReport", judged: Judged) -> "ReportDocument":
    """`report` with all that a written one says."""
    from loom.evaluation.reports.document import ReportDocument

    version, other = app.evaluations.version, judged.against
    return ReportDocument(
        report,
        app.clock.now_us(),
        other,
        judged.comparison,
        judged.gate,
        version=await version(report.run.job),
        against_version=None if other is None else await version(other.job),
    )
