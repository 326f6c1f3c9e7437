"""`/workers/{name}/test`: the bench, a test as it streams, what came of it, and a case made of it."""

import asyncio
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from loom.access.models import Role
from loom.core.errors import ConflictError, InputError, LoomError, NotFoundError, Problem, UsageError
from loom.core.ids import RunId
from loom.core.jsonvalue import Json
from loom.evaluation.suites.tags import tags_in
from loom.wiring.named import Destination
from loom.workshop.deps import Asker, Definitions, Files, Services
from loom.workshop.desks.testing import AskedCase, AskedTest, Testing, parse_payload
from loom.workshop.errors import as_problems, said, status_of, wants_json
from loom.workshop.live.sse import EventStream
from loom.workshop.live.tests import live_tests
from loom.workshop.pages.addresses import bench_address, suite_address
from loom.workshop.pages.bench import BenchPage, Filled, bench_page, tests_table
from loom.workshop.pages.test_result import (
    ResultView,
    Unsaved,
    no_result,
    not_carried_out,
    result_view,
    streaming,
)
from loom.workshop.rendering import respond, wants_part
from loom.workshop.sent.pairs import sent_values
from loom.workshop.views.feedback import Failure
from loom.workshop.views.schema_form import read_form
from loom.workshop.views.tables import Table

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_PAGE = "bench/bench.html"


async def desk(
    request: Request, services: Services, definitions: Definitions, files: Files, asker: Asker
) -> Testing:
    """The desk of whoever asks."""
    return Testing(services, definitions, files, asker, live_tests(request.app))


Desk = Annotated[Testing, Depends(desk)]


@dataclass(frozen=True, slots=True)
class _Part:
    """What the blocks show that a script asks for."""

    result: ResultView | None = None
    refusal: Failure | None = None
    tests: Table | None = None
    """The earlier tests, with the one that has come to its end."""

    apart: bool = True


class Shown(BaseModel):
    """What the bench is opened with."""

    test: str = ""
    """The id of an earlier test."""

    before: str = ""
    """The id of the one whose result is shown where that one came to nothing."""

    run: str = ""
    case: str = ""
    """A case of a run, whose input is tried."""

    cursor: str = ""


@router.get("/workers/{name}/test")
async def bench(request: Request, desk: Desk, name: str, shown: Annotated[Shown, Query()]) -> Response:
    """The bench, filled with an earlier test, or with a case of a run."""
    if shown.test:
        return await _with_test(request, desk, name, shown)
    filled = Filled(await _input_of(desk, shown.run, shown.case) if shown.run and shown.case else None)
    return respond(request, _PAGE, await _page(desk, name, filled, None, shown.cursor or None))


@router.post("/workers/{name}/test/run")
async def run(request: Request, desk: Desk, name: str) -> Response:
    """Carry a test out: streaming into the page that asks for it, else waiting for the result."""
    sent = await sent_values(request)
    scripted, before = wants_part(request), sent.get("before", "")
    try:
        asked = _asked(desk, name, sent)
        test = await desk.start(asked, before)
    except NotFoundError:
        raise
    except LoomError as error:
        if wants_json(request):
            raise
        return await _refused(request, desk, name, sent, error)
    address = bench_address(name, test)
    if scripted and sent.get("stream"):
        part = _Part(streaming(name, test, before))
        answer = respond(request, _PAGE, part, block="result")
        answer.headers["HX-Push-Url"] = address
        return answer
    await desk.live.wait(test)
    if not scripted:
        return RedirectResponse(address, 303)
    return respond(request, _PAGE, await _part(desk, name, test.hex(), before), block="result")


@router.post("/workers/{name}/test/{test}/cancel")
async def cancel(request: Request, desk: Desk, name: str, test: str) -> Response:
    """Break a test off, and show what is known of it."""
    await desk.cancel(_id(test))
    if not wants_part(request):
        return RedirectResponse(bench_address(name, _id(test)), 303)
    return respond(request, _PAGE, await _part(desk, name, test), block="result")


@router.get("/workers/{name}/test/live/{test}")
async def live(
    desk: Desk, name: str, test: str, last_event_id: Annotated[str | None, Header()] = None
) -> Response:
    """A test as it streams; 204 when it is over and forgotten, which tells a browser not to come again."""
    del name
    known = last_event_id is not None and last_event_id.isdecimal() and len(last_event_id) < 19
    try:
        found = desk.live.get(_id(test))
    except NotFoundError:
        return Response(status_code=204)
    return EventStream(found.follow(int(last_event_id or 0) if known else 0))


@router.post("/workers/{name}/test/{test}/save")
async def save(request: Request, desk: Desk, name: str, test: str) -> Response:
    """Add a case made of a test to a suite; when it cannot be, the page again with what was sent and why not."""
    sent, record = await sent_values(request), await desk.record(test)
    try:
        asked = _asked_case(sent)
        made = await asyncio.to_thread(desk.save, record, asked)
    except (InputError, ConflictError) as error:
        if wants_json(request):
            raise
        unsaved = Unsaved(sent, as_problems(error))
        result = result_view(record, desk.own_suites(), may_run=True, unsaved=unsaved)
        page = await _page(desk, name, await _filled_with(desk, test), result)
        return respond(request, _PAGE, page, status=status_of(error))
    return RedirectResponse(suite_address(asked.suite, added=made.name), 303)


async def _with_test(request: Request, desk: Testing, name: str, shown: Shown) -> Response:
    test, before = shown.test, shown.before
    if wants_part(request):
        await desk.live.wait(_id(test))
        return respond(request, _PAGE, await _part(desk, name, test, before), block="result")
    if desk.live.under_way(_id(test)):
        came = _Part(streaming(name, _id(test), before))
    else:
        came = await _came(desk, name, test, before)
    filled = replace(await _filled_with(desk, test), refusal=came.refusal)
    return respond(request, _PAGE, await _page(desk, name, filled, came.result))


async def _part(desk: Testing, name: str, test: str, before: str = "") -> _Part:
    earlier = await desk.services.reading.tests(name, desk.asker)
    tests = tests_table(earlier, name, desk.services.endpoints.known)
    return replace(await _came(desk, name, test, before), tests=tests)


async def _filled_with(desk: Testing, test: str) -> Filled:
    try:
        spec = (await desk.record(test)).spec
    except NotFoundError:
        return Filled()
    return Filled(spec.payload, model=spec.model if spec.endpoint else "", endpoint=spec.endpoint)


async def _came(desk: Testing, name: str, test: str, before: str) -> _Part:
    """What a test came to; where that is nothing, why, and the result that was seen before."""
    failure = desk.live.failure(_id(test))
    if not failure:
        return _Part(await _result(desk, name, test))
    return _Part(await _seen(desk, name, before), not_carried_out(failure.split("\n"), started=True))


async def _seen(desk: Testing, name: str, before: str) -> ResultView:
    try:
        return await _result(desk, name, before) if before else no_result()
    except LoomError:  # it is gone, and that is not what is to be said now
        return no_result()


async def _result(desk: Testing, name: str, test: str) -> ResultView:
    record = await desk.record(test)
    if record.item.worker != name:
        raise NotFoundError(f"{name} has no test '{test[:80]}'")
    may_run = desk.asker.role.covers(Role.RUN)
    return result_view(record, desk.own_suites(), may_run=may_run)


async def _refused(
    request: Request, desk: Testing, name: str, sent: dict[str, str], error: LoomError
) -> Response:
    """The form again with what is wrong; to a script only that, which it puts beside the form."""
    refusal = not_carried_out(said(error), started=False)
    if wants_part(request):
        answer = respond(request, _PAGE, _Part(refusal=refusal), block="refusal")
        answer.headers["HX-Reswap"] = "none"
        return answer
    problems = as_problems(error)
    text, form = sent.get("payload", ""), read_form(desk.worker(name).input_schema or {}, sent.items())
    where = {name: sent.get(name, "") for name in ("tier", "model", "endpoint")}
    without = bool(sent.get("no_cache"))
    filled = Filled(form.value, text, **where, no_cache=without, problems=problems, refusal=refusal)
    result = await _seen(desk, name, sent.get("before", ""))
    return respond(request, _PAGE, await _page(desk, name, filled, result), status=status_of(error))


async def _page(
    desk: Testing, name: str, filled: Filled, result: ResultView | None, cursor: str | None = None
) -> BenchPage:
    earlier = await desk.services.reading.tests(name, desk.asker, cursor)
    return bench_page(desk.worker(name), filled, desk.services.endpoints.known, result, earlier)


async def _input_of(desk: Testing, run: str, case: str) -> Json:
    found = await desk.services.reading.find(run, desk.asker)
    return (await desk.services.reading.case(found, case, desk.asker)).case.input


def _asked(desk: Testing, name: str, sent: dict[str, str]) -> AskedTest:
    text = sent.get("payload", "")
    payload: Json
    if text.strip():
        payload = parse_payload(text)
    else:
        form = read_form(desk.worker(name).input_schema or {}, sent.items())
        if form.problems:
            raise UsageError(form.problems)
        if not any(key.startswith("input.") for key in sent):
            raise UsageError(Problem("is missing", "payload", remedy="send the input as a JSON object"))
        payload = form.value
    return AskedTest(
        worker=name,
        payload=payload,
        to=Destination(
            sent.get("tier") or None, sent.get("model", "").strip(), sent.get("endpoint", "").strip()
        ),
        use_cache=not sent.get("no_cache"),
    )


def _asked_case(sent: dict[str, str]) -> AskedCase:
    suite = sent.get("suite") or sent.get("new_suite", "").strip()
    if not suite:
        raise UsageError(Problem("is missing", "suite", remedy="choose one, or name a new one"))
    return AskedCase(
        suite=suite,
        name=sent.get("name", ""),
        expected=sent.get("expected", ""),
        tags=tags_in(sent.get("tags", "")),
        split=sent.get("split", ""),
    )


def _id(test: str) -> RunId:
    """Raises NotFoundError when `test` can be no id."""
    try:
        return RunId(bytes.fromhex(test))
    except ValueError:
        raise NotFoundError(f"there is no test '{test[:80]}'") from None
