"""`/settings/retention`: how long things are kept, and deleting what is older."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from loom.core.errors import InputError, Problem
from loom.core.jsonvalue import Json
from loom.evaluation.retention.service import Ages, Pruned
from loom.workshop.deps import Asker, Services
from loom.workshop.errors import wants_json
from loom.workshop.pages.retention import FIELDS, HOME, retention_page
from loom.workshop.rendering import respond, wants_part
from loom.workshop.sent.pairs import sent_values
from loom.workshop.views.feedback import Toast

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_PAGE = "settings/retention.html"


@router.get(HOME)
async def retention(
    request: Request,
    *,
    services: Services,
    saved: str = "",
    tests: int | None = None,
    runs: int = 0,
    entries: int = 0,
) -> Response:
    """The page."""
    kept = await services.system_settings.read()
    toasts = () if tests is None else (Toast(f"{Pruned(tests, runs, entries)} deleted."),)
    page = retention_page(
        kept, await services.retention.due(Ages.of(kept)), saved="Saved" if saved else "", toasts=toasts
    )
    return respond(request, _PAGE, page, block="form")


@router.post(HOME)
async def change(request: Request, services: Services, asker: Asker) -> Response:
    """Save it; when it cannot be, the form again."""
    sent = await sent_values(request)
    problems: tuple[Problem, ...] = ()
    try:
        await services.system_settings.change(_said(sent), asker)
    except InputError as error:
        if wants_json(request):
            raise
        problems = error.problems
    if not problems and not wants_part(request):
        return RedirectResponse(f"{HOME}?saved=1", 303)
    kept = await services.system_settings.read()
    page = retention_page(
        kept,
        await services.retention.due(Ages.of(kept)),
        saved="" if problems else f"Saved {datetime.now(UTC):%H:%M} UTC",
        sent=sent if problems else None,
        problems=problems,
    )
    return respond(request, _PAGE, page, status=400 if problems else 200, block="form")


@router.post(f"{HOME}/prune")
async def prune(services: Services, asker: Asker) -> Response:
    """Delete what is older than it is kept."""
    ages = Ages.of(await services.system_settings.read())
    return RedirectResponse(f"{HOME}?{urlencode(asdict(await services.retention.prune(ages, asker)))}", 303)


def _said(sent: Mapping[str, str]) -> Json:
    """What was posted; a number that is none is left for the settings to refuse."""
    said: Json = {}
    for name in FIELDS:
        written = sent.get(name, "").strip()
        said[name] = (
            (int(written) if written.isdecimal() and len(written) < 10 else written) if written else None
        )
    return said
