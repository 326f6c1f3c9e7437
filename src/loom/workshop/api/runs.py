"""REST: runs, their cases, reports in every format, ratings, and one run beside another."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import StreamingResponse

from loom.core.errors import NotFoundError
from loom.core.ids import short
from loom.core.jsonvalue import Json
from loom.evaluation.comparing.comparison import Measure
from loom.evaluation.judging.label_files import Label
from loom.evaluation.reading.cases import CaseRow
from loom.evaluation.reports.document import ReportDocument, ReportFormat
from loom.evaluation.reports.values import (
    case_json,
    comparison_json,
    leaderboard_json,
    report_json,
    run_json,
)
from loom.evaluation.reports.writing import WRITERS
from loom.workshop.deps import Asker, Services
from loom.workshop.routes.leaderboard import MOST_RUNS
from loom.workshop.routes.runs import Cases, Found, Runs
from loom.workshop.sent.paging import Size

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["runs"])

_MEDIA_TYPES = {
    ReportFormat.JUNIT: "application/xml",
    ReportFormat.JSON: "application/json",
    ReportFormat.MARKDOWN: "text/markdown",
    ReportFormat.HTML: "text/html",
    ReportFormat.CSV: "text/csv",
}


_NAMES = (
    "fixed",
    "broken",
    "only_a",
    "only_b",
    "unscored",
    "scored_by_others",
    "errored_a",
    "errored_b",
)


class RatingIn(BaseModel):
    """What someone says of an output."""

    model_config = ConfigDict(extra="forbid")

    value: float = Field(ge=0, le=1, description="0 is wrong, 1 is right.")
    note: str | None = Field(default=None, max_length=2_000)


@router.get("/runs")
async def runs(services: Services, asker: Asker, query: Runs, size: Size = 50) -> Json:
    """Evaluations and re-scorings, newest first."""
    found = await services.reading.runs(replace(query, size=size), asker)
    now = services.clock.now_us()
    items = [
        {**run_json(one.run, now), "baseline": one.baseline, "pass_rate": one.rate and one.rate.value}
        for one in found.items
    ]
    return {"items": items, "next": found.next}


@router.get("/runs/{run_id}")
async def run(desk: Found) -> Json:
    """What a run came to."""
    head = await desk.app.reading.head(desk.run, desk.asker)
    version = bytes.fromhex(head.about.version) if head.about.version else None
    return report_json(head.report, desk.app.clock.now_us(), version)


@router.get("/runs/{run_id}/cases")
async def cases(desk: Found, query: Cases, size: Size = 50) -> Json:
    """Its executions; `q` is a filter such as `tag:refund score<0.5`."""
    found = await desk.case_page(replace(query, size=size))
    return {"items": [_case(row) for row in found.rows], "next": found.next}


@router.get("/runs/{run_id}/cases/{case}")
async def case(desk: Found, case: str) -> Json:
    """One case with all its repetitions."""
    found = await desk.app.reading.case(desk.run, case, desk.asker)
    expected = found.case.expected_output if found.case.has_expected else None
    return {
        "key": found.key.hex(),
        "name": found.case.name,
        "input": found.case.input,
        "expected_output": expected,
        "repetitions": [_case(row) for row in found.rows],
    }


@router.get("/runs/{run_id}/report")
async def report(desk: Found, format: ReportFormat = ReportFormat.JSON) -> StreamingResponse:  # noqa: A002 - the word of the address
    """A report for CI, a pull request or a spreadsheet, as `loom report` writes it."""
    found = await desk.app.reports.report(desk.run)
    if found.sealed_looks is not None:
        await desk.app.seals.require(await desk.app.reading.sealed(desk.run, desk.asker), desk.asker)
    version = await desk.app.evaluations.version(desk.run.job)
    document = ReportDocument(found, desk.app.clock.now_us(), version=version)
    # A page of its own styles is to be saved and sent, not shown under this address.
    saved = {"Content-Disposition": f'attachment; filename="report-{short(desk.run.id)}.html"'}
    headers = saved if format is ReportFormat.HTML else None
    return StreamingResponse(WRITERS[format](document), media_type=_MEDIA_TYPES[format], headers=headers)


@router.post("/runs/{run_id}/cases/{case}/repetitions/{repetition}/rating", status_code=201)
async def rate(desk: Found, case: str, repetition: int, sent: RatingIn) -> Json:
    """Keep what a person says of an output; `human_rating` scores by it, judges are held against it."""
    detail = await desk.app.reading.case(desk.run, case, desk.asker)
    row = next((one for one in detail.rows if one.result.number == repetition), None)
    if row is None:
        raise NotFoundError(
            f"the case '{detail.case.name}' has no repetition {repetition} in {short(desk.run.id)}"
        )
    label = Label(row.result.execution, sent.value, desk.asker.name, sent.note, 1)
    await desk.app.labels.keep([label], "REST", desk.asker)
    await desk.app.labels.apply(desk.run)
    return {"rated": 1}


@router.get("/compare")
async def compare(
    services: Services,
    asker: Asker,
    *,
    a: Annotated[str, Query(max_length=100)],
    b: Annotated[str, Query(max_length=100)],
    measure: Measure = Measure.PASS_RATE,
) -> Json:
    """Run `b` beside run `a`: the verdict, the difference with its interval, what flipped.

    The names of cases are null while they are sealed and closed to whoever asks.
    """
    before, after = await services.reading.find(a, asker), await services.reading.find(b, asker)
    found = await services.reading.compare(before, after, asker, measure)
    told = comparison_json(found.comparison, before, after)
    if not found.comparison.sealed:
        return told
    seal = await services.seals.of(await services.reading.sealed(after, asker), asker)
    return {**told, **dict.fromkeys(_NAMES)} if seal.open_until_us is None else told


@router.get("/leaderboard")
async def leaderboard(
    services: Services,
    asker: Asker,
    run: Annotated[list[Annotated[str, Field(max_length=100)]], Query(min_length=2, max_length=MOST_RUNS)],
    measure: Measure = Measure.PASS_RATE,
) -> Json:
    """Several runs, best first, over the cases they share; `tied` are those that may be the best."""
    runs = [await services.reading.find(name, asker) for name in run]
    board = await services.reading.leaderboard(runs, asker, measure)
    return {**leaderboard_json(board), "simulated": any(one.simulated for one in runs)}


def _case(row: CaseRow) -> Json:
    result = row.result
    return {**case_json(result), "key": result.key.hex(), "cost_nano_usd": row.cost_nano}
