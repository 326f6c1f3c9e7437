"""`/workers/{name}/eval`: the form, what it would cost, and starting it."""

import secrets
from dataclasses import dataclass
from functools import cache
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from loom.core.errors import ConfigError, InputError, LoomError, NotFoundError, Problem, UsageError
from loom.core.ids import text
from loom.core.jsonvalue import JsonValue
from loom.core.yamlfile import parse_yaml
from loom.evaluation.reading.runs import RunQuery
from loom.evaluation.reading.runs_store import RunFilter
from loom.evaluation.scorers.catalogue import Entry
from loom.evaluation.scorers.registry import entries, make_scorer
from loom.workshop.deps import Asker, Definitions, Files, Services
from loom.workshop.desks.evaluating import Asked, Evaluating, worker_named
from loom.workshop.errors import status_of, wants_json
from loom.workshop.pages.addresses import worker_address
from loom.workshop.pages.evaluate import Choices, EvaluatePage, RunButton, Sent, evaluate_page, run_button
from loom.workshop.rendering import respond

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_FORM = "evaluate/form.html"
_PAST = 10
_MOST_FIELDS = 100


async def desk(services: Services, definitions: Definitions, files: Files, asker: Asker) -> Evaluating:
    """The desk of whoever asks."""
    return Evaluating(services, definitions, files, asker)


Desk = Annotated[Evaluating, Depends(desk)]


@router.get("/workers/{name}/eval")
async def form(request: Request, desk: Desk, name: str, suite: str = "") -> Response:
    """The form, and the worker's past runs."""
    chosen = suite or (name if name in {one.name for one in desk.files.suites()} else "")
    sent = Sent({"suite": chosen}, (), secrets.token_hex(16))
    return respond(request, _FORM, await _page(desk, name, sent))


@router.post("/workers/{name}/eval/estimate")
async def estimate(request: Request, desk: Desk, name: str) -> Response:
    """The button of the form as it is filled in now, with what it would cost; without a script the whole form."""
    sent = await _sent(request)
    if "hx-request" not in request.headers:
        return respond(request, _FORM, await _page(desk, name, sent))
    return respond(request, _FORM, _Part(await _button(desk, name, sent)), block="button")


@router.post("/workers/{name}/eval/run")
async def run(request: Request, desk: Desk, name: str) -> Response:
    """Start it; where it cannot be, the form again with what is wrong."""
    sent = await _sent(request)
    try:
        wish = await desk.wish(_asked(name, sent), sent.key)
        job = await desk.services.evaluations.open(wish, desk.asker)
        await desk.services.hosting.begin(job, desk.asker)
    except NotFoundError as error:
        raise UsageError(Problem(str(error), remedy="choose one that there is")) from None
    except LoomError as error:
        if wants_json(request):
            raise
        problems = error.problems if isinstance(error, InputError) else (Problem(str(error)),)
        again = Sent(sent.values, sent.scoring, sent.key, problems)
        return respond(request, _FORM, await _page(desk, name, again), status=status_of(error))
    opened = await desk.services.reports.find(text(job))
    return RedirectResponse(worker_address(name, f"/eval/{opened.id.hex()}"), 303)


@dataclass(frozen=True, slots=True)
class _Part:
    """What the button's block shows of a page."""

    run: RunButton


async def _page(desk: Evaluating, name: str, sent: Sent) -> EvaluatePage:
    worker = worker_named(desk.files, name)
    query = RunQuery(RunFilter(worker=name), size=_PAST, counted=False)
    choices = Choices([one.name for one in desk.files.suites()], _plain_scorers())
    past = await desk.services.reading.runs(query, desk.asker)
    now = desk.services.clock.now_us()
    return evaluate_page(worker, choices, sent, await _button(desk, name, sent), (past, query, now))


@cache
def _plain_scorers() -> tuple[Entry, ...]:
    """Those that can be made of their name alone."""
    return tuple(entry for entry in entries() if _is_plain(entry))


def _is_plain(entry: Entry) -> bool:
    try:
        make_scorer(entry.name)
    except ConfigError:
        return False
    return True


async def _button(desk: Evaluating, name: str, sent: Sent) -> RunButton:
    if not sent.value("suite") and not sent.value("test_suite").strip():
        return run_button(name, None, "choose a suite, or paste cases")
    try:
        return run_button(name, await desk.estimate(_asked(name, sent)))
    except NotFoundError:
        raise
    except LoomError as error:
        return run_button(name, None, str(error).partition("\n")[0])


async def _sent(request: Request) -> Sent:
    async with request.form(max_files=0, max_fields=_MOST_FIELDS) as form:
        values = {key: value for key, value in form.items() if isinstance(value, str)}
        scoring = [value for value in form.getlist("scoring") if isinstance(value, str)]
    return Sent(values, scoring, values.get("idempotency_key", "")[:100])


def _asked(name: str, sent: Sent) -> Asked:
    value = sent.value
    return Asked(
        worker=name,
        suite=value("suite"),
        test_suite=value("test_suite"),
        tier=value("tier"),
        model=value("model").strip(),
        scorers=_scorers(sent),
        judge_model=value("judge_model").strip(),
        judge_prompt=value("judge_prompt"),
        repetitions=_whole(sent.value("repetitions", "1"), "repetitions"),
        concurrency=_whole(sent.value("concurrency", "8"), "concurrency"),
        budget_usd=value("budget_usd"),
        split=value("split"),
        tags=tuple(tag.strip() for tag in value("tags").split(",") if tag.strip()),
        limit=_whole(value("limit"), "limit") if value("limit").strip() else None,
    )


def _scorers(sent: Sent) -> tuple[JsonValue, ...]:
    ticked = [_ticked(name, sent.value(f"threshold_{name}").strip()) for name in sent.scoring if name]
    text = sent.value("scorers").replace("\r\n", "\n")
    if not text.strip():
        return tuple(ticked)
    try:
        further = parse_yaml(text, "scorers").value
    except ConfigError as error:
        raise ConfigError(Problem(one.what, "scorers", remedy=one.remedy) for one in error.problems) from None
    if not isinstance(further, list):
        remedy = "write a list, as in `- {scorer: length, max_words: 60}`"
        raise UsageError(Problem("is not a list", "scorers", remedy=remedy))
    return (*ticked, *cast("list[JsonValue]", further))


def _ticked(name: str, threshold: str) -> JsonValue:
    if threshold in ("", "0.5"):
        return name
    try:
        return {"scorer": name, "threshold": float(threshold)}
    except ValueError:
        field = f"threshold_{name}"
        raise UsageError(Problem("is not a number", field, value=threshold, remedy="0 to 1")) from None


def _whole(given: str, name: str) -> int:
    try:
        return int(given)
    except ValueError:
        raise UsageError(Problem("is not a whole number", name, value=given, remedy="correct it")) from None
