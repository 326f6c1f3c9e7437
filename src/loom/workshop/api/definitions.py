"""REST: what workers and pipelines have in common: history, differences, restore, clone, delete, undo, validate."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from loom.catalog.models import Saved, Version
from loom.catalog.pipelines.contracts import read_beside
from loom.core.jsonvalue import Json
from loom.workshop.deps import Asker, Definitions, Files
from loom.workshop.errors import problem_json
from loom.workshop.pages.format import iso
from loom.workshop.pages.validation import checked_json
from loom.workshop.routes.definitions import Subject, Target
from loom.workshop.sent.paging import Size

__all__ = ["TextIn", "router", "saved_json", "version_json"]

router = APIRouter(prefix="/api/v1", tags=["definitions"])
_MOST_LETTERS = 300_000
_Cursor = Annotated[int | None, Query(ge=1, le=2**31, description="`next` of the page before.")]
_Word = Annotated[
    str, Query(max_length=64, description="`last`, `last~1`, `v3`, digits of a hash, or `shipped`.")
]


class TextIn(BaseModel):
    """A text to be saved, byte for byte."""

    model_config = ConfigDict(extra="forbid")

    yaml: str = Field(max_length=_MOST_LETTERS)
    base: str = Field(
        "",
        max_length=64,
        description="The `hash` of the text that was edited: refused when it is not the present one.",
    )
    note: str = Field("", max_length=1_000, description="What changed.")


class CheckIn(BaseModel):
    """A text to be checked."""

    model_config = ConfigDict(extra="forbid")

    yaml: str = Field(max_length=_MOST_LETTERS)


class RestoreIn(BaseModel):
    """A version to go back to."""

    model_config = ConfigDict(extra="forbid")

    version: str = Field(max_length=64, description="`last~1`, `v3`, digits of a hash, or `shipped`.")


class CloneIn(BaseModel):
    """A copy to be made."""

    model_config = ConfigDict(extra="forbid")

    new_name: str = Field(max_length=100)


def version_json(version: Version) -> Json:
    """A version, without its text."""
    return {
        "number": version.number,
        "hash": version.hash.hex(),
        "valid": version.definition is not None,
        "change": version.change.value,
        "note": version.note,
        "by": version.author,
        "at": iso(version.at_us),
    }


def saved_json(saved: Saved) -> Json:
    """What a change came to."""
    return {
        "name": saved.ref.name,
        "version": version_json(saved.version),
        "changed": saved.changed,
        "hides": [source.value for source in saved.hides],
        "warnings": [problem_json(one) for one in saved.warnings],
    }


@router.get("/workers/{name}/history")
@router.get("/pipelines/{name}/history")
async def history(
    catalog: Definitions, asker: Asker, ref: Target, cursor: _Cursor = None, size: Size = 50
) -> Json:
    """The versions, newest first: `{"name", "source", "deleted", "items", "next"}`."""
    found = await catalog.history(ref, asker)
    versions = [one for one in reversed(found.versions) if cursor is None or one.number < cursor]
    shown = versions[:size]
    return {
        "name": ref.name,
        "source": found.source.value,
        "deleted": found.path is None,
        "items": [version_json(one) for one in shown],
        "next": str(shown[-1].number) if len(versions) > size else None,
    }


@router.get("/workers/{name}/versions/{version}")
@router.get("/pipelines/{name}/versions/{version}")
async def version(catalog: Definitions, asker: Asker, ref: Target, version: str) -> Json:
    """The text of a version."""
    text = await catalog.text(ref, version, asker)
    return {**version_json(text.version), "yaml": text.content.decode(errors="replace")}


@router.get("/workers/{name}/diff")
@router.get("/pipelines/{name}/diff")
async def diff(
    catalog: Definitions, asker: Asker, ref: Target, a: _Word = "last~1", b: _Word = "last"
) -> Json:
    """From version `a` to version `b`, as `patch` takes it."""
    found = await catalog.diff((ref, a), (ref, b), asker)
    return {
        "a": version_json(found.old.version),
        "b": version_json(found.new.version),
        "added": found.diff.added,
        "removed": found.diff.removed,
        "same_meaning": found.same_meaning,
        "diff": found.diff.unified(f"{ref.name} {found.old.label}", f"{ref.name} {found.new.label}"),
    }


@router.post("/workers/{name}/restore")
@router.post("/pipelines/{name}/restore")
async def restore(catalog: Definitions, asker: Asker, ref: Target, body: RestoreIn) -> Json:
    """Make an earlier text the present one."""
    return saved_json(await catalog.restore(ref, body.version, asker))


@router.post("/workers/{name}/clone", status_code=201)
@router.post("/pipelines/{name}/clone", status_code=201)
async def clone(catalog: Definitions, asker: Asker, ref: Target, body: CloneIn) -> Json:
    """Make a copy under another name."""
    return saved_json(await catalog.clone(ref, body.new_name, asker))


@router.delete("/workers/{name}", status_code=204)
@router.delete("/pipelines/{name}", status_code=204)
async def delete(catalog: Definitions, asker: Asker, ref: Target, *, force: bool = False) -> None:
    """Remove the file; `undo` brings it back. `force`: also when pipelines use it."""
    await catalog.delete(ref, asker, force=force)


@router.post("/workers/{name}/undo")
@router.post("/pipelines/{name}/undo")
async def undo(catalog: Definitions, asker: Asker, ref: Target) -> Json:
    """Take back the last change, a deletion too."""
    return saved_json(await catalog.undo(ref, asker))


@router.post("/workers/{name}/validate")
@router.post("/pipelines/{name}/validate")
async def validate(files: Files, kind: Subject, name: str, body: CheckIn) -> Json:
    """What is wrong with a text; nothing is saved, and nothing of that name has to be there."""
    content = body.yaml.encode("utf-8", "surrogatepass")
    found = await asyncio.to_thread(read_beside, files, kind, content, f"{name}.yaml")
    return checked_json(name, found)
