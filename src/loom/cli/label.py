"""`loom label`: outputs given to people to rate, their ratings taken in, and how judges agree with them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loom.cli.options import AsJson

if TYPE_CHECKING:
    from loom.evaluation.judging.label_files import SheetRow
    from loom.evaluation.judging.labels import JudgeAgreement, Kept
    from loom.evaluation.statistics.agreement import Kappa
    from loom.wiring.app import App

__all__ = ["app"]

app = typer.Typer(
    help="Let people rate outputs, and hold judges against them.", no_args_is_help=True, rich_markup_mode=None
)

_Run = Annotated[str, typer.Argument(metavar="RUN", help="A run as `loom runs` shows it, or `last`.")]


@app.command("export")
def export(
    run: _Run,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="A .csv or .jsonl file; default: CSV on standard output."
        ),
    ] = None,
    sample: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Only so many outputs, drawn at random.")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Another seed draws another sample.")] = 0,
) -> None:
    """Write a sheet of outputs to rate; without scores, so that nobody is led by them.

    Fill in `rating` (pass, fail, or a number from 0 to 1) and `rater`, then `loom label import FILE`.
    """
    from loom.cli.context import with_app
    from loom.cli.show.console import error_console, put
    from loom.cli.show.plain import emit
    from loom.evaluation.judging.label_files import SheetFormat, write_sheet

    spelling = SheetFormat.JSONL if output and output.suffix.lower() == ".jsonl" else SheetFormat.CSV

    async def use(opened: "App") -> "list[SheetRow]":
        return await opened.labels.sheet(await opened.reports.find(run), sample, seed)

    _refuse_overwriting(output)
    rows = with_app(use)
    if output is None:
        emit(write_sheet(rows, spelling))
        return
    with output.open("x", encoding="utf-8", newline="") as file:
        file.writelines(write_sheet(rows, spelling))
    put(f"{len(rows)} outputs to rate are in {output}. Fill in rating and rater, then:", out=error_console())
    put((f"loom label import {output}", "muted"), out=error_console())


def _refuse_overwriting(output: Path | None) -> None:
    """A sheet holds what people have filled in, which nothing else does."""
    from loom.core.errors import TakenError

    if output is not None and output.exists():
        raise TakenError(f"'{output}' is there already; name another file, or delete it first")


@app.command("import")
def import_labels(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A sheet that was filled in.")],
    rater: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who rated, where a row does not say.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take in the ratings of a sheet; of a rater who rated an output before, the new one holds."""
    from loom.access.models import LOCAL
    from loom.cli.context import print_json, read_text_argument, with_app
    from loom.cli.show.console import put
    from loom.core.ids import short, text
    from loom.evaluation.judging.label_files import read_labels
    from loom.evaluation.suites.files import MAX_BYTES

    words, source = read_text_argument(f"@{file}", "FILE", MAX_BYTES)
    labels = read_labels(words, source, rater)

    async def use(opened: "App") -> "Kept":
        kept = await opened.labels.keep(labels, source, LOCAL)
        for name in kept.runs:
            await opened.labels.apply(await opened.reports.find(text(name)))
        return kept

    kept = with_app(use)
    if as_json:
        runs = [text(run) for run in kept.runs]
        print_json({"new": kept.new, "unchanged": kept.unchanged, "runs": runs})
        return
    put(f"{kept.new} ratings kept, {kept.unchanged} were known.")
    for run in kept.runs:
        put((f"loom label agreement {short(run)}", "muted"))


@app.command("agreement")
def agreement(run: _Run, as_json: AsJson = False) -> None:
    """Say how well each scorer of a run agrees with people, on every output that both have judged."""
    from loom.cli.context import print_json, with_app

    async def use(opened: "App") -> "list[JudgeAgreement]":
        return await opened.labels.agreement(await opened.reports.find(run))

    found = with_app(use)
    print_json([_json(one) for one in found]) if as_json else _show(found, run)


def _json(one: "JudgeAgreement") -> dict[str, object]:
    from dataclasses import asdict

    calibration = one.calibration
    told = (
        None
        if calibration is None
        else {**asdict(calibration), "n": calibration.n, "refusal": calibration.refusal}
    )
    return {"scorer": one.scorer.name, "calibration": told}


def _show(found: "list[JudgeAgreement]", run: str) -> None:
    from loom.cli.show.console import console, put
    from loom.cli.show.format import percent, points
    from loom.cli.show.table import show_table

    rows = [(one.scorer.name, one.calibration) for one in found if one.calibration is not None]
    if not rows:
        put("Nothing that a scorer of this run has judged was rated by a person. Begin with:")
        put((f"loom label export {run} --sample 60 -o labels.csv", "muted"))
        return
    console().print()
    head = ("scorer", "n", "agree", "kappa", "graded", "kinder by")
    show_table(
        [
            (
                name,
                str(one.n),
                percent(one.agreement.value),
                _kappa(one.kappa),
                _kappa(one.graded),
                points(one.lenient_by),
            )
            for name, one in rows
        ],
        head,
        right=range(1, 6),
    )
    for name, one in rows:
        put(f"{name}: {one.refusal or 'may decide a gate'}")


def _kappa(found: "Kappa") -> str:
    if found.value is None or found.interval is None:
        return "–"
    return f"{found.value:.2f} [{found.interval.low:.2f}, {found.interval.high:.2f}]"
