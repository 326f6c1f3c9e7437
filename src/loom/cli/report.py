"""`loom report`: a run as JUnit, JSON, Markdown, HTML or CSV."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loom.cli.gating import Against, MeasureName

if TYPE_CHECKING:
    from loom.evaluation.reports.document import ReportFormat
    from loom.wiring.app import App

__all__ = ["report"]


def report(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run as `loom runs` shows it, or `last`.")],
    against: Against = None,
    measure: MeasureName = "pass-rate",
    format_name: Annotated[
        str | None,
        typer.Option(
            "--format", metavar="FORMAT", help="junit, json, markdown, html or csv; default: by FILE."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Where to write; default: standard output."),
    ] = None,
) -> None:
    """Write a report of a run: for CI, for people, for programs."""
    from loom.cli.context import with_app
    from loom.cli.gating import Wanted, documented, judge, measure_named
    from loom.cli.show.console import error_console, put
    from loom.cli.show.plain import emit
    from loom.evaluation.reports.writing import WRITERS, write_report

    spelling = _spelling(format_name, output)
    asked = Wanted(against, measure=measure_named(measure))

    async def use(app: "App") -> None:
        found = await app.reports.report(await app.reports.find(run))
        document = await documented(app, found, await judge(app, found, asked))
        if output is None:
            emit(WRITERS[spelling](document))
        else:
            write_report(document, spelling, output)
            put((f"Written: {output}", "muted"), out=error_console())

    with_app(use)


def _spelling(name: str | None, output: Path | None) -> "ReportFormat":
    from loom.core.errors import Problem, UsageError
    from loom.evaluation.reports.document import ReportFormat, format_of
    from loom.wiring.named import one_of

    chosen = one_of(ReportFormat, "--format", name)
    if chosen is not None:
        return chosen
    if output is None:
        remedy = "say --format junit, json, markdown, html or csv, or -o FILE"
        raise UsageError(Problem("needs a format", "loom report", remedy=remedy))
    return format_of(str(output))
