"""What the page of an error says."""

from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote

from loom.core.errors import Look, LoomError, NotFoundError
from loom.workshop.views.actions import Action
from loom.workshop.views.feedback import Failure

__all__ = ["ErrorPage", "error_page"]


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """Something went wrong."""

    title: str
    failure: Failure
    look: Action | None = None
    """Where to look instead."""


_TITLES = {
    HTTPStatus.BAD_REQUEST: "It was not understood",
    HTTPStatus.FORBIDDEN: "Not allowed",
    HTTPStatus.UNPROCESSABLE_ENTITY: "It was not understood",
    HTTPStatus.INTERNAL_SERVER_ERROR: "A bug in Loom",
}


def error_page(status: int, error: LoomError) -> ErrorPage:
    """What happened, how to mend it, and where to look for what was not found."""
    known = HTTPStatus(status)
    title = _TITLES.get(known, known.phrase.capitalize())
    look = error.look if isinstance(error, NotFoundError) else None
    return ErrorPage(title, Failure(title, tuple(str(error).splitlines())), _link(look) if look else None)


def _link(look: Look) -> Action:
    among = look.among.capitalize().replace("-", " ")
    if not look.name:
        return Action(among, href=f"/{look.among}", icon="left")
    return Action(
        f"History of {look.name}", href=f"/{look.among}/{quote(look.name, safe='')}/history", icon="history"
    )
