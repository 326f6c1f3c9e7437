"""`/settings/keys` and `/settings/audit`: keys for programs, and what was done by whom."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from pydantic import BaseModel
from starlette.responses import JSONResponse, RedirectResponse, Response

from loom.access.keys import NewKey
from loom.access.models import Principal, Role
from loom.core.errors import InputError, Problem, UsageError
from loom.core.ids import KeyId, parse
from loom.core.money import nano_usd
from loom.wiring.app import App
from loom.workshop.deps import Asker, Services
from loom.workshop.pages.audit import audit_page, audit_table
from loom.workshop.pages.keys import EXPIRY_DAYS, KeysPage, Shown, keys_page, keys_table
from loom.workshop.rendering import respond
from loom.workshop.views.exports import as_csv, as_json
from loom.workshop.views.tables import PAGE_ROWS, Table

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_KEYS = "settings/keys.html"
_DAY_US = 86_400 * 1_000_000
_MOST = 10_000
"""Entries of a twin of the audit log."""

Words = Annotated[str, Form()]
Before = Annotated[int | None, Query(ge=0, le=2**62)]


class KeyPost(BaseModel):
    """The form of a new key."""

    name: str = ""
    role: Role = Role.RUN
    expires: str = ""
    cap_usd: str = ""


@router.get("/settings/keys")
async def keys(
    request: Request, services: Services, asker: Asker, opened: Annotated[str, Query(alias="open")] = ""
) -> Response:
    """Every key."""
    return respond(request, _KEYS, await _page(services, asker, Shown(opened)))


@router.get("/settings/keys.json")
async def keys_json(services: Services, asker: Asker) -> Response:
    """The list for programs."""
    return JSONResponse(as_json(await _table(services, asker)))


@router.get("/settings/keys.csv")
async def keys_csv(services: Services, asker: Asker) -> Response:
    """The list for spreadsheets."""
    return Response(as_csv(await _table(services, asker)), media_type="text/csv; charset=utf-8")


@router.post("/settings/keys")
async def make(
    request: Request, services: Services, asker: Asker, post: Annotated[KeyPost, Form()]
) -> Response:
    """Make a key, and show it: this page alone ever does, so it is the answer itself."""
    try:
        expires = _expiry(post.expires, services.clock.now_us())
        made = await services.access.keys.add(
            NewKey(post.name, post.role, expires, _cap(post.cap_usd)), asker
        )
    except InputError as error:
        page = await _page(services, asker, Shown(given=post.model_dump(), problems=error.problems))
        return respond(request, _KEYS, page, status=400)
    return respond(request, _KEYS, await _page(services, asker, Shown(secret=made.secret)))


@router.post("/settings/keys/{key}/cap")
async def change_cap(
    request: Request, services: Services, asker: Asker, key: str, new_cap_usd: Words = ""
) -> Response:
    """Change the cap of a key."""
    try:
        await services.access.keys.set_cap(KeyId(parse(key)), _cap(new_cap_usd), asker)
    except InputError as error:
        page = await _page(services, asker, Shown(key, problems=error.problems))
        return respond(request, _KEYS, page, status=400)
    return RedirectResponse(f"/settings/keys?open={key}", 303)


@router.post("/settings/keys/{key}/revoke")
async def revoke(services: Services, asker: Asker, key: str) -> Response:
    """From now on the key opens nothing."""
    await services.access.keys.revoke(KeyId(parse(key)), asker)
    return RedirectResponse("/settings/keys", 303)


@router.get("/settings/audit")
async def audit(
    request: Request, services: Services, asker: Asker, by: str = "", before: Before = None
) -> Response:
    """What was done, newest first."""
    page = await services.access.audit.page(asker, before=before, by=by.strip() or None, limit=PAGE_ROWS)
    return respond(
        request, "settings/audit.html", audit_page(page, by.strip(), first=before is None), block="rows"
    )


@router.get("/settings/audit.json")
async def audit_json(services: Services, asker: Asker, by: str = "", before: Before = None) -> Response:
    """The newest entries for programs."""
    page = await services.access.audit.page(asker, before=before, by=by.strip() or None, limit=_MOST)
    return JSONResponse(as_json(audit_table(page)))


@router.get("/settings/audit.csv")
async def audit_csv(services: Services, asker: Asker, by: str = "", before: Before = None) -> Response:
    """The newest entries for spreadsheets."""
    page = await services.access.audit.page(asker, before=before, by=by.strip() or None, limit=_MOST)
    return Response(as_csv(audit_table(page)), media_type="text/csv; charset=utf-8")


async def _page(services: App, asker: Principal, shown: Shown) -> KeysPage:
    found, spent = await services.access.keys.all(asker), await services.spending.by_key()
    return keys_page(found, spent, services.clock.now_us(), shown)


async def _table(services: App, asker: Principal) -> Table:
    found, spent = await services.access.keys.all(asker), await services.spending.by_key()
    return keys_table(found, spent, services.clock.now_us())


def _expiry(days: str, now_us: int) -> int | None:
    if days not in EXPIRY_DAYS:
        raise UsageError(
            Problem("is none of those that there are", "expires", value=days, remedy="choose one")
        )
    return now_us + int(days) * _DAY_US if days else None


def _cap(usd: str) -> int | None:
    """What a form says of a cap.

    Raises:
        InputError: when it is no amount of money.
    """
    try:
        return nano_usd(usd.strip()) if usd.strip() else None
    except UsageError as error:
        raise InputError(
            [Problem(one.what, "cap", value=one.value, remedy=one.remedy) for one in error.problems]
        ) from None
