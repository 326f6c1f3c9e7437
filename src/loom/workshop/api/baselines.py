"""REST: baselines to list, set and take away."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from loom.core.jsonvalue import Json
from loom.evaluation.reports.values import baseline_json
from loom.workshop.deps import Asker, Services

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/baselines", tags=["baselines"])


class BaselineIn(BaseModel):
    """A run that later runs of its worker on its suite are to be held against."""

    model_config = ConfigDict(extra="forbid")

    run: str = Field(max_length=64, description="Its id, or the digits that tables show.")
    note: str = Field("", max_length=1_000)


@router.get("")
async def baselines(services: Services) -> Json:
    """All of them, by worker and suite: `{"items", "next"}`."""
    return {"items": [baseline_json(one) for one in await services.baselines.all()], "next": None}


@router.post("", status_code=201)
async def put(services: Services, asker: Asker, body: BaselineIn) -> Json:
    """Make a run the baseline, in place of any other."""
    run = await services.reading.find(body.run, asker)
    return baseline_json(await services.baselines.set(run, body.note or None, asker))


@router.delete("/{worker}/{suite}", status_code=204)
async def remove(services: Services, asker: Asker, worker: str, suite: str) -> None:
    """Take a baseline away; the run stays."""
    await services.baselines.clear(worker, suite, asker)
