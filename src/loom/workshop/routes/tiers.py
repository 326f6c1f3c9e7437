"""`/settings/tiers`: what tiers lead to, changed in one form and saved at once."""

import asyncio
from datetime import UTC, datetime

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from loom.calls.book.tiers import read_target
from loom.core.endpoint_config import TierTarget
from loom.core.errors import InputError, LoomError, Problem, UsageError
from loom.core.worker_config import Tier
from loom.wiring.app import App
from loom.workshop.deps import Asker, Services
from loom.workshop.errors import wants_json
from loom.workshop.pages.tiers import HOME, tiers_page
from loom.workshop.rendering import respond, wants_part
from loom.workshop.sent.pairs import sent_values

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_PAGE = "settings/tiers.html"
_LIST_WAIT_S = 1.5


@router.get(HOME)
async def tiers(request: Request, services: Services, saved: str = "") -> Response:
    """The form."""
    page = tiers_page(await services.tiers.all(), await _models(services), saved="Saved" if saved else "")
    return respond(request, _PAGE, page, block="form")


@router.post(HOME)
async def change(request: Request, services: Services, asker: Asker) -> Response:
    """Save it; when it cannot be, the form again."""
    sent = await sent_values(request)
    problems: tuple[Problem, ...] = ()
    try:
        await services.tiers.lead(await _changes(services, sent), asker)
    except InputError as error:
        if wants_json(request):
            raise
        problems = error.problems
    if not problems and not wants_part(request):
        return RedirectResponse(f"{HOME}?saved=1", 303)
    page = tiers_page(
        await services.tiers.all(),
        await _models(services),
        saved="" if problems else f"Saved {datetime.now(UTC):%H:%M} UTC",
        sent=sent if problems else None,
        problems=problems,
    )
    return respond(request, _PAGE, page, status=400 if problems else 200, block="form")


async def _changes(services: App, sent: dict[str, str]) -> dict[Tier | None, TierTarget | None]:
    """What differs from what holds; an empty field takes back what was said here."""
    changes: dict[Tier | None, TierTarget | None] = {}
    problems: list[Problem] = []
    for one in await services.tiers.all():
        try:
            wanted = read_target(one.name, sent.get(one.name))
        except UsageError as error:
            problems += error.problems
            continue
        if (wanted or one.of_settings) != one.target:
            changes[one.tier] = wanted
    if problems:
        raise UsageError(problems)
    return changes


async def _models(services: App) -> list[str]:
    """Every `endpoint/model` that can be had without waiting long."""

    async def of(name: str, configured: tuple[str, ...]) -> list[str]:
        try:
            async with asyncio.timeout(_LIST_WAIT_S):
                listed = configured or await services.endpoints.models(name)
        except (TimeoutError, LoomError):
            return []
        return [name, *(f"{name}/{model}" for model in listed)]

    known = await services.endpoints.all()
    found = await asyncio.gather(*(of(config.name, config.models) for config in known))
    return [model for models in found for model in models]
