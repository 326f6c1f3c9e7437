"""`/evaluate`: which worker; `/workers/{name}/eval`: the form, what it would cost, and starting it."""

import asyncio
import secrets
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from loom.core.errors import InputError, LoomError, NotFoundError, Problem, UsageError
from loom.core.ids import text
from loom.core.kinds import Kind
from loom.core.worker_config import WorkerConfig
from loom.evaluation.reading.runs import RunQuery
from loom.evaluation.reading.runs_store import RunFilter
from loom.evaluation.scoring.case_scorers import DEFAULT_SCORER
from loom.evaluation.suites.tags import tags_in
from loom.wiring.named import Destination, worker_named
from loom.workshop.deps import Asker, Definitions, Files, Services
from loom.workshop.desks.evaluating import Asked, Evaluating, read_budget
from loom.workshop.desks.fitting import fitting_workers
from loom.workshop.errors import as_problems, status_of, wants_json
from loom.workshop.pages.addresses import worker_address
from loom.workshop.pages.choose_worker import Choosing, choose_worker_page
from loom.workshop.pages.evaluate import EvaluatePage, Offered, Past, Sent, evaluate_page, in_form_words
from loom.workshop.pages.run_button import RunButton, run_button
from loom.workshop.pages.scorer_choices import newly_ticked
from loom.workshop.rendering import respond
from loom.workshop.sent.paging import Size
from loom.workshop.sent.pairs import sent_pairs
from loom.workshop.sent.scorers import FIELDS_ONLY, SentScorers, offered
from loom.workshop.views.tables import PAGE_ROWS

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_FORM = "evaluate/form.html"
_PAST = 10


async def desk(services: Services, definitions: Definitions, files: Files, asker: Asker) -> Evaluating:
    """The desk of whoever asks."""
    return Evaluating(services, definitions, files, asker)


Desk = Annotated[Evaluating, Depends(desk)]


@router.get("/evaluate")
async def choose(
    request: Request,
    desk: Desk,
    *,
    suite: str = "",
    q: str = "",
    cursor: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    size: Size = PAGE_ROWS,
) -> Response:
    """Which worker to evaluate on a suite."""
    suites = [one.name for one in desk.files.suites()]
    workers = await asyncio.to_thread(fitting_workers, desk.files, suite) if suite else ()
    last = await desk.services.reading.last_runs(desk.asker)
    page = choose_worker_page(Choosing(suites, suite, workers, last, q, cursor, size))
    return respond(request, "evaluate/choose.html", page, block="choosing")


@router.get("/workers/{name}/eval")
async def form(request: Request, desk: Desk, name: str, suite: str = "") -> Response:
    """The form, and the worker's past runs."""
    chosen = suite or (name if desk.files.named(Kind.SUITE, name) else "")
    sent = Sent({"suite": chosen}, SentScorers(), secrets.token_hex(16))
    return respond(request, _FORM, await _page(desk, name, sent))


@router.get("/scorers/{name}/fields")
async def scorer_fields(request: Request, desk: Desk, name: str, suite: str = "") -> Response:
    """What a scorer asks that was just ticked, as a part of a form; filled in as `suite` has it."""
    if name not in offered():
        raise NotFoundError(f"there is no scorer '{name[:80]}' that has a form")
    choice = newly_ticked(offered()[name], await desk.scorers_of(suite))
    return respond(request, "evaluate/scorer_fields.html", choice)


@router.post("/workers/{name}/eval/estimate")
async def estimate(request: Request, desk: Desk, name: str) -> Response:
    """The button of the form as it is filled in now, with what it would cost; without a script the whole form."""
    sent = await _sent(request, desk, drawn=True)
    if "hx-request" not in request.headers:
        return respond(request, _FORM, await _page(desk, name, sent))
    worker = worker_named(desk.files, name)
    return respond(request, _FORM, _Part(await _button(desk, worker, sent)), block="button")


@router.post("/workers/{name}/eval/run")
async def run(request: Request, desk: Desk, name: str) -> Response:
    """Start it; where it cannot be, the form again with what is wrong."""
    sent = await _sent(request, desk)
    if sent.value(FIELDS_ONLY):
        return respond(request, _FORM, await _page(desk, name, sent))
    try:
        job = await desk.begin(_asked(name, sent), sent.key)
    except NotFoundError as error:
        raise UsageError(Problem(str(error), remedy="choose one that there is")) from None
    except LoomError as error:
        if wants_json(request):
            raise
        problems = as_problems(error)
        page = await _page(desk, name, replace(sent, problems=problems))
        return respond(request, _FORM, page, status=status_of(error))
    opened = await desk.services.reports.find(text(job))
    return RedirectResponse(worker_address(name, f"/eval/{opened.id.hex()}"), 303)


@dataclass(frozen=True, slots=True)
class _Part:
    """What the button's block shows of a page."""

    run: RunButton


async def _page(desk: Evaluating, name: str, sent: Sent) -> EvaluatePage:
    worker = worker_named(desk.files, name)
    query = RunQuery(RunFilter(worker=name), size=_PAST, counted=False)
    suites = [one.name for one in desk.files.suites()]
    found = await desk.services.reading.runs(query, desk.asker)
    choices = Offered(suites, desk.services.endpoints.known)
    past = Past(found, query, desk.services.clock.now_us())
    return evaluate_page(worker, choices, sent, await _button(desk, worker, sent), past)


async def _button(desk: Evaluating, worker: WorkerConfig, sent: Sent) -> RunButton:
    name = worker.name
    if not sent.value("suite") and not sent.value("test_suite").strip():
        return run_button(name, None, why_not="choose a suite, or paste cases")
    try:
        asked = _asked(name, sent)
        return run_button(name, await desk.foresee(worker, asked), budget_nano=read_budget(asked.budget_usd))
    except NotFoundError:
        raise
    except InputError as error:
        return run_button(name, None, why_not=in_form_words(error.problems[0], worker))
    except LoomError as error:
        return run_button(name, None, why_not=str(error).partition("\n")[0])


async def _sent(request: Request, desk: Evaluating, *, drawn: bool = False) -> Sent:
    """What was sent. Of what is ticked without its fields the suite says the rest; where it says nothing, so does the
    form that is `drawn`, while a program that names a scorer means it as it is.
    """
    pairs = await sent_pairs(request)
    values = dict(pairs)
    scorers = SentScorers.read(pairs)
    if scorers.untouched:
        suite = "" if values.get("test_suite", "").strip() else values.get("suite", "")
        usual = (DEFAULT_SCORER,) if drawn or values.get(FIELDS_ONLY) else ()
        scorers = scorers.beginning_as((*await desk.scorers_of(suite), *usual))
    return Sent(values, scorers, values.get("idempotency_key", "")[:100])


def _asked(name: str, sent: Sent) -> Asked:
    value = sent.value
    return Asked(
        worker=name,
        suite=value("suite"),
        test_suite=value("test_suite"),
        to=Destination(value("tier") or None, value("model").strip(), value("endpoint").strip()),
        scorers=sent.scorers.specs(),
        judge_model=value("judge_model").strip(),
        judge_prompt=value("judge_prompt"),
        repetitions=_whole(sent.value("repetitions", "1"), "repetitions"),
        concurrency=_whole(sent.value("concurrency", "8"), "concurrency"),
        budget_usd=value("budget_usd"),
        split=value("split"),
        tags=tags_in(value("tags")),
        limit=_whole(value("limit"), "limit") if value("limit").strip() else None,
    )


def _whole(given: str, name: str) -> int:
    try:
        return int(given)
    except ValueError:
        raise UsageError(
            Problem("is not a whole number", name, value=given, remedy="give one, as in 8")
        ) from None
