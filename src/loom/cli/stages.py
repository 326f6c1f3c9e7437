"""The stages of a new pipeline, as options name them or a person does, wired by the contracts of their workers."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import typer

if TYPE_CHECKING:
    from loom.catalog.scaffold.pipeline import StagePlan
    from loom.core.jsonvalue import Json

__all__ = ["UNANSWERED", "Ask", "gather"]

UNANSWERED = "answer by options, with --non-interactive for the others"
"""What to do where nobody can be asked."""

Ask: TypeAlias = Callable[..., Any]
"""Called with a question, what an option said, a default, and what reads the answer."""


def gather(ask: Ask, given: Sequence[str] | None, configs_dir: Path, *, alone: bool) -> "list[StagePlan]":
    """The stages that are given, else those that a person names one by one; `alone` asks nobody."""
    from loom.cli.answers import awaited
    from loom.cli.show.console import put

    workers = _Workers(configs_dir)
    if given or alone:
        wanted = list(given or [f"step1={workers.first}"])
        for one in wanted:
            stage, _, worker = one.rpartition("=")
            workers.add(worker, stage or worker)
        return workers.stages
    put(", ".join(workers.names), label=("Workers: ", "muted"))
    while True:
        worker = ask("Worker of the next stage", None, workers.first, workers.known)
        stage = ask("Name of the stage", None, workers.free_name(worker), workers.free)
        workers.add(worker, stage, lambda field, path: ask(f"  {field} comes from", None, path, str))
        with awaited("loom new", UNANSWERED):
            more = typer.confirm("Another stage?", default=False)
        if not more:
            return workers.stages


class _Workers:
    """The workers there are, and the stages made of them so far."""

    def __init__(self, configs_dir: Path) -> None:
        from loom.catalog.library import Library

        self.stages: list[StagePlan] = []
        self._library = Library(configs_dir)
        self._made: list[tuple[str, Json | None]] = []
        self.names = [one.name for one in self._library.workers()]
        self.first = self.names[0] if self.names else "summarizer"

    def known(self, name: str) -> str:
        self._library.worker(name)
        return name

    def free(self, stage: str) -> str:
        from loom.catalog.scaffold.written import require_name
        from loom.core.errors import Problem, UsageError

        if stage in {"goal", *(one.name for one in self.stages)}:
            raise UsageError(Problem("is taken", "stage", value=stage, remedy="write it as in NAME=WORKER"))
        return require_name(stage)

    def free_name(self, worker: str) -> str:
        taken = sum(one.worker == worker for one in self.stages)
        return f"{worker}_{taken + 1}" if taken else worker

    def add(self, worker: str, stage: str, confirm: Callable[[str, str], str] | None = None) -> None:
        from loom.catalog.scaffold.pipeline import StagePlan, wired
        from loom.core.worker_config import load_worker

        config = load_worker(self._library.worker(worker))
        mapping = wired(config.input_schema, self._made)
        if confirm is not None:
            mapping = {field: confirm(field, path) for field, path in mapping.items()}
        self.stages.append(StagePlan(self.free(stage), worker, mapping))
        self._made.append((stage, config.output_schema))
