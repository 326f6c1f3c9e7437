"""Answers of the database, kept until anything in it is written: bounded, and never old. Knows no tables."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, NamedTuple, Protocol, TypeVar

from sqlalchemy import Connection

__all__ = ["Answer", "Kept", "Moment"]

T = TypeVar("T")


class Moment(Protocol):
    """Tells the state of the database: while that is the same, so is everything in it."""

    def __call__(self, connection: Connection | None = None) -> Hashable | None:
        """None when it cannot be told: at all, or without a `connection` on which one may wait."""
        ...


class Answer(NamedTuple):
    """What was answered, which may be None."""

    value: Any


class Kept:
    """The last answers, those longest unused forgotten first. Safe for readers on several threads."""

    def __init__(self, moment: Moment, most: int) -> None:
        """`most` is how many answers are kept."""
        self._moment = moment
        self._most = most
        self._answers: OrderedDict[Hashable, tuple[Hashable, Answer]] = OrderedDict()
        self._lock = Lock()

    def known(self, key: Hashable) -> Answer | None:
        """What is kept for `key`, without waiting for the database; None when that is not known to hold."""
        return self._known(key, self._moment()) if key in self._answers else None

    def of(self, connection: Connection, key: Hashable, query: Callable[[], T]) -> T:
        """What `query` answers on `connection`; `key` names all that it depends on beside the database."""
        now = self._moment(connection)  # before the query: what is written in between is seen the next time
        known = self._known(key, now)
        if known is not None:
            return known.value
        answer = query()
        if now is not None:
            self._keep(key, now, answer)
        return answer

    def _known(self, key: Hashable, now: Hashable | None) -> Answer | None:
        with self._lock:
            when, answer = self._answers.get(key, (None, None))
            if now is None or when != now:
                return None
            self._answers.move_to_end(key)
            return answer

    def _keep(self, key: Hashable, now: Hashable, answer: object) -> None:
        with self._lock:
            self._answers[key] = now, Answer(answer)
            self._answers.move_to_end(key)
            while len(self._answers) > self._most:
                self._answers.popitem(last=False)
