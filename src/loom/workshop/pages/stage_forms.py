"""The forms that change the stages of a pipeline; what was sent and refused is still in them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from loom.catalog.pipelines.graph import PipelineGraph, StageNode
from loom.catalog.pipelines.service import Pipeline
from loom.core.worker_config import Tier
from loom.workshop.pages.definitions import address
from loom.workshop.views.actions import Action, ActionTone
from loom.workshop.views.conflict import Conflict
from loom.workshop.views.forms import Field, FieldKind

__all__ = ["Sent", "StageForm", "add_form", "stage_forms"]

_TIERS = tuple((tier.value, tier.value) for tier in Tier)
_EXAMPLE = "name: check\nworker_type: reviewer\ninput_mapping: {text: goal.context.text}"


@dataclass(frozen=True, slots=True)
class StageForm:
    """One thing to do with a stage."""

    title: str
    action: str
    fields: tuple[Field, ...]
    submit: Action
    wide: Field | None = None
    """Below the others, over the whole width."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """A form that was refused, and why."""

    values: Mapping[str, str] = field(default_factory=dict[str, str])
    problems: tuple[str, ...] = ()
    conflict: Conflict | None = None

    def value(self, action: str, name: str, otherwise: str = "") -> str:
        """What was sent as `name`, if it was the form of that action."""
        return self.values.get(name, otherwise) if self.values.get("action") == action else otherwise


def stage_forms(
    pipeline: Pipeline, stage: StageNode, workers: Collection[str], sent: Sent
) -> tuple[StageForm, ...]:
    """What can be done with a stage that is there."""
    name = Field("stage_name", "", FieldKind.HIDDEN, stage.name)
    worker = sent.value("swap", "new_worker_type", stage.worker)
    title = sent.value("rename", "new_name", stage.name)
    kept = _kept(pipeline.graph, stage.name) if pipeline.graph else ""
    swap = (
        name,
        Field("new_worker_type", "Worker", FieldKind.SELECT, worker, options=_workers(workers, stage.worker)),
        _tier(sent.value("swap", "new_tier"), "as it is"),
    )
    rename = (name, Field("new_name", "Name", value=title, required=True, mono=True))
    remove = Action("Remove the stage", tone=ActionTone.DANGER, why_not=kept or None)
    return (
        _form(pipeline, "swap", "Another worker", Action("Swap"), swap),
        _form(pipeline, "rename", "Another name", Action("Rename"), rename),
        replace(_form(pipeline, "remove", "Remove", remove, (name,)), note=kept),
    )


def add_form(pipeline: Pipeline, workers: Collection[str], sent: Sent) -> StageForm:
    """Another stage, by its worker or in YAML."""

    def value(name: str) -> str:
        return sent.value("insert", name) or sent.value("branch", name)

    stages = tuple((stage.name, stage.name) for stage in pipeline.graph.stages) if pipeline.graph else ()
    worker = value("worker_type")
    beside = "Beside the others: it reads from the goal only"
    fields = (
        Field("new_name", "Name", value=value("new_name"), placeholder="as its worker", mono=True),
        Field("worker_type", "Worker", FieldKind.SELECT, worker, options=_workers(workers, worker)),
        _tier(value("new_tier"), "the worker's"),
        Field(
            "after_stage",
            "After",
            FieldKind.SELECT,
            value("after_stage"),
            options=(("", "the last"), *stages),
        ),
        Field("parallel", beside, FieldKind.CHECKBOX, value("parallel")),
    )
    yaml = Field(
        "stage_yaml",
        "Or the whole stage in YAML",
        FieldKind.TEXTAREA,
        value("stage_yaml"),
        placeholder=_EXAMPLE,
        mono=True,
    )
    form = _form(pipeline, "insert", "Add a stage", Action("Add the stage"), fields)
    return replace(form, wide=yaml, note="its input is wired by the contracts of the workers")


def _form(
    pipeline: Pipeline, action: str, title: str, submit: Action, fields: tuple[Field, ...]
) -> StageForm:
    hidden = (
        Field("action", "", FieldKind.HIDDEN, action),
        Field("base", "", FieldKind.HIDDEN, pipeline.version.hash.hex()),
    )
    apart = tuple(replace(one, form=action) for one in fields)
    return StageForm(title, address(pipeline.ref, "/stage"), (*hidden, *apart), submit)


def _kept(graph: PipelineGraph, stage: str) -> str:
    """Why a stage cannot be removed: who waits for it, and what they read; empty when nobody does."""
    waiting = [link for link in graph.links if link.source == stage]
    names = [f"{link.target} ({', '.join(link.fields)})" if link.fields else link.target for link in waiting]
    return f"kept: {', '.join(names)} {'waits' if len(names) == 1 else 'wait'} for it" if names else ""


def _tier(value: str, otherwise: str) -> Field:
    return Field("new_tier", "Tier", FieldKind.SELECT, value, options=(("", otherwise), *_TIERS))


def _workers(names: Collection[str], current: str) -> tuple[tuple[str, str], ...]:
    """The workers there are, and the present one if it is not among them."""
    there = tuple((name, name) for name in names)
    return there if not current or current in names else ((current, f"{current} (not here)"), *there)
