"""REST: the vector store to count and search, and the channels."""

import asyncio
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from loom.contrib.rag.searching import Question
from loom.core.bounds import RESULTS
from loom.core.jsonvalue import Json
from loom.workshop.routes.rag import Rag
from loom.workshop.sent.paging import Size

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/rag", tags=["rag"])
_Channel = Annotated[int, Field(ge=-(2**63), lt=2**63)]


class QuestionIn(BaseModel):
    """What to look for."""

    model_config = ConfigDict(extra="forbid")

    query: str = Field(min_length=1, max_length=10_000)
    limit: int = Field(10, ge=RESULTS.least, le=RESULTS.most)
    min_score: float = Field(0.0, ge=0, le=1)
    channel_ids: list[_Channel] = Field(default_factory=list[int], max_length=1000)


@router.get("/stats")
async def stats(rag: Rag) -> Json:
    """Figures of the store; `total_chunks` always, `error` when it cannot be read."""
    return await asyncio.to_thread(rag.get_store_stats)


@router.get("/channels")
async def channels(
    rag: Rag,
    cursor: Annotated[int, Query(ge=0, le=2**31)] = 0,
    size: Size = 50,
) -> Json:
    """What has been brought in, those with the most posts first: `{"items", "next", "registry"}`."""
    stored = await asyncio.to_thread(rag.stored_channels)
    following = cursor + size if cursor + size < len(stored) else None
    return {
        "items": [asdict(one) for one in stored[cursor : cursor + size]],
        "next": None if following is None else str(following),
        "registry": [asdict(one) for one in rag.channels],
    }


@router.post("/search")
async def search(rag: Rag, body: QuestionIn) -> Json:
    """The nearest passages: `{"query", "results", "notes"}`."""
    question = Question(body.query, body.limit, body.min_score, tuple(body.channel_ids))
    return (await asyncio.to_thread(rag.ask, question)).json(question)
