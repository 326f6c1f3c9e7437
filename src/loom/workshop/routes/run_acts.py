"""What is done with a run: it becomes a baseline, is scored once more, and people rate its outputs."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from loom.core.errors import InputError, NotFoundError, Problem, UsageError
from loom.core.hashing import hash_json
from loom.core.ids import short
from loom.core.jsonvalue import JsonValue
from loom.core.money import nano_usd
from loom.core.yamlfile import parse_yaml
from loom.engine.jobs import Once
from loom.evaluation.label_files import Label, rating_value
from loom.evaluation.rescoring import RescoreWish
from loom.evaluation.scorers.base import JudgeChoice
from loom.workshop.deps import Asker, Services
from loom.workshop.pages.addresses import case_address, run_address, worker_address
from loom.workshop.pages.rescoring import BUDGET, RescoreAsked, rescore_form, rescore_page
from loom.workshop.rendering import respond
from loom.workshop.routes.runs import Found

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_SEE_OTHER = 303


class RescorePost(BaseModel):
    """The form of a re-scoring."""

    scorers: str = ""
    judge_model: str = ""
    judge_prompt: str = ""
    budget_usd: str = ""
    idempotency_key: str = ""


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


@router.post("/runs/{run_id}/rescore")
async def rescore(request: Request, desk: Found, sent: Annotated[RescorePost, Form()]) -> Response:
    """Open a re-scoring; what is wrong with it is told at its form."""
    asked = RescoreAsked(sent.scorers, sent.judge_model, sent.judge_prompt, sent.budget_usd)
    try:
        wish = RescoreWish(
            desk.run,
            scorers_of(sent.scorers),
            _judge(sent),
            budget_nano=_budget(sent.budget_usd.strip()),
            once=_once(sent),
        )
        job = await desk.app.rescorings.open(wish, desk.asker)
    except InputError as error:
        form = rescore_form(desk.run, (), sent.idempotency_key, asked, error.problems)
        return respond(request, "runs/rescore.html", rescore_page(desk.run, form), status=400)
    await desk.app.hosting.begin(job, desk.asker)
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


def scorers_of(text: str) -> tuple[JsonValue, ...]:
    """The scorers written in YAML as a suite has them.

    Raises:
        ConfigError: with every problem by line, when it is no YAML.
        UsageError: when it is no list of at least one.
    """
    found = parse_yaml(text, "scorers").value
    if not isinstance(found, list) or not found:
        remedy = "write a list, as in `- exact_match`"
        raise UsageError(Problem("is no list of scorers", "scorers", value=text[:40], remedy=remedy))
    return tuple(found)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def _budget(text: str) -> int | None:
    if not text:
        return None
    try:
        return nano_usd(text)
    except InputError as error:
        raise UsageError([replace(one, field=BUDGET) for one in error.problems]) from None


def _once(sent: RescorePost) -> Once | None:
    content = sent.model_dump(exclude={"idempotency_key"})
    return Once(sent.idempotency_key, hash_json(content)) if sent.idempotency_key else None


def _judge(sent: RescorePost) -> JudgeChoice | None:
    model, prompt = sent.judge_model.strip() or None, sent.judge_prompt.strip() or None
    return JudgeChoice(model, None, prompt) if model or prompt else None
