"""`/settings/retention`: how long things are kept, and deleting what is older."""

from collections.abc import Mapping
from dataclasses import asdict
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from loom.core.errors import InputError
from loom.core.jsonvalue import Json
from loom.core.system_settings import SystemSettings, check_system_settings
from loom.evaluation.retention.service import Ages, Pruned
from loom.wiring.app import App
from loom.workshop.deps import Asker, Services
from loom.workshop.errors import wants_json
from loom.workshop.pages.retention import AGREED, FIELDS, HOME, Unsaved, agreement, retention_page
from loom.workshop.rendering import respond
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
    return respond(request, _PAGE, page)


@router.post(HOME)
async def change(request: Request, services: Services, asker: Asker) -> Response:
    """Save it. When it cannot be, or would delete what nobody agreed to lose, the form again."""
    sent = await sent_values(request)
    said = _said(sent)
    try:
        check_system_settings(said)
    except InputError as error:
        if wants_json(request):
            raise
        return await _again(request, services, Unsaved(sent, error.problems), 400)
    going = await _going(services, Ages.of(SystemSettings.of(said)))
    if going and sent.get(AGREED) != agreement(sent):
        return await _again(request, services, Unsaved(sent, going=going), 409)
    kept = await services.system_settings.read()
    changed = {name: days for name, days in said.items() if days != getattr(kept, name)}
    await services.system_settings.change(changed, asker)
    return RedirectResponse(f"{HOME}?saved=1", 303)


@router.post(f"{HOME}/prune")
async def prune(services: Services, asker: Asker) -> Response:
    """Delete what is older than it is kept."""
    ages = Ages.of(await services.system_settings.read())
    return RedirectResponse(f"{HOME}?{urlencode(asdict(await services.retention.prune(ages, asker)))}", 303)


async def _again(request: Request, services: App, unsaved: Unsaved, status: int) -> Response:
    kept = await services.system_settings.read()
    page = retention_page(kept, await services.retention.due(Ages.of(kept)), unsaved=unsaved)
    return respond(request, _PAGE, page, status=status)


async def _going(services: App, ages: Ages) -> Pruned | None:
    """What is older than `ages`; None when nothing is that is kept now."""
    kept = await services.retention.due(Ages.of(await services.system_settings.read()))
    going = await services.retention.due(ages)
    more = going.tests > kept.tests or going.runs > kept.runs or going.entries > kept.entries
    return going if more else None


def _said(sent: Mapping[str, str]) -> Json:
    """What was posted; a number that is none is left for the settings to refuse."""
    said: Json = {}
    for name in FIELDS:
        written = sent.get(name, "").strip()
        said[name] = (
            (int(written) if written.isdecimal() and len(written) < 10 else written) if written else None
        )
    return said
