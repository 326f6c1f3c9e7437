"""What is done with a run: it becomes a baseline, is scored once more, and people rate its outputs."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from loom.core.errors import InputError, LoomError, NotFoundError, Problem, UsageError
from loom.core.hashing import hash_json
from loom.core.ids import new_id, short
from loom.core.jsonvalue import JsonValue
from loom.engine.jobs import Once
from loom.evaluation.judging.label_files import Label, rating_value
from loom.evaluation.running.rescoring import RescoreWish
from loom.evaluation.scoring.case_scorers import DEFAULT_SCORER
from loom.evaluation.store import RunRow
from loom.workshop.deps import Asker, Services
from loom.workshop.desks.evaluating import BUDGET, begin_rescoring, judge_choice, read_budget
from loom.workshop.errors import as_problems, status_of, wants_json
from loom.workshop.pages.addresses import case_address, run_address, worker_address
from loom.workshop.pages.rescoring import (
    RescoreAsked,
    RescorePage,
    judge_fields,
    rescore_button,
    rescore_page,
    scorers_at_first,
)
from loom.workshop.rendering import respond
from loom.workshop.routes.runs import Found, RunDesk
from loom.workshop.sent.pairs import sent_pairs
from loom.workshop.sent.scorers import FIELDS_ONLY, FURTHER, SentScorers

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_SEE_OTHER = 303
_RESCORE = "runs/rescore.html"


class RatingPost(BaseModel):
    """The form of a rating."""

    execution: str
    rating: str = ""
    note: str = ""


@router.post("/workers/{name}/eval/{run_id}/promote-baseline")
async def promote(
    services: Services, asker: Asker, name: str, desk: Found, description: Annotated[str, Form()] = ""
) -> Response:
    """Later runs of the worker on the suite are compared with this one."""
    if desk.run.target != name:
        raise NotFoundError(f"{short(desk.run.id)} is no run of '{name}'")
    await services.baselines.set(desk.run, description.strip() or None, asker)
    return RedirectResponse(f"{worker_address(name, '/eval/')}{desk.run.id.hex()}", _SEE_OTHER)


@router.get("/runs/{run_id}/rescore")
async def rescore_form(
    request: Request, desk: Found, like: Annotated[str, Query(max_length=64)] = ""
) -> Response:
    """The form of a re-scoring, with the scorers that the run has, or the run `like` which it is to be scored."""
    reading = desk.app.reading
    model = await reading.find(like, desk.asker) if like else desk.run
    about = (await reading.head(model, desk.asker)).about
    asked = RescoreAsked(scorers_at_first(about.scorers), new_id().hex(), judge_fields(about.judge))
    return respond(request, _RESCORE, await _page(desk, asked))


@router.post("/runs/{run_id}/rescore/estimate")
async def rescore_estimate(request: Request, desk: Found) -> Response:
    """The button of the form as it is filled in now, with what it would cost; without a script the whole form."""
    asked, _ = await _asked(request)
    return respond(request, _RESCORE, await _page(desk, asked), block="button")


@router.post("/runs/{run_id}/rescore")
async def rescore(request: Request, desk: Found) -> Response:
    """Open a re-scoring; what is wrong with it is told at its form."""
    asked, pairs = await _asked(request)
    if asked.value(FIELDS_ONLY):
        asked = replace(asked, scorers=asked.scorers.beginning_as((DEFAULT_SCORER,)))
        return respond(request, _RESCORE, await _page(desk, asked))
    try:
        wish = replace(_wish(desk.run, asked), once=_once(asked, pairs))
        job = await begin_rescoring(desk.app, wish, desk.asker)
    except LoomError as error:
        if wants_json(request):
            raise
        page = await _page(desk, replace(asked, problems=as_problems(error)))
        return respond(request, _RESCORE, page, status=status_of(error))
    made = await desk.app.reading.find(job.hex(), desk.asker)
    return RedirectResponse(run_address(made), _SEE_OTHER)


@router.post("/runs/{run_id}/cases/{case}/rate")
async def rate(desk: Found, case: str, sent: Annotated[RatingPost, Form()]) -> Response:
    """Keep what someone says of an output."""
    detail = await desk.app.reading.case(desk.run, case, desk.asker)
    row = next((one for one in detail.rows if one.result.execution.hex() == sent.execution), None)
    if row is None:
        raise NotFoundError(f"the case '{detail.case.name}' has no such execution in this run")
    value = rating_value(sent.rating)
    if value is None:
        remedy = "write pass, fail, or a number from 0 to 1"
        raise UsageError(Problem("is no rating", "rating", value=sent.rating, remedy=remedy))
    label = Label(row.result.execution, value, desk.asker.name, sent.note.strip() or None, 1)
    await desk.app.labels.keep([label], "form", desk.asker)
    await desk.app.labels.apply(desk.run)
    return RedirectResponse(case_address(desk.run, detail.key, row.result.repetition), _SEE_OTHER)


async def _asked(request: Request) -> tuple[RescoreAsked, Sequence[tuple[str, str]]]:
    pairs = await sent_pairs(request)
    values = dict(pairs)
    return RescoreAsked(SentScorers.read(pairs), values.get("idempotency_key", "")[:100], values), pairs


def _wish(run: RunRow, asked: RescoreAsked) -> RescoreWish:
    return RescoreWish(
        run,
        _scorers(asked.scorers),
        judge_choice(asked.value("judge_model"), "", asked.value("judge_prompt")),
        budget_nano=read_budget(asked.value(BUDGET)),
    )


async def _page(desk: RunDesk, asked: RescoreAsked) -> RescorePage:
    """The form with its button."""
    try:
        wish = _wish(desk.run, asked)
        found = await desk.app.rescorings.estimate(wish)
        button = rescore_button(desk.run, found, budget_nano=wish.budget_nano)
    except InputError as error:
        button = rescore_button(desk.run, None, why_not=str(error.problems[0]))
    except LoomError as error:
        button = rescore_button(desk.run, None, why_not=str(error).partition("\n")[0])
    return rescore_page(desk.run, asked, button)


def _scorers(sent: SentScorers) -> tuple[JsonValue, ...]:
    found = sent.specs()
    if not found:
        raise UsageError(Problem("are missing", FURTHER, remedy="tick one above"))
    return found


def _once(asked: RescoreAsked, pairs: Sequence[tuple[str, str]]) -> Once | None:
    content = [[name, value] for name, value in pairs if name != "idempotency_key"]
    return Once(asked.key, hash_json(content)) if asked.key else None
