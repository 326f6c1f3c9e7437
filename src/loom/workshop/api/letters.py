"""REST: dead letters to list, read, replay, clear and put back."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from loom.core.jsonvalue import Json
from loom.router.models import Clearing, LetterState
from loom.workshop.deps import Asker, Services
from loom.workshop.sent.ids import LetterPath
from loom.workshop.sent.paging import Size

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/dead-letters", tags=["dead letters"])

Cursor = Annotated[int | None, Query(ge=0, le=2**62, description="`next` of the page before.")]


class UndoIn(BaseModel):
    """A clearing that is to be taken back."""

    model_config = ConfigDict(extra="forbid")

    clearing: str = Field(max_length=64, pattern="^([0-9a-f]{2})+$", description="As `clear` gave it.")


@router.get("")
async def letters(
    services: Services,
    asker: Asker,
    *,
    state: LetterState = LetterState.WAITING,
    cursor: Cursor = None,
    size: Size = 50,
) -> Json:
    """Letters of one state, newest first, without their tasks; how many of each there are; whether a mesh is there."""
    found = await services.letters.page(state, asker, before=cursor, size=size)
    mesh = services.mesh
    return {
        "items": [one.to_json() for one in found.items],
        "next": str(found.next) if found.next else None,
        "counts": asdict(found.counts),
        "mesh": {"given": mesh.given, "trouble": mesh.trouble},
    }


@router.get("/replays")
async def replays(services: Services, asker: Asker, *, cursor: Cursor = None, size: Size = 50) -> Json:
    """What was sent again, newest first; `replayed_at` is null where it is not known whether it was sent."""
    found = await services.letters.replays(asker, before=cursor, size=size)
    return {"items": [one.to_json() for one in found.items], "next": str(found.next) if found.next else None}


@router.post("/clear")
async def clear(services: Services, asker: Asker) -> Json:
    """Put away all that wait; `undo` brings them back, as long as `clearing` is the newest."""
    return _clearing(await services.letters.clear(asker))


@router.post("/undo")
async def undo(services: Services, asker: Asker, body: UndoIn) -> Json:
    """Let what was cleared wait again."""
    return {"restored": await services.letters.restore(bytes.fromhex(body.clearing), asker)}


@router.get("/{letter}")
async def letter(services: Services, asker: Asker, letter: LetterPath) -> Json:
    """One of them, with its task."""
    found, task = await services.letters.get(letter, asker)
    return {**found.to_json(), "original_task": task}


@router.post("/{letter}/replay")
async def replay(services: Services, asker: Asker, letter: LetterPath) -> Json:
    """Send its task to the routers again; refused when nothing there takes tasks."""
    await services.letters.replay(letter, services.mesh.bus, asker)
    return (await services.letters.get(letter, asker))[0].to_json()


def _clearing(clearing: Clearing | None) -> Json:
    return {
        "cleared": clearing.letters if clearing else 0,
        "clearing": clearing.id.hex() if clearing else None,
    }
