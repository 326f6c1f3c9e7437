"""`/dead-letters`: what the mesh could not hand to any worker; replaying, clearing, and taking that back."""

from collections.abc import Awaitable
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from loom.access.models import Principal, Role
from loom.core.errors import BusError, NotFoundError, UsageError
from loom.core.ids import LetterId
from loom.core.jsonvalue import Json
from loom.delivery.models import LETTERS
from loom.router.models import LetterState
from loom.router.service import MOST_KEPT
from loom.wiring.app import App
from loom.workshop.deps import Asker, Services
from loom.workshop.errors import status_of, wants_json
from loom.workshop.pages.letter_tables import HOME, LetterQuery, MeshState, letters_table
from loom.workshop.pages.letters import Letters, letters_page
from loom.workshop.rendering import respond
from loom.workshop.sent.ids import letter_named
from loom.workshop.views.exports import as_csv, as_json
from loom.workshop.views.tables import PAGE_ROWS, Table

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_Row = Annotated[int | None, Query(ge=0, le=2**62)]


def wanted(state: str = "", before: _Row = None, open: str = "", log: _Row = None) -> LetterQuery:  # noqa: A002 - as in the address
    """What to look at; a state or a letter that there is not asks for none."""
    known = LetterState(state) if state in list(LetterState) else LetterState.WAITING
    try:
        opened = letter_named(open) if open else None
    except UsageError:
        opened = None
    return LetterQuery(known, before, opened, log)


Wanted = Annotated[LetterQuery, Depends(wanted)]


@router.get(HOME)
async def letters(request: Request, services: Services, asker: Asker, query: Wanted) -> Response:
    """The list, and the log."""
    return await _page(request, services, asker, query)


@router.get(f"{HOME}.json")
async def letters_json(services: Services, asker: Asker, query: Wanted) -> Response:
    """The list for programs, without its tasks."""
    return JSONResponse(as_json(await _table(services, asker, query)))


@router.get(f"{HOME}.csv")
async def letters_csv(services: Services, asker: Asker, query: Wanted) -> Response:
    """The list for spreadsheets."""
    return Response(as_csv(await _table(services, asker, query)), media_type="text/csv; charset=utf-8")


@router.post(f"{HOME}/{{index}}/replay")
async def replay(
    request: Request, services: Services, asker: Asker, index: int, entry_id: Annotated[str, Form()]
) -> Response:
    """Send a task again; when that cannot be, the list says why. `index` is where it stood, and means nothing."""
    del index
    sending = services.letters.replay(letter_named(entry_id), services.mesh.bus, asker)
    return await _replayed(request, services, asker, sending)


@router.post(f"{HOME}/replay")
async def replay_several(
    request: Request,
    services: Services,
    asker: Asker,
    entry_id: Annotated[list[str], Form(max_length=PAGE_ROWS)],
) -> Response:
    """Send the tasks of letters that still wait, the oldest first."""
    named = [letter_named(one) for one in reversed(entry_id)]
    sending = services.letters.replay_waiting(named, services.mesh.bus, asker)
    return await _replayed(request, services, asker, sending)


@router.post(f"{HOME}/clear")
async def clear(
    services: Services, asker: Asker, newest: Annotated[int, Form(ge=0, le=2**62)] = 2**62
) -> Response:
    """Put away what waits, up to the letter in row `newest`."""
    await services.letters.clear(asker, newest=newest)
    return RedirectResponse(HOME, 303)


@router.post(f"{HOME}/undo")
async def undo(services: Services, asker: Asker, clearing: Annotated[str, Form(max_length=64)]) -> Response:
    """Let what was cleared wait again."""
    try:
        name = bytes.fromhex(clearing)
    except ValueError:
        raise NotFoundError("there is no such clearing") from None
    await services.letters.restore(name, asker)
    return RedirectResponse(HOME, 303)


async def _replayed(
    request: Request, services: App, asker: Principal, sending: Awaitable[object]
) -> Response:
    try:
        await sending
    except BusError as error:
        if wants_json(request):
            raise
        return await _page(request, services, asker, LetterQuery(), error)
    return RedirectResponse(HOME, 303)


async def _page(
    request: Request, services: App, asker: Principal, query: LetterQuery, refused: BusError | None = None
) -> Response:
    tip = await services.events.tip(LETTERS, asker)  # before the list: what comes meanwhile is told again
    found = await _letters(services, asker, query)
    page = letters_page(
        found,
        query,
        MeshState(services.mesh.given, services.mesh.trouble, str(refused) if refused else ""),
        after=tip.last,
        now_us=services.clock.now_us(),
        may_run=asker.role.covers(Role.RUN),
    )
    status = status_of(refused) if refused else 200
    return respond(request, "letters/list.html", page, status=status, block="letters")


async def _table(services: App, asker: Principal, query: LetterQuery) -> Table:
    found = await services.letters.page(query.state, asker, before=query.before, size=MOST_KEPT)
    return letters_table(found, query)


async def _letters(services: App, asker: Principal, query: LetterQuery) -> Letters:
    letters = services.letters
    return Letters(
        await letters.page(query.state, asker, before=query.before, size=PAGE_ROWS),
        await _task(services, asker, query.open),
        await letters.replays(asker, before=query.log, size=PAGE_ROWS),
        await letters.newest_clearing(asker),
    )


async def _task(services: App, asker: Principal, letter: LetterId | None) -> Json | None:
    if letter is None:
        return None
    try:
        return (await services.letters.get(letter, asker))[1]
    except NotFoundError:  # it has made room for newer ones; the address is older than that
        return None
