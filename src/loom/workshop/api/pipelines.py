"""REST: pipelines to list, make, read and save; their graph, and their stages one by one."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from loom.catalog.models import Entry, Ref
from loom.catalog.pipelines.service import Pipeline
from loom.core.jsonvalue import Json
from loom.core.kinds import Kind
from loom.workshop.api.definitions import TextIn, saved_json, version_json
from loom.workshop.errors import problem_json
from loom.workshop.routes.pipelines import Asked, Desk
from loom.workshop.routes.stages import StagePost, edit_stage
from loom.workshop.sent.draft import read_hash
from loom.workshop.sent.paging import Size

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/pipelines", tags=["pipelines"])
_Cursor = Annotated[str, Query(max_length=100, description="`next` of the page before.")]


class NewPipeline(BaseModel):
    """A pipeline to be made: from its text, or of workers that are wired by their contracts."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=100)
    yaml: str = Field("", max_length=300_000, description="The whole text; then the rest is not looked at.")
    description: str = Field("", max_length=1_000)
    workers: list[str] = Field([], max_length=100, description="One stage for each, in this order.")


@router.get("")
async def pipelines(desk: Desk, query: Asked, cursor: _Cursor = "", size: Size = 50) -> Json:
    """Those that `q` and `source` ask for, sorted by name: `{"items", "next"}`."""
    found = sorted(await desk.catalog.list(query, desk.asker), key=lambda one: one.ref.name)
    entries = [one for one in found if one.ref.name > cursor]
    shown = entries[:size]
    following = shown[-1].ref.name if len(entries) > size else None
    return {"items": [_listed(one) for one in shown], "next": following}


@router.post("", status_code=201)
async def create(desk: Desk, body: NewPipeline) -> Json:
    """Make one."""
    if body.yaml:
        ref = Ref(Kind.PIPELINE, body.name)
        return saved_json(
            await desk.catalog.create(ref, body.yaml.encode("utf-8", "surrogatepass"), desk.asker)
        )
    return saved_json(await desk.pipelines.create(body.name, body.description, body.workers, desk.asker))


@router.get("/{name}")
async def pipeline(desk: Desk, name: str) -> Json:
    """One of them, with its text and its graph."""
    return _shown(await desk.open(name))


@router.put("/{name}")
async def save(desk: Desk, name: str, body: TextIn) -> Json:
    """Replace its text; of an app's or a shipped one, an own copy is made."""
    found = await desk.open(name)
    content = body.yaml.encode("utf-8", "surrogatepass")
    base, note = read_hash(body.base), body.note or None
    return saved_json(await desk.catalog.save(found.ref, content, desk.asker, base=base, note=note))


@router.get("/{name}/graph")
async def graph(desk: Desk, name: str) -> Json:
    """`{"dependencies", "levels", "stage_count"}`."""
    return desk.graph(await desk.open(name)).to_json()


@router.post("/{name}/stages")
async def change_stage(desk: Desk, name: str, body: StagePost) -> Json:
    """Change one stage: `action` is insert, branch, swap, rename or remove."""
    return saved_json(await edit_stage(desk.pipelines, name, body, desk.asker))


def _listed(entry: Entry) -> Json:
    problem = entry.problem
    return {
        "name": entry.ref.name,
        "description": entry.description,
        "stages": entry.stages,
        "source": entry.source.value,
        "valid": problem is None,
        "problem": None if problem is None else problem_json(problem),
    }


def _shown(found: Pipeline) -> Json:
    return {
        "name": found.ref.name,
        "source": found.source.value,
        "version": version_json(found.version),
        "yaml": found.text,
        "valid": not found.errors,
        "errors": [problem_json(one) for one in found.errors],
        "warnings": [problem_json(one) for one in found.warnings],
        "graph": None if found.graph is None else found.graph.to_json(),
    }
