"""What may be done to the stages of a pipeline, on values: each rule once, for every door. Knows no text."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from loom.core.condition import parse_condition
from loom.core.errors import Problem, UsageError
from loom.core.graph import is_literal, reads, root_of
from loom.core.jsonvalue import Json
from loom.core.pipeline_config import GOAL

__all__ = [
    "STAGES",
    "Branch",
    "Edit",
    "Insert",
    "Remove",
    "Rename",
    "Swap",
    "applied",
    "index_of",
]

STAGES = "pipeline_stages"


@dataclass(frozen=True, slots=True)
class Insert:
    """Another stage: after the one called `after`, or at the end."""

    stage: Json
    after: str | None = None
    spelling: str = ""
    """The stage as its author wrote it, in YAML; empty when nobody did."""

    @property
    def summary(self) -> str:
        """What it does, for the history."""
        return f"stage '{self.stage.get('name')}' inserted"


@dataclass(frozen=True, slots=True)
class Branch:
    """Another stage at the end, which reads nothing but the goal, so that it runs beside the others."""

    stage: Json
    spelling: str = ""

    @property
    def summary(self) -> str:
        """As `Insert.summary`."""
        return f"stage '{self.stage.get('name')}' added beside the others"


@dataclass(frozen=True, slots=True)
class Remove:
    """Take out a stage that no other waits for."""

    stage: str

    @property
    def summary(self) -> str:
        """As `Insert.summary`."""
        return f"stage '{self.stage}' removed"


@dataclass(frozen=True, slots=True)
class Swap:
    """Have another worker do a stage."""

    stage: str
    worker: str
    tier: str | None = None
    """None leaves it as it is."""

    @property
    def summary(self) -> str:
        """As `Insert.summary`."""
        return f"stage '{self.stage}' done by {self.worker}{f' on {self.tier}' if self.tier else ''}"


@dataclass(frozen=True, slots=True)
class Rename:
    """Give a stage another name, there and wherever it is read."""

    stage: str
    name: str

    @property
    def summary(self) -> str:
        """As `Insert.summary`."""
        return f"stage '{self.stage}' renamed to '{self.name}'"


Edit: TypeAlias = Insert | Branch | Remove | Swap | Rename


def applied(config: Json, edit: Edit) -> Json:
    """What `config` is after `edit`; `config` itself stays as it is. Whether that is a valid pipeline is not asked.

    Raises:
        UsageError: when there is no such stage, or the rules above forbid it.
    """
    result = deepcopy(config)
    listed: Any = result.setdefault(STAGES, [])
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in cast("list[Any]", listed)):
        raise UsageError(Problem("is no list of stages", STAGES, remedy="mend the YAML first"))
    _APPLIED[type(edit)](cast("list[Json]", listed), edit)
    return result


def index_of(stages: list[Json], name: str) -> int:
    """Where the stage called `name` is.

    Raises:
        UsageError: when there is none.
    """
    for index, stage in enumerate(stages):
        if stage.get("name") == name:
            return index
    known = ", ".join(str(stage.get("name")) for stage in stages)
    raise UsageError(
        Problem("is not found among the stages", "stage", value=name, remedy=f"use one of {known}")
    )


def _renamed_path(path: str, old: str, new: str) -> str:
    """`path` with `new` as its root where that is `old`."""
    return new + path[len(old) :] if root_of(path) == old else path


def _insert(stages: list[Json], edit: Insert) -> None:
    at = len(stages) if edit.after is None else index_of(stages, edit.after) + 1
    _require_free(stages, edit.stage.get("name"))
    stages.insert(at, deepcopy(edit.stage))


def _require_free(stages: list[Json], name: object) -> None:
    if any(stage.get("name") == name for stage in stages):
        what = "is the name of a stage already"
        raise UsageError(Problem(what, "name", value=name, remedy="choose another"))


def _branch(stages: list[Json], edit: Branch) -> None:
    waits = {*reads(edit.stage), *map(str, _listed(edit.stage))} - {GOAL}
    if waits:
        what = f"cannot depend on another stage, and reads {', '.join(sorted(map(repr, waits)))}"
        remedy = "let it read goal.context only, or insert it as a stage"
        raise UsageError(Problem(what, str(edit.stage.get("name", "stage")), remedy=remedy))
    _insert(stages, Insert(edit.stage))


def _remove(stages: list[Json], edit: Remove) -> None:
    index = index_of(stages, edit.stage)
    rest = stages[:index] + stages[index + 1 :]
    uses = [why for stage in rest if (why := _why_waiting(stage, edit.stage))]
    if uses:
        what = f"cannot be removed: {'; '.join(uses)}"
        raise UsageError(Problem(what, edit.stage, remedy="change or remove what waits for it first"))
    del stages[index]


def _why_waiting(stage: Json, name: str) -> str:
    """In what way `stage` needs the one called `name`; empty if in none."""
    if name in _listed(stage):
        return f"'{stage.get('name')}' depends on it (its depends_on lists it)"
    return f"'{stage.get('name')}' depends on it (it reads its output)" if name in reads(stage) else ""


def _listed(stage: Json) -> list[Any]:
    listed: Any = stage.get("depends_on")
    return cast("list[Any]", listed) if isinstance(listed, list) else []


def _swap(stages: list[Json], edit: Swap) -> None:
    stage = stages[index_of(stages, edit.stage)]
    stage["worker_type"] = edit.worker
    if edit.tier is not None:
        for key in [key for key in ("tier", "model_tier") if key in stage] or ["tier"]:
            stage[key] = edit.tier


def _rename(stages: list[Json], edit: Rename) -> None:
    stage = stages[index_of(stages, edit.stage)]
    _require_free(stages, edit.name)
    stage["name"] = edit.name
    for other in stages:
        _follow(other, edit.stage, edit.name)


def _follow(stage: Json, old: str, new: str) -> None:
    """Let `stage` read from `new` what it read from `old`."""
    if listed := _listed(stage):
        stage["depends_on"] = [new if name == old else name for name in listed]
    mapping: Any = stage.get("input_mapping")
    for field, source in cast("Json", mapping).items() if isinstance(mapping, dict) else ():
        if isinstance(source, str) and not is_literal(source):
            mapping[field] = _renamed_path(source, old, new)
    condition: Any = stage.get("condition")
    if isinstance(condition, str) and _reads_from(condition, old):
        stage["condition"] = _renamed_path(condition.lstrip(), old, new)


def _reads_from(condition: str, name: str) -> bool:
    try:
        return root_of(parse_condition(condition).path) == name
    except ValueError:
        return False


_APPLIED: dict[type[Edit], Callable[[list[Json], Any], None]] = {
    Insert: _insert,
    Branch: _branch,
    Remove: _remove,
    Swap: _swap,
    Rename: _rename,
}
