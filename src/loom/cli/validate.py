"""`loom validate`: say everything that is wrong with configuration files, each at its place."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loom.cli.options import AsJson, ConfigsDir

if TYPE_CHECKING:
    from loom.core.errors import Problem
    from loom.core.findings import Checked
    from loom.core.kinds import Kind

__all__ = ["validate", "validated"]

_YAML = (".yaml", ".yml")
_PIPELINES = ("pipelines", "orchestrators")
_ROWS = (".jsonl", ".csv", ".parquet")
_SUITES = (*_YAML, ".json", *_ROWS)


def validate(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATHS", help="Files to check, or folders of them.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Check everything under --configs-dir.")] = False,
    configs_dir: ConfigsDir = Path("configs"),
    as_json: AsJson = False,
) -> None:
    """Validate worker, pipeline and suite files.

    The kind of each file is found by itself: also orchestrators, router rules, schedules and MCP gateways.
    """
    from loom.core.errors import Problem, UsageError

    files = [file for path in paths or () for file in _within(path) or (path,)]
    if every:
        found = _within(configs_dir)
        files += found
        if not found:
            remedy = "check --configs-dir"
            raise UsageError(Problem(f"No YAML files found in '{configs_dir}'", remedy=remedy))
    if not files:
        remedy = "or --all for everything under --configs-dir"
        raise UsageError(Problem("Provide config file paths", remedy=remedy))
    checked = _of_one_name([validated(path, configs_dir) for path in files])
    _print_json(checked) if as_json else _print(checked)
    if any(one.errors for one in checked):
        raise typer.Exit(1)


def _within(folder: Path) -> list[Path]:
    """The definitions below `folder`; none where it is no folder."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix in _SUITES
        and not path.name.startswith(".")
        and path.name != "_template.yaml"
        and (path.suffix in _YAML or "suites" in path.parts)
    ]


def validated(path: Path, configs_dir: Path = Path("configs")) -> "Checked":
    """What is wrong and what is doubtful in the file at `path`, whose workers are looked for in `configs_dir`."""
    from dataclasses import replace

    from loom.core.kinds import Kind

    if path.suffix in _ROWS or _can_only_be_a_suite(path):
        return _suite(path)
    from loom.core.config import check_file

    checked = check_file(path)
    if checked.kind is Kind.SUITE:
        return _suite(path)
    if checked.kind in (Kind.WORKER, Kind.PIPELINE) and not checked.errors:
        beside = _beside_workers(path, checked.kind, configs_dir)
        more = (one for one in beside if one not in checked.warnings)
        return replace(checked, warnings=(*checked.warnings, *more))
    return checked


def _can_only_be_a_suite(path: Path) -> bool:
    """Too large for any other definition, and not meant to be one by its folder."""
    from loom.core.bounded import MAX_CONFIG_BYTES

    is_meant = path.parent.name in ("workers", "pipelines")
    return not is_meant and path.is_file() and path.stat().st_size > MAX_CONFIG_BYTES


def _suite(path: Path) -> "Checked":
    from loom.core.findings import Checked
    from loom.core.kinds import Kind
    from loom.evaluation.suites.files import check_suite

    found = check_suite(path)
    return Checked(path, Kind.SUITE, found.errors, found.warnings)


def _beside_workers(path: Path, kind: "Kind", configs_dir: Path) -> "tuple[Problem, ...]":
    """What is doubtful in a definition; in a pipeline, beside the workers of the folder that it is in."""
    from loom.catalog.library import Library
    from loom.catalog.pipelines.contracts import read_beside

    home = path.parent.parent if path.parent.name in _PIPELINES else configs_dir
    return read_beside(Library(home), kind, path.read_bytes(), str(path)).warnings


def _of_one_name(checked: "list[Checked]") -> "list[Checked]":
    """`checked`, with a warning at each worker that has the name of one before: to Loom they are the same."""
    from dataclasses import replace

    from loom.core.errors import Problem
    from loom.core.kinds import Kind

    first: dict[str, Path] = {}

    def told(one: "Checked") -> "Checked":
        before = first.setdefault(one.name, one.path) if one.kind is Kind.WORKER and one.name else one.path
        if before == one.path or before.samefile(one.path):
            return one
        what, remedy = f"is the name of {before} too", "rename one"
        twice = Problem(what, "name", str(one.path), value=one.name, remedy=remedy)
        return replace(one, warnings=(*one.warnings, twice))

    return [told(one) for one in checked]


def _print(checked: "list[Checked]") -> None:
    from loom.cli.show.console import put

    for one in checked:
        put(f"[{one.kind}] {one.path}", label=("✗", "fail") if one.errors else ("✓", "pass"), hang=2)
        for problem in one.errors:
            put(str(problem), hang=4)
        for problem in one.warnings:
            put(("warning: ", "warn"), str(problem), hang=4)
    bad = sum(bool(one.errors) for one in checked)
    good = len(checked) - bad
    put(f"{bad} invalid, {good} valid" if bad else f"{good} config(s) valid")


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
