"""What workers and pipelines have in common: history, restore, clone, delete, undo, validate."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from loom.access.models import Principal
from loom.catalog.library import Source
from loom.catalog.models import Ref, Version
from loom.catalog.pipelines.contracts import read_beside
from loom.catalog.service import Catalog
from loom.core.errors import InputError, UsageError
from loom.core.jsonvalue import Json
from loom.core.kinds import Kind
from loom.workshop.deps import Asker, Definitions, Files, Options, Services
from loom.workshop.errors import wants_json
from loom.workshop.pages.definitions import (
    address,
    clone_page,
    deleted_address,
    history_page,
    refused_page,
)
from loom.workshop.pages.validation import checked_json, checked_page
from loom.workshop.rendering import respond
from loom.workshop.sent.text import posted_text

__all__ = ["Subject", "Target", "deleted_ones", "deleted_page", "router"]

router = APIRouter(include_in_schema=False)
_KINDS = {"workers": Kind.WORKER, "pipelines": Kind.PIPELINE}
_FORCE = frozenset({"true", "on", "1"})


async def kind_of(request: Request) -> Kind:
    """What the address is about: its first noun."""
    return next(_KINDS[part] for part in request.url.path.split("/") if part in _KINDS)


async def target(kind: Annotated[Kind, Depends(kind_of)], catalog: Definitions, name: str) -> Ref:
    """The definition that the address names; deleted ones too."""
    return await catalog.find(name, kind)


async def hidden(
    services: Services, options: Options, ref: Annotated[Ref, Depends(target)]
) -> tuple[Source, ...]:
    """Whose definitions of the same name it stands before."""
    every = services.library(options.configs_dir).all(ref.kind)
    return next((one.hides for one in every if one.name == ref.name), ())


async def deleted_ones(
    catalog: Catalog, kind: Kind, asker: Principal, search: str = ""
) -> list[tuple[Ref, Version]]:
    """What of `kind` can be brought back, with all words of `search` in its name."""
    words = search.casefold().split()
    gone = [one for one in await catalog.deleted(asker) if one[0].kind is kind]
    return [one for one in gone if all(word in one[0].name.casefold() for word in words)]


async def deleted_page(request: Request, catalog: Catalog, ref: Ref, asker: Principal) -> Response:
    """In place of what is not there any more, its history, which offers to bring it back.

    Raises:
        NotFoundError: when it never was there.
    """
    page = history_page(await catalog.history(ref, asker), None)
    return respond(request, "definitions/history.html", page, status=404)


Subject = Annotated[Kind, Depends(kind_of)]
Target = Annotated[Ref, Depends(target)]
Text = Annotated[str, Form()]


@router.get("/workers/{name}/history")
@router.get("/pipelines/{name}/history")
async def history(
    request: Request,
    catalog: Definitions,
    asker: Asker,
    ref: Target,
    hides: Annotated[tuple[Source, ...], Depends(hidden)],
) -> Response:
    """The versions, and the difference of `?a=` and `?b=`: by default of the last two."""
    asked = request.query_params
    found = await catalog.history(ref, asker)
    difference = None
    if len(found.versions) > 1 or asked.get("a"):
        a, b = asked.get("a") or "last~1", asked.get("b") or "last"
        difference = await catalog.diff((ref, a), (ref, b), asker)
    before = asked.get("before", "")
    end = int(before) if before.isdecimal() and len(before) < 10 else None
    page = history_page(found, difference, hides, end)
    return respond(request, "definitions/history.html", page)


@router.post("/workers/{name}/restore")
@router.post("/pipelines/{name}/restore")
async def restore(catalog: Definitions, asker: Asker, ref: Target, version: Text) -> Response:
    """Make an earlier text the present one."""
    await catalog.restore(ref, version, asker)
    return RedirectResponse(address(ref), 303)


@router.get("/workers/{name}/clone")
@router.get("/pipelines/{name}/clone")
async def clone_form(request: Request, ref: Target) -> Response:
    """The form for a copy."""
    return respond(request, "definitions/clone.html", clone_page(ref))


@router.post("/workers/{name}/clone")
@router.post("/pipelines/{name}/clone")
async def clone(
    request: Request, catalog: Definitions, asker: Asker, ref: Target, new_name: Text = ""
) -> Response:
    """Make a copy; when the name cannot be given, the form again."""
    try:
        saved = await catalog.clone(ref, new_name, asker)
    except InputError as error:
        if wants_json(request):
            raise
        page = clone_page(ref, new_name, str(error))
        return respond(request, "definitions/clone.html", page, status=400)
    return RedirectResponse(address(saved.ref), 303)


@router.post("/workers/{name}/delete")
@router.post("/pipelines/{name}/delete")
async def delete(
    request: Request, catalog: Definitions, asker: Asker, ref: Target, force: Text = ""
) -> Response:
    """Remove the file; the list then offers to undo it."""
    try:
        await catalog.delete(ref, asker, force=force in _FORCE)
    except UsageError as error:
        if wants_json(request) or force:
            raise
        return respond(request, "definitions/refused.html", refused_page(ref, str(error)), status=400)
    return RedirectResponse(deleted_address(ref), 303)


@router.post("/workers/{name}/undo")
@router.post("/pipelines/{name}/undo")
async def undo(catalog: Definitions, asker: Asker, ref: Target) -> Response:
    """Take back the last change, a deletion too."""
    await catalog.undo(ref, asker)
    return RedirectResponse(address(ref), 303)


@router.get("/workers/{name}/validate")
@router.get("/pipelines/{name}/validate")
async def validate(catalog: Definitions, files: Files, asker: Asker, ref: Target) -> Json:
    """`{"name", "valid", "errors", "problems"}` of what is stored."""
    text = await catalog.text(ref, "last", asker)
    found = await asyncio.to_thread(read_beside, files, ref.kind, text.content, f"{ref.name}.yaml")
    return checked_json(ref.name, found)


@router.post("/workers/{name}/validate")
@router.post("/pipelines/{name}/validate")
async def validate_text(
    request: Request, files: Files, kind: Subject, name: str, yaml_content: Text = ""
) -> Response:
    """What is wrong with a text that is being written: as JSON to programs, else as a part of a page."""
    found = await asyncio.to_thread(read_beside, files, kind, posted_text(yaml_content), f"{name}.yaml")
    if wants_json(request):
        return JSONResponse(checked_json(name, found))
    return respond(request, "definitions/checked.html", checked_page(found), block="findings")
