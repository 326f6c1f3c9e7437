"""`loom validate`: say everything that is wrong with configuration files, each at its place."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loom.cli.options import AsJson, ConfigsDir

if TYPE_CHECKING:
    from loom.core.config import Checked

__all__ = ["validate"]


def validate(
    paths: Annotated[list[Path] | None, typer.Argument(metavar="[PATHS]...", help="Files to check.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Check everything under --configs-dir.")] = False,
    configs_dir: ConfigsDir = Path("configs"),
    as_json: AsJson = False,
) -> None:
    """Validate worker, pipeline, suite and other config files; the kind of each is found by itself."""
    from loom.core.errors import Problem, UsageError

    files = list(paths or ())
    if every:
        files += _all_files(configs_dir)
        if not files:
            raise UsageError(Problem("No YAML files found", field="--configs-dir", value=str(configs_dir)))
    if not files:
        raise UsageError(Problem("Provide config file paths, or --all"))
    checked = [_check(path) for path in files]
    _print_json(checked) if as_json else _print(checked)
    if any(one.errors for one in checked):
        raise typer.Exit(1)


def _all_files(folder: Path) -> list[Path]:
    endings = (".yaml", ".yml", ".json", ".jsonl", ".csv")
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix in endings
        and not path.name.startswith(".")
        and path.name != "_template.yaml"
        and (path.suffix in endings[:2] or "suites" in path.parts)
    ]


def _check(path: Path) -> "Checked":
    from dataclasses import replace

    from loom.core.config import Kind, check_file
    from loom.evaluation.suite_files import check_suite

    tabular = path.suffix in (".jsonl", ".csv")
    checked = None if tabular else check_file(path)
    if checked is not None and checked.kind is not Kind.SUITE:
        return checked
    found = check_suite(path)
    if checked is None:
        from loom.core.config import Checked

        return Checked(path, Kind.SUITE, tuple(found.errors), tuple(found.warnings))
    return replace(checked, errors=tuple(found.errors), warnings=tuple(found.warnings))


def _print(checked: "list[Checked]") -> None:
    from loom.cli.show.console import console

    out = console()
    for one in checked:
        mark, style = ("✗", "fail") if one.errors else ("✓", "pass")
        out.print(mark, style=style, end=" ")
        out.print(f"[{one.kind}] {one.path}", markup=False, soft_wrap=True)
        for problem in one.errors:
            out.print(f"    {problem}", markup=False, soft_wrap=True)
        for problem in one.warnings:
            out.print("    warning: ", style="warn", end="")
            out.print(str(problem), markup=False, soft_wrap=True)
    bad = sum(bool(one.errors) for one in checked)
    good = len(checked) - bad
    out.print(f"{bad} invalid, {good} valid" if bad else f"{good} config(s) valid")


def _print_json(checked: "list[Checked]") -> None:
    from dataclasses import asdict

    from loom.cli.context import print_json

    print_json(
        [
            {
                "path": str(one.path),
                "kind": one.kind,
                "valid": not one.errors,
                "errors": [asdict(problem) for problem in one.errors],
                "warnings": [asdict(problem) for problem in one.warnings],
            }
            for one in checked
        ]
    )
