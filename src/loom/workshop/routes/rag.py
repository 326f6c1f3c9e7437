"""`/rag`: what is in the vector store, the channels, and searching."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import JSONResponse, Response

from loom.core.errors import LoomError
from loom.workshop.deps import Options
from loom.workshop.errors import as_problems, status_of, wants_json
from loom.workshop.pages.channels import ChannelsShown, channels_page, channels_table
from loom.workshop.pages.rag import dashboard_page, found_table, search_page
from loom.workshop.rag_manager import RAGManager
from loom.workshop.rendering import respond
from loom.workshop.sent.question import QuestionSent
from loom.workshop.views.exports import as_csv, as_json

__all__ = ["Rag", "router"]

router = APIRouter(include_in_schema=False)
_SEARCH = "rag/search.html"


def manager(request: Request) -> RAGManager:
    """The store and the registry of this Workshop."""
    return request.app.state.rag


Rag = Annotated[RAGManager, Depends(manager)]


def asked(query: str = "", limit: str = "10", min_score: str = "0", channel_ids: str = "") -> QuestionSent:
    """The question of an address."""
    return QuestionSent(query, limit, min_score, channel_ids)


Asked = Annotated[QuestionSent, Depends(asked)]
_Text = Annotated[str, Form()]


def shown(q: str = "", faction: str = "", priority: str = "") -> ChannelsShown:
    """The channels of an address."""
    return ChannelsShown(q, faction, priority)


Shown = Annotated[ChannelsShown, Depends(shown)]


@router.get("/rag")
@router.get("/rag/store/stats")
async def dashboard(request: Request, rag: Rag, options: Options) -> Response:
    """What is in the store; to a script, its figures alone."""
    stats = await asyncio.to_thread(rag.get_store_stats)
    channels = await asyncio.to_thread(rag.stored_channels)
    page = dashboard_page(stats, channels, str(options.settings.rag_db_path or ""), rag.problem)
    return respond(request, "rag/dashboard.html", page, block="stats")


@router.get("/rag/channels")
async def channels(request: Request, rag: Rag, shown: Shown) -> Response:
    """All channels."""
    stored = await asyncio.to_thread(rag.stored_channels)
    page = channels_page(rag.channels, stored, shown, rag.registry.problems)
    return respond(request, "rag/channels.html", page, block="channels")


@router.get("/rag/channels.json")
async def channels_json(rag: Rag, shown: Shown) -> Response:
    """The same for programs."""
    stored = await asyncio.to_thread(rag.stored_channels)
    return JSONResponse(as_json(channels_table(rag.channels, stored, shown)))


@router.get("/rag/channels.csv")
async def channels_csv(rag: Rag, shown: Shown) -> Response:
    """The same for spreadsheets."""
    stored = await asyncio.to_thread(rag.stored_channels)
    table = channels_table(rag.channels, stored, shown)
    return Response(as_csv(table), media_type="text/csv; charset=utf-8")


@router.get("/rag/search")
async def search(request: Request, rag: Rag, asked: Asked) -> Response:
    """The form, and the answer once something is asked; to a script the answer alone."""
    if "query" not in request.query_params:
        stored = await asyncio.to_thread(rag.stored_channels)
        return respond(request, _SEARCH, search_page(asked, stored), block="results")
    return await _answered(request, rag, asked)


@router.post("/rag/search/run")
async def run(
    request: Request,
    rag: Rag,
    *,
    query: _Text = "",
    limit: _Text = "10",
    min_score: _Text = "0",
    channel_ids: _Text = "",
) -> Response:
    """The answer; what is wrong with the question is said in its place, under status 200 as ever."""
    return await _answered(request, rag, QuestionSent(query, limit, min_score, channel_ids), always_ok=True)


@router.get("/rag/search.json")
async def search_json(rag: Rag, asked: Asked) -> Response:
    """The answer for programs."""
    found = await asyncio.to_thread(rag.ask, asked.read())
    return JSONResponse(as_json(found_table(found)))


@router.get("/rag/search.csv")
async def search_csv(rag: Rag, asked: Asked) -> Response:
    """The answer for spreadsheets."""
    found = await asyncio.to_thread(rag.ask, asked.read())
    return Response(as_csv(found_table(found)), media_type="text/csv; charset=utf-8")


async def _answered(
    request: Request, rag: RAGManager, sent: QuestionSent, *, always_ok: bool = False
) -> Response:
    stored = await asyncio.to_thread(rag.stored_channels)
    try:
        found = await asyncio.to_thread(rag.ask, sent.read())
    except LoomError as error:
        if wants_json(request):
            raise
        problems = as_problems(error)
        page, status = search_page(sent, stored, problems=problems), status_of(error)
    else:
        page, status = search_page(sent, stored, found), 200
    swapped = always_ok or "hx-request" in request.headers
    return respond(request, _SEARCH, page, status=200 if swapped else status, block="results")
