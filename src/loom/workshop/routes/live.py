"""`/events/{stream}` and `/ws/...`: what happens, as it happens, from where the reader was."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, WebSocket
from starlette.responses import Response

from loom.delivery.models import JOBS, job_stream, stream_named
from loom.workshop.deps import Asker, Services
from loom.workshop.live.socket import send_events
from loom.workshop.live.sse import EventStream
from loom.workshop.sent.ids import JobPath

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_LARGEST = 2**62

Cursor = Annotated[int, Query(ge=0, le=_LARGEST)]


@router.get("/events/{stream}")
async def events(
    services: Services,
    asker: Asker,
    stream: str,
    after: Cursor = 0,
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """Server-sent events of `jobs` or `job:ID`, behind `after`, or behind what a browser has seen already."""
    name = stream_named(stream)
    known = last_event_id is not None and last_event_id.isdecimal() and len(last_event_id) < 19
    cursor = int(last_event_id or 0) if known else after
    tip = await services.events.tip(name, asker)
    if tip.closed and cursor >= tip.last:
        return Response(status_code=204)  # tells a browser not to come again
    return EventStream(services.events.follow(name, asker, after=cursor))


@router.websocket("/ws/jobs/{job}")
async def job_socket(
    socket: WebSocket, services: Services, asker: Asker, job: JobPath, after: Cursor = 0
) -> None:
    """The events of one job."""
    name = job_stream(job)
    await services.events.tip(name, asker)
    await send_events(socket, services.events.follow(name, asker, after=after))


@router.websocket("/ws/dashboard")
async def dashboard_socket(
    socket: WebSocket, services: Services, asker: Asker, after: Cursor | None = None
) -> None:
    """The events of all jobs; from now on, when no cursor is given."""
    since = (await services.events.tip(JOBS, asker)).last if after is None else after
    await send_events(socket, services.events.follow(JOBS, asker, after=since))
