"""REST: evaluations to start, list and read; their cases; the same outputs scored anew."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from loom.core.bounds import CASES, IN_FLIGHT, REPETITIONS
from loom.core.errors import Problem, UsageError
from loom.core.hashing import hash_json
from loom.core.ids import JobId, text
from loom.core.jsonvalue import Json, canonical
from loom.core.money import MOST_USD, nano_usd
from loom.core.worker_config import Tier
from loom.engine.jobs import Once
from loom.evaluation.models import Split
from loom.evaluation.reading.cases import CaseQuery
from loom.evaluation.reading.runs import RunItem, RunQuery
from loom.evaluation.reading.runs_store import RunFilter
from loom.evaluation.reports.values import case_json, report_json, run_json
from loom.evaluation.running.rescoring import RescoreWish
from loom.evaluation.store import RunRow
from loom.wiring.app import App
from loom.wiring.named import Destination
from loom.workshop.deps import Asker, Definitions, Files, Services
from loom.workshop.desks.evaluating import Asked, Evaluating, begin_rescoring, checked_scorers, judge_choice
from loom.workshop.sent.paging import MOST_AT_ONCE

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["evaluations"])
_MOST_CASES = 10_000

RunName = Annotated[str, Path(alias="run", max_length=64, description="The id of a run, or of its job.")]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=100,
        description="A second request with this key and the same body starts nothing new.",
    ),
]
Scorers = Annotated[
    list[str | dict[str, Any]],
    Field(max_length=50, description="Names, or mappings with `scorer` and its parameters, as in a suite."),
]
Budget = Annotated[float | None, Field(ge=0, le=MOST_USD, description="It pauses there.")]


class JudgeIn(BaseModel):
    """Who judges where a scorer asks a judge and does not say whom."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(default="", max_length=200, description="Empty: that of tier `standard`.")
    endpoint: str = Field(default="", max_length=200)
    prompt: str = Field(default="", max_length=100_000, description="Empty: Loom's own.")


class EvaluationIn(BaseModel):
    """An evaluation to be started; what is left out is as the worker, the suite or the settings say."""

    model_config = ConfigDict(extra="forbid")

    worker: str = Field(max_length=200)
    suite: str = Field("", max_length=200, description="A suite's name; or give `cases`.")
    cases: list[dict[str, Any]] | None = Field(
        None,
        max_length=_MOST_CASES,
        description="The cases themselves: `name`, `input`, `expected_output`, …",
    )
    tier: Tier | None = None
    model: str = Field("", max_length=200)
    endpoint: str = Field("", max_length=200)
    scorers: Scorers = Field(default_factory=list[str | dict[str, Any]])
    judge: JudgeIn | None = None
    repetitions: int = Field(1, ge=REPETITIONS.least, le=REPETITIONS.most)
    concurrency: int = Field(8, ge=IN_FLIGHT.least, le=IN_FLIGHT.most)
    budget_usd: Budget = None
    split: Split | None = Field(None, description="Left out: all but the sealed cases.")
    tags: list[str] = Field(default_factory=list[str], max_length=100)
    limit: int | None = Field(None, ge=CASES.least, le=CASES.most)
    use_cache: bool = True
    against: str = Field(
        "",
        max_length=64,
        description="A run, or `baseline`, that it will be held against: refused at once where they share no case.",
    )

    def asked(self) -> Asked:
        """The same, as forms ask it."""
        judge = self.judge or JudgeIn()
        return Asked(
            worker=self.worker,
            suite=self.suite,
            test_suite="" if self.cases is None else canonical(self.cases).decode(),
            to=Destination(self.tier, self.model, self.endpoint),
            scorers=tuple(self.scorers),
            judge_model=judge.model,
            judge_endpoint=judge.endpoint,
            judge_prompt=judge.prompt,
            repetitions=self.repetitions,
            concurrency=self.concurrency,
            budget_usd="" if self.budget_usd is None else repr(self.budget_usd),
            split=self.split or "",
            tags=tuple(self.tags),
            limit=self.limit,
            use_cache=self.use_cache,
            against=self.against,
        )


class RescoreIn(BaseModel):
    """Other scorers for outputs that are there: `scorers`, or all `like` another run."""

    model_config = ConfigDict(extra="forbid")

    scorers: Scorers = Field(default_factory=list[str | dict[str, Any]])
    like: str = Field("", max_length=64, description="A run: score exactly as it was scored, by its judge.")
    judge: JudgeIn | None = None
    concurrency: int = Field(8, ge=IN_FLIGHT.least, le=IN_FLIGHT.most)
    budget_usd: Budget = None


async def desk(services: Services, definitions: Definitions, files: Files, asker: Asker) -> Evaluating:
    """The desk of whoever asks."""
    return Evaluating(services, definitions, files, asker)


Desk = Annotated[Evaluating, Depends(desk)]


class RunsAsked(BaseModel):
    """Which evaluations, in which order."""

    worker: str | None = None
    suite: str | None = None
    state: str | None = None
    model: str | None = None
    q: str = ""
    sort: str = "-created"
    cursor: str | None = Field(default=None, max_length=500)
    size: int = Field(default=50, ge=1, le=MOST_AT_ONCE)

    def query(self) -> RunQuery:
        """The same, for the reading service."""
        wanted = RunFilter(self.worker, self.suite, self.state, self.model, self.q)
        return RunQuery(wanted, self.sort, self.cursor, self.size)


class CasesAsked(BaseModel):
    """Which executions of a run, in which order."""

    q: str = Field(default="", max_length=1000, description="As on the page: `tag:refund score<0.5`.")
    sort: str = "case"
    cursor: str | None = Field(default=None, max_length=500)
    size: int = Field(default=50, ge=1, le=MOST_AT_ONCE)


@router.post("/evaluations", status_code=201)
async def start(response: Response, desk: Desk, body: EvaluationIn, key: Key = None) -> Json:
    """Start one. It goes on in the background: follow `/events/job:ID`, or ask `/api/v1/jobs/ID`."""
    return await _opened(response, desk.services, await desk.begin(body.asked(), key))


@router.get("/evaluations")
async def evaluations(services: Services, asker: Asker, asked: Annotated[RunsAsked, Query()]) -> Json:
    """Evaluations and re-scorings, with what each came to so far."""
    found = await services.reading.runs(asked.query(), asker)
    now = services.clock.now_us()
    return {"items": [_item(one, now) for one in found.items], "next": found.next, "total": found.total}


@router.get("/evaluations/{run}")
async def evaluation(services: Services, run: RunName) -> Json:
    """What one came to."""
    found = await services.reports.find(run)
    report = await services.reports.report(found)
    return report_json(report, services.clock.now_us(), await services.evaluations.version(found.job))


@router.get("/evaluations/{run}/cases")
async def cases(
    services: Services, asker: Asker, run: RunName, asked: Annotated[CasesAsked, Query()]
) -> Json:
    """Its executions, with their outputs and scores."""
    found = await services.reports.find(run)
    query = CaseQuery(asked.q, sort=asked.sort, cursor=asked.cursor, size=asked.size)
    page = await services.reading.cases(found, query, asker)
    return {"items": [case_json(one.result) for one in page.rows], "next": page.next}


@router.post("/evaluations/{run}/rescore", status_code=201)
async def rescore(response: Response, desk: Desk, run: RunName, body: RescoreIn, key: Key = None) -> Json:
    """Score its stored outputs by other scorers, as a run of its own; the worker is not asked again."""
    services = desk.services
    asked: Json = {"run": run, **body.model_dump(mode="json")}
    wish = replace(
        await _wish(services, await services.reports.find(run), body),
        concurrency=body.concurrency,
        budget_nano=None if body.budget_usd is None else nano_usd(body.budget_usd),
        once=Once(key, hash_json(asked)) if key else None,
    )
    return await _opened(response, services, await begin_rescoring(services, wish, desk.asker))


async def _wish(services: App, source: RunRow, body: RescoreIn) -> RescoreWish:
    if bool(body.like) == bool(body.scorers) or (body.like and body.judge):
        what, remedy = "do not say what to score by", "give them, with or without `judge`; or `like` alone"
        raise UsageError(Problem(what, "scorers", remedy=remedy))
    if body.like:
        return await services.rescorings.like(source, await services.reports.find(body.like))
    judge = body.judge or JudgeIn()
    choice = judge_choice(judge.model, judge.endpoint, judge.prompt)
    return RescoreWish(source, checked_scorers(tuple(body.scorers)), choice)


async def _opened(response: Response, services: App, job: JobId) -> Json:
    row = await services.reports.find(text(job))
    response.headers["Location"] = f"/api/v1/evaluations/{text(row.id)}"
    return {**run_json(row, services.clock.now_us()), "events": f"/events/job:{text(job)}"}


def _item(one: RunItem, now_us: int) -> Json:
    rate = one.rate
    shown = (
        None if rate is None else {"value": rate.value, "low": rate.interval.low, "high": rate.interval.high}
    )
    return {
        **run_json(one.run, now_us),
        "pass_rate": None if rate is None or shown is None else {**shown, "n": rate.n, **rate.counts},
        "baseline": one.baseline,
        "version": one.version,
        "principal": one.principal,
    }
