"""REST: tests of workers on one input: carried out, listed, shown again."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from loom.core.errors import ConflictError
from loom.core.ids import text
from loom.core.jsonvalue import Json
from loom.core.worker_config import Tier
from loom.engine.models import JobState
from loom.evaluation.reading.earlier_tests import TestItem, TestRecord
from loom.wiring.named import Destination
from loom.workshop.desks.testing import AskedTest
from loom.workshop.pages.format import iso
from loom.workshop.routes.bench import Desk
from loom.workshop.sent.paging import Size

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/tests", tags=["tests"])
TestName = Annotated[str, Path(max_length=64, description="The id of a test, or the digits it ends with.")]


class TestIn(BaseModel):
    """A test to be carried out; what is left out is as the worker or the settings say."""

    __test__ = False
    model_config = ConfigDict(extra="forbid")

    worker: str = Field(max_length=200)
    input: dict[str, Any]
    tier: Tier | None = None
    model: str = Field("", max_length=200)
    endpoint: str = Field("", max_length=200)
    use_cache: bool = True


@router.post("", status_code=201)
async def run(desk: Desk, body: TestIn) -> Json:
    """Carry a test out, and wait for what it comes to."""
    asked = AskedTest(
        worker=body.worker,
        payload=body.input,
        to=Destination(body.tier, body.model, body.endpoint),
        use_cache=body.use_cache,
    )
    return record_json(await desk.carried_out(asked))


@router.get("")
async def listed(
    desk: Desk,
    worker: Annotated[str | None, Query(max_length=200)] = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    size: Size = 50,
) -> Json:
    """The newest first: `{"items", "next"}`."""
    found = await desk.services.reading.tests(worker, desk.asker, cursor, size)
    return {"items": [item_json(item) for item in found.items], "next": found.next}


@router.get("/{test}")
async def test(desk: Desk, test: TestName) -> Json:
    """One of them, with its exact prompt and what was said."""
    return record_json(await desk.record(test))


@router.post("/{test}/cancel", status_code=202)
async def cancel(desk: Desk, test: TestName) -> Json:
    """Break one off that is under way; whoever waits gets what is known of it. One that is over stays as it is."""
    name = (await desk.record(test)).item.id
    await desk.cancel(name)
    record = await desk.record(test)
    if record.item.state == JobState.RUNNING:
        raise ConflictError(
            f"the test {text(name)} is not carried out by this server: stop it where it was begun"
        )
    return record_json(record)


def item_json(item: TestItem) -> Json:
    """A test in a list."""
    tokens = item.tokens
    return {
        "id": text(item.id),
        "worker": item.worker,
        "input": item.payload,
        "model": item.model,
        "endpoint": item.endpoint or None,
        "simulated": item.simulated,
        "created_at": iso(item.created_us),
        "state": item.state,
        "success": item.success,
        "output": item.output,
        "validation_errors": list(item.problems),
        "error": item.error,
        "cached": item.cached,
        "latency_ms": item.latency_ms,
        "cost_usd": None if item.cost_nano is None else item.cost_nano / 1e9,
        "unpriced_attempts": item.unpriced,
        "token_usage": {"prompt_tokens": tokens.input_tokens, "completion_tokens": tokens.output_tokens}
        if tokens
        else {},
    }


def record_json(record: TestRecord) -> Json:
    """A test with what was said in it."""
    transcript = record.told.transcript if record.told else None
    result = record.result
    return {
        **item_json(record.item),
        "version": record.spec.version,
        "raw_response": result.outcome.raw_text if result else None,
        "stop_reason": result.outcome.stop_reason if result else None,
        "silo_updates": list(result.silo_updates) if result else [],
        "prompt": [
            {
                "role": message.role,
                "content": message.text,
                "tool_calls": [
                    {"id": call.id, "name": call.name, "arguments": call.arguments}
                    for call in message.tool_calls
                ],
            }
            for message in (transcript.messages if transcript else ())
        ],
    }
