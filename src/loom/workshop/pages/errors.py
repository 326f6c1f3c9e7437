"""What the page of an error says."""

from dataclasses import dataclass

from loom.workshop.views.feedback import Failure

__all__ = ["ErrorPage", "error_page"]


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """Something went wrong."""

    title: str
    failure: Failure


def error_page(title: str, message: str) -> ErrorPage:
    """`title`: the status in words; `message`: what happened and how to mend it, a problem a line."""
    return ErrorPage(title, Failure(title, tuple(message.splitlines())))
