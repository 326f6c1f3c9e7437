"""Imports suites and promptfoo configurations into a folder of definitions: first a plan, then the files."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from loom.core.bounded import MAX_CONFIG_BYTES
from loom.core.errors import ConfigError, Problem, TakenError, UsageError
from loom.core.jsonvalue import JsonValue
from loom.core.worker_config import WorkerConfig
from loom.core.yamlfile import load_yaml
from loom.evaluation.models import Suite
from loom.evaluation.suites.files import open_suite
from loom.evaluation.suites.promptfoo import LeftOut, import_promptfoo, is_promptfoo
from loom.evaluation.suites.promptfoo.reading import is_code
from loom.evaluation.suites.writing import suite_bytes, write_new_file
from loom.evaluation.suites.yaml_files import yaml_text

__all__ = ["ImportPlan", "carry_out", "in_case", "plan_import"]

_NAME = re.compile(r"[^\W_][\w.-]{0,99}")
_MAYBE_PROMPTFOO = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import would write."""

    suite: Suite
    files: tuple[tuple[Path, bytes], ...]
    """Workers first, the suite last."""

    workers: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    models: tuple[str, ...] = ()
    """The models of a promptfoo configuration, the workers' first."""


def plan_import(source: Path, configs_dir: Path, name: str | None = None) -> ImportPlan:
    """What becomes of the suite or promptfoo configuration `source`, under `name`, below `configs_dir`.

    Raises:
        ConfigError: with everything that is wrong with it.
        UsageError: when it is code, or a name that is no name of a file.
    """
    if name is not None and not _NAME.fullmatch(name):
        remedy = "use letters, digits, - and _"
        raise UsageError(Problem("is no name of a file", field="--name", value=name, remedy=remedy))
    if is_code(source.name):
        remedy = "write the configuration as YAML; promptfoo can export it"
        raise UsageError(
            Problem("is code, which an import does not run", field="FILE", value=str(source), remedy=remedy)
        )
    if source.suffix.lower() in _MAYBE_PROMPTFOO and is_promptfoo(_value(source)):
        return _from_promptfoo(source, configs_dir, name)
    opened = open_suite(source, large=True)
    found = opened.report.findings()
    if is_promptfoo(dict.fromkeys(one.field for one in found.warnings)):
        what = f"is a promptfoo configuration of more than {MAX_CONFIG_BYTES >> 10} kB"
        remedy = "move its tests into a file of their own: `tests: file://tests.csv`"
        raise ConfigError(Problem(what, file=str(source), remedy=remedy))
    found.require_valid()
    suite = replace(opened.suite, name=name or opened.suite.name)
    stem = name or re.sub(r"[^\w.-]+", "_", suite.name).strip("._") or "imported"
    left_out = tuple(map(_left_out, found.warnings))
    return ImportPlan(suite, (_suite_file(suite, configs_dir, stem),), left_out=left_out)


def _left_out(ignored: Problem) -> LeftOut:
    """A column, or a key, that no case has."""
    where = f"line {ignored.line}" if ignored.line else ""
    return LeftOut(where, f"'{in_case(ignored)}'", f"{ignored.what}; {ignored.remedy}")


def in_case(problem: Problem) -> str:
    """The field of `problem` without the number of its case, which its line says too."""
    return re.sub(r"^(cases)?\[\d+\]\.?", "", problem.field or "")


def _value(source: Path) -> JsonValue:
    """The value of a file that may be a promptfoo configuration; None for one that cannot be."""
    try:
        return load_yaml(source).value
    except ConfigError:
        return None


def _from_promptfoo(source: Path, configs_dir: Path, name: str | None) -> ImportPlan:
    imported = import_promptfoo(source, name)
    files: list[tuple[Path, bytes]] = []
    for worker in imported.workers:
        WorkerConfig.from_mapping(worker.definition, f"{worker.name}.yaml")
        text = yaml_text({"schema": "loom/v1", **worker.definition})
        files.append((configs_dir / "workers" / f"{worker.name}.yaml", text.encode()))
    files.append(_suite_file(imported.suite, configs_dir, imported.suite.name))
    workers = tuple(worker.name for worker in imported.workers)
    return ImportPlan(imported.suite, tuple(files), workers, imported.left_out, imported.models)


def _suite_file(suite: Suite, configs_dir: Path, stem: str) -> tuple[Path, bytes]:
    """As YAML, which people edit; as JSONL when YAML cannot hold it."""
    folder = configs_dir / "suites"
    try:
        return folder / f"{stem}.yaml", suite_bytes(suite, ".yaml")
    except ConfigError:
        return folder / f"{stem}.jsonl", suite_bytes(suite, ".jsonl")


def carry_out(plan: ImportPlan, *, replacing: bool = False) -> None:
    """Write the files of `plan`: all of them, or none when one is there and is not to be replaced.

    Raises:
        TakenError: naming those that are there.
    """
    present = [str(path) for path, _ in plan.files if path.exists()]
    if present and not replacing:
        raise TakenError(f"{', '.join(present)}: there already; give --name, or --force to replace")
    for path, data in plan.files:
        write_new_file(path, data, replace=replacing)
