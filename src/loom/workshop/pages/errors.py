"""What the page of an error says."""

from dataclasses import dataclass
from http import HTTPStatus

from loom.workshop.views.feedback import Failure

__all__ = ["ErrorPage", "error_page"]


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """Something went wrong."""

    title: str
    failure: Failure


_TITLES = {
    HTTPStatus.BAD_REQUEST: "It was not understood",
    HTTPStatus.FORBIDDEN: "Not allowed",
    HTTPStatus.UNPROCESSABLE_ENTITY: "It was not understood",
    HTTPStatus.INTERNAL_SERVER_ERROR: "A bug in Loom",
}


def error_page(status: int, message: str) -> ErrorPage:
    """`message`: what happened and how to mend it, a problem a line."""
    known = HTTPStatus(status)
    title = _TITLES.get(known, known.phrase.capitalize())
    return ErrorPage(title, Failure(title, tuple(message.splitlines())))
