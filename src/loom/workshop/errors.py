"""How errors are told over HTTP: one status per branch of the tree, one JSON shape, one page."""

import json
import logging
import re
from http import HTTPStatus
from math import ceil
from typing import cast

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from loom.core.errors import (
    BusError,
    ConflictError,
    ContractError,
    ForbiddenError,
    InputError,
    LimitError,
    LoomError,
    NotFoundError,
    Problem,
    ProviderError,
    StorageError,
    TaskTimeoutError,
    ThrottledError,
    UnauthenticatedError,
    UsageError,
)
from loom.core.ids import new_id, short
from loom.core.jsonvalue import Json
from loom.workshop.pages.errors import error_page
from loom.workshop.rendering import login_leading_back, respond, wants_part

__all__ = [
    "STATUS",
    "as_problems",
    "error_json",
    "install",
    "problem_json",
    "said",
    "status_of",
    "told",
    "wants_json",
]

_log = logging.getLogger("loom.workshop")

_NOBODY_THERE = 499
"""Nobody sees it: the one who asked has gone."""

_REFUSALS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
"""What whoever asks may not have: nothing is wrong with what they sent."""

STATUS: tuple[tuple[type[LoomError], int], ...] = (
    (InputError, 400),
    (NotFoundError, 404),
    (ConflictError, 409),
    (ContractError, 400),
    (LimitError, 409),
    (TaskTimeoutError, 504),
    (ProviderError, 502),
    (BusError, 503),
    (StorageError, 503),
    (UnauthenticatedError, 401),
    (ForbiddenError, 403),
    (ThrottledError, 429),
)


def status_of(error: LoomError) -> int:
    """The HTTP status that tells `error`."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def as_problems(error: LoomError) -> tuple[Problem, ...]:
    """What is wrong, one by one; of an error that names no fields, itself."""
    return error.problems if isinstance(error, InputError) else (Problem(str(error)),)


def said(error: LoomError) -> tuple[str, ...]:
    """What a form says of `error`, a line for each thing that is wrong."""
    return tuple(map(str, as_problems(error)))


def error_json(error: LoomError) -> Json:
    """`{"error": {"type", "message", "problems"}}`, the one shape of every REST error."""
    kind = type(error).__name__.removesuffix("Error")
    words = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in kind).lstrip("_")
    problems = error.problems if isinstance(error, InputError) else ()
    return {
        "error": {"type": words, "message": str(error), "problems": [problem_json(one) for one in problems]}
    }


def install(app: FastAPI) -> None:
    """Have `app` tell every error."""

    async def loom(request: Request, error: Exception) -> Response:
        if not isinstance(error, LoomError):
            return await bug(request, error)
        return told(request, error)

    async def invalid(request: Request, error: Exception) -> Response:
        found = error.errors() if isinstance(error, RequestValidationError) else ()
        problems = [_invalid(one) for one in found]
        return told(request, UsageError(problems), HTTPStatus.UNPROCESSABLE_ENTITY)

    async def http(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        path = request.url.path[:200]
        found: LoomError = LoomError(f"{HTTPStatus(status).phrase}: {request.method} {path}")
        if status == HTTPStatus.NOT_FOUND:
            found = NotFoundError(f"there is nothing at {path}")
        return told(request, found, status, dict(getattr(error, "headers", None) or {}))

    async def bug(request: Request, error: Exception) -> Response:
        number = short(new_id())
        _log.error("a bug (%s) at %s %s", number, request.method, request.url.path, exc_info=error)
        message = (
            f"Loom made a mistake. Nothing that was finished is lost. Report it with the number {number}"
        )
        return told(request, LoomError(message), HTTPStatus.INTERNAL_SERVER_ERROR)

    async def gone(_request: Request, _error: Exception) -> Response:
        return Response(status_code=_NOBODY_THERE)

    app.add_exception_handler(LoomError, loom)
    app.add_exception_handler(ClientDisconnect, gone)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, bug)


_SECRET = re.compile(r"key|token|secret|passw|headers|auth", re.IGNORECASE)
"""In the name of a field: what was sent there is not said back."""

_MENDS = {
    "missing": "add it",
    "extra_forbidden": "remove it, or correct its name",
    "json_invalid": "send JSON; the field says after how many characters it stopped being any",
}
"""By the kind of fault."""


def _invalid(found: Json) -> Problem:
    """What the check of a request found."""
    field, context = ".".join(map(str, found["loc"][1:])), cast("Json", found.get("ctx") or {})
    what = f"is not JSON: {context.get('error')}" if found["type"] == "json_invalid" else found["msg"]
    hidden = found["type"] in ("missing", "json_invalid", "extra_forbidden") or _SECRET.search(field)
    given = None if hidden else found.get("input")
    value = given if isinstance(given, str | int | float) else None
    return Problem(what, field, value=value, remedy=_MENDS.get(found["type"], "correct it"))


def wants_json(request: Request) -> bool:
    """Whether a program asks, not a browser."""
    accepts = request.headers.get("accept", "")
    return request.url.path.startswith("/api/") or (
        "application/json" in accepts and "text/html" not in accepts
    )


def told(
    request: Request, error: LoomError, status: int | None = None, headers: dict[str, str] | None = None
) -> Response:
    """The answer that tells `error`, to a program or to a person."""
    headers = {**_headers(error), **(headers or {})}
    status = status or status_of(error)
    if wants_json(request):
        return JSONResponse(error_json(error), status, headers)
    if status == HTTPStatus.UNAUTHORIZED and "hx-request" not in request.headers:
        return RedirectResponse(login_leading_back(request), HTTPStatus.SEE_OTHER)
    if wants_part(request) and status in _REFUSALS:
        headers |= _beside(error)
    page = error_page(status, error)
    answer = respond(request, "error.html", page, status=status, block="message")
    answer.headers.update(headers)
    return answer


def _beside(error: LoomError) -> dict[str, str]:
    """Has a script tell `error` beside the page: what is shown and typed there stays."""
    toast = {"text": str(error), "tone": "fail"}
    return {"HX-Reswap": "none", "HX-Trigger": json.dumps({"toast": toast})}


def _headers(error: LoomError) -> dict[str, str]:
    match error:
        case ThrottledError():
            return {"Retry-After": str(ceil(error.retry_after_s))}
        case UnauthenticatedError():
            return {"WWW-Authenticate": "Bearer"}
        case _:
            return {}


def problem_json(problem: Problem) -> Json:
    """One thing that is wrong, for programs."""
    return {
        "what": problem.what,
        "field": problem.field,
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "value": None if problem.value is None else str(problem.value)[:80],
        "remedy": problem.remedy,
    }
