"""What whoever looks at the page may not do: buttons and links ask here while it is drawn. The policy alone decides."""

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from urllib.parse import urlsplit

from loom.access.models import Role
from loom.workshop.guard.policy import asked_of
from loom.workshop.views.actions import Action

__all__ = ["Onlooker", "beyond", "drawn_for", "lacking", "login_address", "reachable"]


@dataclass(frozen=True, slots=True)
class Onlooker:
    """Who looks at the page."""

    role: Role | None
    """None: nobody knows."""

    login: str = ""
    """Where they can log in; empty when they have."""


_ANYBODY = Onlooker(Role.ADMIN)
_looking = ContextVar("looking", default=_ANYBODY)


@contextmanager
def drawn_for(onlooker: Onlooker) -> Generator[None]:
    """Within, what is drawn is drawn for `onlooker`."""
    before = _looking.set(onlooker)
    try:
        yield
    finally:
        _looking.reset(before)


def login_address() -> str:
    """Where whoever looks can log in; empty when they have."""
    return _looking.get().login


def beyond(address: str, method: str = "GET") -> Role | None:
    """The role that `address`, of this server, asks for when whoever looks has it not."""
    role = _looking.get().role
    if role is Role.ADMIN:
        return None
    there = urlsplit(address)
    asked = None if there.netloc else asked_of(method, there.path)
    return None if asked is None or (role is not None and role.covers(asked)) else asked


def lacking(it: Action, to: str = "") -> Role | None:
    """The role that `it` asks for when whoever looks has it not; `to` is where the form around it is sent."""
    if it.href is not None:
        return beyond(it.href)
    return beyond(it.post or to, "POST")


def reachable(actions: Iterable[Action]) -> tuple[Action, ...]:
    """Those of `actions` that whoever looks may do."""
    return tuple(one for one in actions if lacking(one) is None)
