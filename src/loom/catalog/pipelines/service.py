"""Pipelines for doors: opened with their graph, changed stage by stage in the user's own text. Renders nothing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from loom.access.models import Principal
from loom.catalog.library import Library, Source
from loom.catalog.models import Ref, Saved, Version
from loom.catalog.pipelines.contracts import read_beside
from loom.catalog.pipelines.editing import edited
from loom.catalog.pipelines.edits import Edit
from loom.catalog.pipelines.graph import PipelineGraph, pipeline_graph
from loom.catalog.pipelines.spelling import own_text
from loom.catalog.scaffold.pipeline import StagePlan, pipeline_text, wired
from loom.catalog.service import Catalog
from loom.core.errors import ConfigError, Look, NotFoundError, Problem, UsageError
from loom.core.jsonvalue import Json
from loom.core.kinds import Kind
from loom.core.worker_config import Tier, WorkerConfig, load_worker

__all__ = ["Pipeline", "Pipelines", "StageWish"]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline as its file says now."""

    ref: Ref
    source: Source
    text: str
    version: Version
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    graph: PipelineGraph | None
    """None when its stages cannot be told apart, or wait for each other."""


@dataclass(frozen=True, slots=True)
class StageWish:
    """A stage that a person wants, before it is known what it reads."""

    name: str
    worker: str
    tier: Tier | None = None
    after: str | None = None
    """The stage behind which it stands; None: the last."""

    parallel: bool = False
    """Whether it may read from the goal only."""


class Pipelines:
    """The pipelines of one catalog, over its library."""

    def __init__(self, catalog: Catalog, library: Library) -> None:
        self._catalog = catalog
        self._library = library

    async def open(self, name: str, principal: Principal) -> Pipeline:
        """The pipeline called `name`, however broken.

        Raises:
            NotFoundError: when there is none.
        """
        ref = await self._catalog.find(name, Kind.PIPELINE)
        text = await self._catalog.text(ref, "last", principal)
        if text.version.change.leaves_nothing:
            raise NotFoundError(f"{ref} is deleted", Look(f"{ref.kind}s", ref.name, gone=True))
        found = await asyncio.to_thread(read_beside, self._library, ref.kind, text.content, f"{name}.yaml")
        return Pipeline(
            ref,
            next((one.source for one in self._library.all(ref.kind) if one.name == name), Source.OWN),
            text.content.decode(errors="replace"),
            text.version,
            found.errors,
            found.warnings,
            _graph(found.mapping),
        )

    async def create(
        self, name: str, description: str, workers: Sequence[str], principal: Principal
    ) -> Saved:
        """Make a pipeline of one stage for each of `workers`, each wired to those before it.

        Raises:
            NotFoundError: when there is no such worker.
            UsageError: when the name cannot be given, or there is no worker.
            ConfigError: when what comes of it is no valid pipeline.
        """
        if not workers:
            raise UsageError(Problem("has no stage", "stages", remedy="choose the worker of its first stage"))
        plans: list[StagePlan] = []
        before: list[tuple[str, Json | None]] = []
        for worker in workers:
            config = self._worker(worker)
            taken = sum(plan.worker == worker for plan in plans)
            stage = f"{worker}_{taken + 1}" if taken else worker
            plans.append(StagePlan(stage, worker, wired(config.input_schema, before)))
            before.append((stage, config.output_schema))
        text = pipeline_text(name, description, plans)
        return await self._catalog.create(Ref(Kind.PIPELINE, name), text.encode(), principal)

    async def edit(self, name: str, edit: Edit, principal: Principal, base: bytes | None = None) -> Saved:
        """Change a stage and save the text. `base` is the hash of the text that was looked at; None: the present one.

        Raises:
            NotFoundError: when there is no such pipeline.
            UsageError: when there is no such stage, or others wait for it.
            ConfigError: when what comes of it is no valid pipeline, or its layout forbids the edit.
            ConflictError: when it was changed since `base`.
        """
        pipeline = await self.open(name, principal)
        text = await asyncio.to_thread(edited, pipeline.text, edit, f"{name}.yaml")
        return await self._catalog.save(
            pipeline.ref, text.encode(), principal, base=base or pipeline.version.hash, note=edit.summary
        )

    async def draft(self, name: str, wish: StageWish, principal: Principal) -> str:
        """The YAML of a stage as wished, its input wired by the contracts of the workers before it.

        Raises:
            NotFoundError: when there is no such pipeline.
        """
        pipeline = await self.open(name, principal)
        stages = [] if wish.parallel or pipeline.graph is None else list(pipeline.graph.stages)
        names = [stage.name for stage in stages]
        before = stages[: names.index(wish.after) + 1] if wish.after in names else stages
        contracts = [(stage.name, self._schemas(stage.worker)[1]) for stage in before]
        mapping = wired(self._schemas(wish.worker)[0], contracts)
        stage: Json = {"name": wish.name, "worker_type": wish.worker}
        if wish.tier:
            stage["tier"] = wish.tier.value
        return own_text({**stage, "input_mapping": mapping})

    def _schemas(self, worker: str) -> tuple[Json | None, Json | None]:
        """What a worker takes and gives; None where that is not known."""
        try:
            config = self._worker(worker)
        except (NotFoundError, ConfigError):
            return None, None
        return config.input_schema, config.output_schema

    def _worker(self, name: str) -> WorkerConfig:
        """The worker called `name`; never a file at some path, as names may come from anywhere."""
        for found in self._library.workers():
            if found.name == name:
                return load_worker(found.path)
        raise NotFoundError(f"there is no worker '{name}'", Look("workers"))


def _graph(config: Json) -> PipelineGraph | None:
    try:
        return pipeline_graph(config)
    except ValueError:
        return None
