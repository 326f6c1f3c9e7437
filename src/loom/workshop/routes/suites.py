"""`/suites`: the list, one suite as a table, changes case by case and taken back, files brought in and out."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Query, Request
from pydantic import BaseModel, Field
from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse, RedirectResponse, Response

from loom.access.models import Role
from loom.core.errors import ConflictError, InputError, LoomError, Problem, TakenError
from loom.evaluation.sealed.cases import sealed_in
from loom.workshop.deps import Asker, Files, Services
from loom.workshop.desks.suites import Download, OpenSuite, SuiteDesk, sample_suite
from loom.workshop.errors import as_problems, status_of, wants_json
from loom.workshop.pages.addresses import suite_address
from loom.workshop.pages.bringing_in import refusal
from loom.workshop.pages.suites import Looked, suite_page, suite_table, suites_page, suites_table
from loom.workshop.rendering import respond
from loom.workshop.sent.case import CaseSent
from loom.workshop.sent.draft import read_hash
from loom.workshop.sent.paging import MOST_AT_ONCE
from loom.workshop.sent.upload import uploaded
from loom.workshop.views.exports import as_csv, as_json
from loom.workshop.views.tables import PAGE_ROWS

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_PAGE = "suites/suite.html"
_EVERY = 1_000_000
_LONGEST_LEFT = 300


async def desk(request: Request, files: Files) -> SuiteDesk:
    """The suites of this Workshop."""
    return SuiteDesk(files, request.app.state.undos)


Desk = Annotated[SuiteDesk, Depends(desk)]


async def opened(services: Services, desk: Desk, asker: Asker, name: str) -> OpenSuite:
    """The suite of the address, with the cases that may be seen by whoever asks."""
    found = await asyncio.to_thread(desk.open, name)
    return (
        replace(found, seal=await services.seals.of(sealed_in(found.suite), asker)) if found.sealed else found
    )


Opened = Annotated[OpenSuite, Depends(opened)]


Base = Annotated[
    str,
    Query(
        max_length=64,
        pattern="^([0-9a-f]{64})?$",
        description="`hash` of the case, or of its suite, as it was seen; else whatever is there.",
    ),
]


async def seen(
    services: Services, found: Opened, asker: Asker, number: Annotated[int, Field(ge=0)], base: Base = ""
) -> None:
    """Nobody changes, or takes out, a case that they may not see.

    Raises:
        SealedError: when it is closed.
    """
    now = await asyncio.to_thread(found.place_now, number, read_hash(base))
    if found.own and now is not None and found.hides(now):
        await services.seals.require(sealed_in(found.suite), asker)


class CasePost(BaseModel):
    """A case, as its form sends it."""

    base: str = ""
    was: str = ""
    """The name it had."""

    number: str = ""
    name: str = ""
    input: str = ""
    expected: str = ""
    tags: str = ""
    split: str = ""
    cluster: str = ""
    weight: str = ""

    def sent(self) -> CaseSent:
        """The same without what it was."""
        return CaseSent(**self.model_dump(exclude={"base", "was"}))

    @property
    def place(self) -> int | None:
        """The number, when it can be one."""
        return int(self.number) if self.number.isdecimal() and len(self.number) < 10 else None


class Shown(BaseModel):
    """What one looks at of a suite."""

    q: str = ""
    tag: str = ""
    split: str = ""
    open: str = ""
    cursor: str = ""
    undo: str = ""
    added: str = ""
    left: str = ""
    size: int = Field(default=PAGE_ROWS, ge=1, le=MOST_AT_ONCE)

    def looked(self) -> Looked:
        """The same for the page."""
        return Looked(**self.model_dump())


@router.get("/suites")
async def suites(request: Request, desk: Desk, asker: Asker, q: str = "") -> Response:
    """The list."""
    page = suites_page(await asyncio.to_thread(desk.list), q, may_run=asker.role.covers(Role.RUN))
    return respond(request, "suites/list.html", page, block="suites")


@router.get("/suites.json")
async def suites_json(desk: Desk, q: str = "") -> Response:
    """The list for programs."""
    return JSONResponse(as_json(suites_table(await asyncio.to_thread(desk.list), q)))


@router.get("/suites.csv")
async def suites_csv(desk: Desk, q: str = "") -> Response:
    """The list for spreadsheets."""
    table = suites_table(await asyncio.to_thread(desk.list), q)
    return Response(as_csv(table), media_type="text/csv; charset=utf-8")


@router.post("/suites/upload")
async def upload(request: Request, desk: Desk) -> Response:
    """Bring a suite, or a promptfoo configuration, in; when it is refused, the list says why."""
    file = ""
    try:
        async with uploaded(request, "file") as place:
            form = await request.form()
            sent, name = form.get("file"), form.get("name")
            file = Path(sent.filename or "").name if isinstance(sent, UploadFile) else ""
            named = place.rename(place.with_name(f"{_stem(file)}{Path(file).suffix.lower()}"))
            plan = await asyncio.to_thread(
                desk.bring_in, named, name.strip() if isinstance(name, str) else ""
            )
    except LoomError as error:
        if wants_json(request):
            raise
        page = suites_page(await asyncio.to_thread(desk.list), refused=refusal(file, as_problems(error)))
        return respond(request, "suites/list.html", page, status=status_of(error))
    left = ", ".join(dict.fromkeys(one.what for one in plan.left_out))[:_LONGEST_LEFT]
    return RedirectResponse(suite_address(plan.files[-1][0].stem, left=left or None), 303)


@router.get("/suites/sample.{ending}")
async def sample(ending: Literal["csv", "jsonl", "yaml"]) -> Response:
    """A suite to be filled in."""
    return _as_file(sample_suite(f".{ending}"))


@router.get("/suites/{name}")
async def suite(request: Request, found: Opened, asker: Asker, shown: Annotated[Shown, Query()]) -> Response:
    """One suite."""
    page = suite_page(found, shown.looked(), may_run=asker.role.covers(Role.RUN))
    return respond(request, _PAGE, page, block="cases")


@router.get("/suites/{name}/cases.json")
async def cases_json(found: Opened, shown: Annotated[Shown, Query()]) -> Response:
    """Its cases for programs."""
    return JSONResponse(as_json(suite_table(found, replace(shown.looked(), size=_EVERY))))


@router.get("/suites/{name}/cases.csv")
async def cases_csv(found: Opened, shown: Annotated[Shown, Query()]) -> Response:
    """Its cases for spreadsheets."""
    table = suite_table(found, replace(shown.looked(), size=_EVERY))
    return Response(as_csv(table), media_type="text/csv; charset=utf-8")


@router.get("/suites/{name}/download/{ending}")
async def download(
    services: Services, desk: Desk, found: Opened, *, asker: Asker, name: str, ending: str
) -> Response:
    """It as a file, with all its cases."""
    if found.sealed:
        await services.seals.require(sealed_in(found.suite), asker)
    return _as_file(await asyncio.to_thread(desk.download, name, f".{ending}"))


def _as_file(made: Download) -> Response:
    disposition = f"attachment; filename*=UTF-8''{quote(made.name, safe='')}"
    headers = {"Content-Disposition": disposition}
    return Response(made.content, media_type=made.media_type, headers=headers)


@router.post("/suites/{name}/cases")
async def save(
    request: Request,
    services: Services,
    *,
    desk: Desk,
    asker: Asker,
    name: str,
    post: Annotated[CasePost, Form()],
) -> Response:
    """Change a case, or add one; when it cannot be, its form again with what is wrong."""
    sent = post.sent()
    if post.place is not None:
        await seen(services, await opened(services, desk, asker, name), asker, post.place, post.base)
    base = read_hash(post.base) if sent.number else None  # what is added is in nobody's way
    try:
        _, word = await asyncio.to_thread(desk.edit, name, sent, base)
    except (InputError, ConflictError) as error:
        if wants_json(request):
            raise
        found = await opened(services, desk, asker, name)
        looked = await asyncio.to_thread(_refused, found, post, error)
        page = suite_page(found, looked, may_run=True)
        return respond(request, _PAGE, page, status=status_of(error))
    return RedirectResponse(suite_address(name, undo=word, cursor=_page_of(sent.number) or None), 303)


@router.post("/suites/{name}/cases/{number}/remove")
async def remove(
    services: Services,
    *,
    desk: Desk,
    found: Opened,
    asker: Asker,
    number: Annotated[int, Field(ge=0)],
    post: Annotated[CasePost, Form()],
) -> Response:
    """Take a case out."""
    name = found.facts.found.name
    await seen(services, found, asker, number, post.base)
    word = await asyncio.to_thread(desk.remove, name, number, read_hash(post.base))
    return RedirectResponse(suite_address(name, undo=word, cursor=_page_of(str(number)) or None), 303)


@router.post("/suites/{name}/undo")
async def undo(desk: Desk, name: str, word: Annotated[str, Form()] = "") -> Response:
    """Take the last change back."""
    await asyncio.to_thread(desk.undo, name, word)
    return RedirectResponse(suite_address(name), 303)


@router.post("/suites/{name}/copy")
async def copy(desk: Desk, name: str) -> Response:
    """Make a suite of Loom or an app one's own."""
    await asyncio.to_thread(desk.copy, name)
    return RedirectResponse(suite_address(name), 303)


def _refused(found: OpenSuite, post: CasePost, error: LoomError) -> Looked:
    """The case again as it was sent, in its row; as a new one when its row is gone."""
    at = None if post.place is None else found.place_now(post.place, read_hash(post.base))
    changed = isinstance(error, ConflictError) and post.place is not None and at is None
    if changed:
        at = found.named(post.was) if post.was else post.place
    return Looked(
        open=str(at) if at in dict(found.visible) else "new",
        cursor=_page_of(str(at)),
        sent=post.sent(),
        problems=() if changed else _at_field(error),
        changed=changed,
    )


def _at_field(error: LoomError) -> tuple[Problem, ...]:
    return (Problem(str(error), "name"),) if isinstance(error, TakenError) else as_problems(error)


def _page_of(number: str) -> str:
    """The cursor of the page on which a case is."""
    at = int(number) if number.isdecimal() and len(number) < 10 else 0
    return str(at // PAGE_ROWS * PAGE_ROWS) if at >= PAGE_ROWS else ""


def _stem(file: str) -> str:
    kept = "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in Path(file).stem)
    return kept.strip("._")[:80] or "suite"
