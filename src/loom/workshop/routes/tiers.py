"""`/settings/tiers`: what tiers lead to, in one form."""

import asyncio
from collections.abc import Iterable

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from loom.calls.book.tiers import Mapped, read_target
from loom.core.endpoint_config import TierTarget
from loom.core.errors import InputError, LoomError, Problem, UsageError
from loom.core.worker_config import Tier
from loom.wiring.app import App
from loom.workshop.deps import Asker, Services
from loom.workshop.errors import wants_json
from loom.workshop.pages.tiers import HOME, Unsaved, tiers_page
from loom.workshop.rendering import respond
from loom.workshop.sent.pairs import sent_values

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_PAGE = "settings/tiers.html"
_LIST_WAIT_S = 1.5


@router.get(HOME)
async def tiers(request: Request, services: Services, saved: str = "") -> Response:
    """The form."""
    mapped = await services.tiers.all()
    page = tiers_page(mapped, await _models(services, mapped), saved="Saved" if saved else "")
    return respond(request, _PAGE, page)


@router.post(HOME)
async def change(request: Request, services: Services, asker: Asker) -> Response:
    """Save it; when it cannot be, the form again."""
    sent = await sent_values(request)
    try:
        await services.tiers.lead(await _changes(services, sent), asker)
    except InputError as error:
        if wants_json(request):
            raise
        mapped = await services.tiers.all()
        unsaved = Unsaved(sent, error.problems)
        page = tiers_page(mapped, await _models(services, mapped), unsaved=unsaved)
        return respond(request, _PAGE, page, status=400)
    return RedirectResponse(f"{HOME}?saved=1", 303)


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


async def _models(services: App, mapped: Iterable[Mapped]) -> dict[str, tuple[str, ...]]:
    """The models of each endpoint, as far as they can be had without waiting long."""

    async def of(name: str, configured: tuple[str, ...]) -> tuple[str, ...]:
        wanted = {one.target.model for one in mapped if one.target and one.target.endpoint == name} - {""}
        try:
            async with asyncio.timeout(_LIST_WAIT_S):
                listed = configured or await services.endpoints.models(name)
                if wanted.issubset(listed):
                    return listed
                anew = await services.trials.of(await services.endpoint_book.find(name))
                return anew.models  # it may have got a model since it was asked
        except (TimeoutError, LoomError):
            return ()

    known = await services.endpoints.all()
    found = await asyncio.gather(*(of(config.name, config.models) for config in known))
    return {config.name: models for config, models in zip(known, found, strict=True)}
