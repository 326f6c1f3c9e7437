"""What is posted to change a stage of a pipeline, and the edit that it asks for."""

from pydantic import BaseModel

from loom.access.models import Principal
from loom.catalog.models import Saved
from loom.catalog.pipelines.edits import Branch, Edit, Insert, Remove, Rename, Swap
from loom.catalog.pipelines.service import Pipelines, StageWish
from loom.catalog.pipelines.spelling import read_stage
from loom.core.errors import Problem, UsageError
from loom.core.worker_config import Tier
from loom.workshop.sent.draft import read_hash

__all__ = ["StagePost", "edit_stage"]

_ACTIONS = ("insert", "branch", "swap", "rename", "remove")


class StagePost(BaseModel):
    """One change of one stage. Which fields count depends on `action`."""

    action: str = ""
    """`insert`, `branch`, `swap`, `rename`, `remove`."""

    stage_name: str = ""
    """The stage to swap, rename or remove."""

    stage_yaml: str = ""
    """The stage to insert or branch; without it, `worker_type` and what follows make one."""

    worker_type: str = ""
    new_name: str = ""
    """Of the stage that is made or renamed."""

    new_tier: str = ""
    new_worker_type: str = ""
    after_stage: str = ""
    """The stage to insert behind; empty: the last."""

    parallel: bool = False
    """Inserted as a branch."""

    base: str = ""
    """The hash of the version that was looked at."""


async def edit_stage(pipelines: Pipelines, name: str, post: StagePost, asker: Principal) -> Saved:
    """Do what is posted to the pipeline called `name`. Raises as `Pipelines.edit`."""
    edit = await _edit(pipelines, name, post, asker)
    return await pipelines.edit(name, edit, asker, read_hash(post.base))


async def _edit(pipelines: Pipelines, name: str, post: StagePost, asker: Principal) -> Edit:
    match post.action:
        case "insert" | "branch":
            beside = post.parallel or post.action == "branch"
            text = post.stage_yaml.replace("\r\n", "\n")
            if not text.strip():
                text = await pipelines.draft(name, _wish(post, beside=beside), asker)
            stage = read_stage(text)
            return Branch(stage, text) if beside else Insert(stage, post.after_stage or None, text)
        case "swap":
            worker = _given(post.new_worker_type, "new_worker_type")
            return Swap(post.stage_name, worker, post.new_tier or None)
        case "rename":
            return Rename(post.stage_name, _given(post.new_name, "new_name"))
        case "remove":
            return Remove(post.stage_name)
        case other:
            raise UsageError(
                Problem("is no action", "action", value=other, remedy=f"use {', '.join(_ACTIONS)}")
            )


def _wish(post: StagePost, *, beside: bool) -> StageWish:
    worker = _given(post.worker_type, "worker_type")
    tier = next((tier for tier in Tier if tier == post.new_tier), None)
    return StageWish(post.new_name.strip() or worker, worker, tier, post.after_stage or None, beside)


def _given(text: str, name: str) -> str:
    if not text.strip():
        raise UsageError(Problem("is missing", name))
    return text.strip()
