"""`loom suite`: look at suites, bring them in and out, divide them, check them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loom.cli.options import AsJson, ConfigsDir, finite

if TYPE_CHECKING:
    from loom.evaluation.models import Suite

__all__ = ["app"]

app = typer.Typer(
    help="Show, check, import, export and split suites.",
    no_args_is_help=True,
)

_SHOWN = 50

_SuiteName = Annotated[str, typer.Argument(metavar="SUITE", help="A suite's name, or the path of its file.")]
_Split = Annotated[
    str | None, typer.Option(metavar="SPLIT", help="Only train, validation or sealed; default: all.")
]
_Tags = Annotated[
    list[str] | None, typer.Option(metavar="TAG", help="Only cases with this tag; may be repeated.")
]
_Force = Annotated[bool, typer.Option("--force", help="Replace a file that is there.")]
_Share = Annotated[
    float,
    typer.Option(
        min=0, max=1_000_000, metavar="SHARE", help="Its share, in percent or in any unit.", callback=finite
    ),
]


@app.command("show")
def show(
    suite: Annotated[
        str | None,
        typer.Argument(metavar="[SUITE]", help="A suite's name or file; without one all suites are listed."),
    ] = None,
    split: _Split = None,
    tag: _Tags = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="At most so many cases; default 50, with --json all."),
    ] = None,
    as_json: AsJson = False,
    configs_dir: ConfigsDir = Path("configs"),
) -> None:
    """Show the cases of a suite, or list all suites."""
    from dataclasses import replace

    from loom.cli.context import print_json, suite_named
    from loom.cli.show.suites import listing_json, show_listing, show_suite, suite_json

    if suite is None:
        found = listing_json(configs_dir)
        print_json(found) if as_json else show_listing(found)
        return
    whole = suite_named(suite, configs_dir)
    chosen = _chosen(whole, split, tag)
    if as_json:
        print_json(suite_json(whole, replace(chosen, cases=chosen.cases[:limit])))
    else:
        show_suite(whole, chosen, limit or _SHOWN)


@app.command("check")
def check(suite: _SuiteName, as_json: AsJson = False, configs_dir: ConfigsDir = Path("configs")) -> None:
    """Find what is wrong or doubtful in a suite.

    Repeated cases, missing expectations, inputs and clusters in two splits, scorers that cannot judge.
    """
    from loom.catalog.library import Library
    from loom.cli.context import print_json
    from loom.cli.show.suites import findings_json, show_findings
    from loom.evaluation.suites.checking import review_suite

    path = Library(configs_dir).suite(suite)
    found = review_suite(path)
    if as_json:
        print_json(findings_json(path, found))
    else:
        show_findings(path, found)
    if found.errors:
        raise typer.Exit(1)


@app.command("split")
def split(
    suite: _SuiteName,
    train: _Share = 60,
    validation: _Share = 20,
    sealed: _Share = 20,
    seed: Annotated[int, typer.Option(metavar="N", help="Another number divides otherwise.")] = 0,
    reassign: Annotated[
        bool, typer.Option("--reassign", help="Begin anew, also for cases that have a split.")
    ] = False,
    as_json: AsJson = False,
    configs_dir: ConfigsDir = Path("configs"),
) -> None:
    """Give a split to each case that has none, and write it into the suite's file.

    Cases of one cluster, or with the same input, stay together. Comments and order of the file stay.
    """
    from loom.cli.context import own_suite, print_json
    from loom.cli.show.suites import show_division
    from loom.core.errors import Problem, UsageError
    from loom.evaluation.models import Split
    from loom.evaluation.suites.editing import divide_suite

    shares = {Split.TRAIN: train, Split.VALIDATION: validation, Split.SEALED: sealed}
    if not sum(shares.values()):
        raise UsageError(Problem("are all 0", field="shares", remedy="give --train 60 --validation 20"))
    path = own_suite(suite, configs_dir)
    divided = divide_suite(path, shares, seed=seed, reassign=reassign)
    if as_json:
        print_json({"file": str(path), "assigned": divided.assigned, "splits": divided.counts})
    else:
        show_division(path, divided)


@app.command("export")
def export(
    suite: _SuiteName,
    to: Annotated[
        Path, typer.Option("--to", metavar="FILE", help="Ends in .yaml, .json, .jsonl, .csv or .parquet.")
    ],
    split: _Split = None,
    tag: _Tags = None,
    force: _Force = False,
    as_json: AsJson = False,
    configs_dir: ConfigsDir = Path("configs"),
) -> None:
    """Write a suite, or some of its cases, in the format that the file's ending names."""
    from dataclasses import replace

    from loom.catalog.library import Library
    from loom.cli.context import print_json
    from loom.cli.show.suites import show_export
    from loom.evaluation.suites.files import load_suite
    from loom.evaluation.suites.writing import suite_bytes, unwritable, write_new_file

    whole = load_suite(Library(configs_dir).suite(suite), large=True)
    chosen = replace(whole, cases=_chosen(whole, split, tag).cases)
    ending = to.suffix.lower()
    write_new_file(to, suite_bytes(chosen, ending), replace=force)
    left_out = unwritable(chosen, ending)
    if as_json:
        print_json({"file": str(to), "cases": len(chosen.cases), "left_out": list(left_out)})
    else:
        show_export(to, chosen, left_out)


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A suite of any format, or a promptfoo configuration.")
    ],
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="Call it this; default: as the file says.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be written.")] = False,
    force: _Force = False,
    as_json: AsJson = False,
    configs_dir: ConfigsDir = Path("configs"),
) -> None:
    """Bring a suite into --configs-dir; from a promptfoo configuration also its prompts, as workers.

    What has no counterpart in Loom is listed with the reason. Nothing is executed and nothing is fetched.
    """
    from loom.cli.context import print_json
    from loom.cli.show.suites import import_json, show_import
    from loom.evaluation.suites.importing import carry_out, plan_import

    plan = plan_import(file, configs_dir, name)
    if not dry_run:
        carry_out(plan, replacing=force)
    if as_json:
        print_json(import_json(plan))
    else:
        show_import(plan, written=not dry_run)


def _chosen(suite: "Suite", split: str | None, tags: list[str] | None) -> "Suite":
    """The suite with the cases that are asked for; sealed ones too."""
    from dataclasses import replace

    from loom.core.errors import Problem, UsageError
    from loom.evaluation.models import Split
    from loom.wiring.named import one_of

    wanted = one_of(Split, "--split", split)
    cases = tuple(
        case
        for case in suite.cases
        if (wanted is None or case.split is wanted) and (not tags or set(tags) & set(case.tags))
    )
    if not cases:
        remedy = "choose another --split or --tag"
        raise UsageError(Problem(f"selects no case of the suite '{suite.name}'", remedy=remedy))
    return replace(suite, cases=cases)
