"""What depends on a worker: the pipelines and stages that use it, and the stages that wait for those."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from os import PathLike
from pathlib import Path

from loom.catalog.library import Home, Library, Source
from loom.catalog.unchanged import Unchanged
from loom.core.errors import ConfigError
from loom.core.graph import dependencies
from loom.core.jsonvalue import Json
from loom.core.kinds import Kind
from loom.core.pipeline_config import check_pipeline
from loom.core.yamlfile import Document, load_yaml

__all__ = ["Impact", "Risk", "StageUse", "get_worker_impact", "mapping_at", "pipelines_in", "worker_impact"]


class Risk(StrEnum):
    """How much a change of a worker can break unseen."""

    LOW = "low"
    """No pipeline uses it."""

    MEDIUM = "medium"
    """Pipelines use it; where stages wait for it, an output schema guards what they get."""

    HIGH = "high"
    """Stages wait for its output, and no output schema says what that is."""


@dataclass(frozen=True, slots=True)
class StageUse:
    """A stage that uses a worker, or waits for one that does."""

    pipeline: str
    stage: str
    worker: str
    tier: str | None
    """None: the worker's own."""

    def to_json(self) -> Json:
        """As the Workshop's API shows it."""
        return {"pipeline": self.pipeline, "stage": self.stage, "worker_type": self.worker, "tier": self.tier}


@dataclass(frozen=True, slots=True)
class Impact:
    """What a change of a worker can reach."""

    worker: str
    pipelines: tuple[str, ...]
    direct: tuple[StageUse, ...]
    downstream: tuple[StageUse, ...]
    """Stages that wait for a direct one, through any number of others."""

    has_output_schema: bool
    invalid: tuple[str, ...] = ()
    """Pipelines with errors, of whose stages nothing is known."""

    @property
    def risk(self) -> Risk:
        """See `Risk`."""
        if self.downstream and not self.has_output_schema:
            return Risk.HIGH
        return Risk.MEDIUM if self.direct else Risk.LOW

    def to_json(self) -> Json:
        """As the Workshop's API shows it."""
        return {
            "affected_pipelines": list(self.pipelines),
            "direct_stages": [use.to_json() for use in self.direct],
            "downstream_stages": [use.to_json() for use in self.downstream],
            "risk_level": self.risk.value,
        }


def get_worker_impact(
    worker_name: str,
    configs_dir: str | PathLike[str],
    extra_dirs: Iterable[str | PathLike[str]] | None = None,
) -> Json:
    """`Impact.to_json` for the definitions in `configs_dir` and `extra_dirs`; those that Loom ships are left out."""
    library = Library(Path(configs_dir))
    library.homes = [library.own, *(Home(Path(one), Source.APP) for one in extra_dirs or ())]
    file = next((one.path for one in library.all(Kind.WORKER) if one.name == worker_name), None)
    mapping = mapping_at(file) if file else None
    return worker_impact(worker_name, mapping or {}, pipelines_in(library)).to_json()


def worker_impact(name: str, worker: Json, pipelines: Mapping[str, Json | None]) -> Impact:
    """What the worker called `name`, as `worker` defines it, means to `pipelines`; None is an invalid one."""
    direct: list[StageUse] = []
    downstream: list[StageUse] = []
    names = {name, worker.get("name")}
    for pipeline, config in pipelines.items():
        stages = _stages(config)
        using = {stage["name"] for stage in stages if stage["worker_type"] in names}
        waiting = _all_after(stages, using)
        direct += (_use(pipeline, stage) for stage in stages if stage["name"] in using)
        downstream += (_use(pipeline, stage) for stage in stages if stage["name"] in waiting)
    return Impact(
        worker=name,
        pipelines=tuple(dict.fromkeys(use.pipeline for use in direct)),
        direct=tuple(direct),
        downstream=tuple(downstream),
        has_output_schema=bool(worker.get("output_schema") or worker.get("output_schema_ref")),
        invalid=tuple(one for one, config in pipelines.items() if config is None),
    )


def pipelines_in(library: Library) -> dict[str, Json | None]:
    """The pipelines of a library by name; None is one that is invalid. Not to be changed: they are kept."""
    found = {
        one.name: _PIPELINES.of(one.path, one.path, partial(_pipeline, one.path))
        for one in library.all(Kind.PIPELINE)
    }
    return {name: mapping for name, (is_one, mapping) in found.items() if is_one}


def mapping_at(path: Path) -> Json | None:
    """What the definition at `path` says; None when it cannot be read. Not to be changed: it is kept."""

    def read() -> Json | None:
        document = _read(path)
        return document.mapping if document is not None else None

    return _MAPPINGS.of(path, path, read)


def _pipeline(path: Path) -> tuple[bool, Json | None]:
    """Whether it is a pipeline, as far as one can tell, and what it says if that is valid."""
    document = _read(path)
    if document is None:
        return True, None
    is_one = "pipeline_stages" in (document.mapping or {})
    return is_one, document.mapping if is_one and not check_pipeline(document).errors else None


_MAPPINGS: Unchanged[Path, Json | None] = Unchanged(500)
_PIPELINES: Unchanged[Path, tuple[bool, Json | None]] = Unchanged(500)


def _read(path: Path) -> Document | None:
    try:
        return load_yaml(path)
    except ConfigError:
        return None


def _stages(config: Json | None) -> list[Json]:
    stages: list[Json] = (config or {}).get("pipeline_stages", [])
    return stages


def _all_after(stages: Sequence[Json], begin: set[str]) -> set[str]:
    """The stages that wait for one of `begin`, or for one that does."""
    waits = dependencies(stages)
    after: set[str] = set()
    while more := {name for name, before in waits.items() if before & (begin | after)} - after:
        after |= more
    return after


def _use(pipeline: str, stage: Json) -> StageUse:
    return StageUse(
        pipeline, stage["name"], stage["worker_type"], stage.get("tier") or stage.get("model_tier")
    )
