"""Tests under way in this process, and their answers as they stream, kept for a while and up to a size.

A test goes on when whoever asked for it is gone: what it came to is in the store. What streams is for looking only.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from typing import Any

from starlette.applications import Starlette

from loom.calls.backend import Delta, DeltaKind
from loom.core.clock import Clock
from loom.core.errors import ContractError, LimitError, LoomError, NotFoundError
from loom.core.ids import RunId
from loom.delivery.models import Event
from loom.engine.bench import TestResult

__all__ = ["LiveTest", "LiveTests", "live_tests"]

_MOST_AT_ONCE = 16
_MOST_KEPT = 64
_MOST_PIECES = 4_000
"""Of one answer; what streams faster than it is followed is joined, and the oldest pieces are let go."""


class LiveTest:
    """One test under way, or just over."""

    def __init__(self, clock: Clock, page: str) -> None:
        """`page` is where its result will be seen."""
        self._clock = clock
        self._page = page
        self._pieces: deque[Event] = deque(maxlen=_MOST_PIECES)
        self._seq = 0
        self._changed = asyncio.Event()
        self.over = False
        self.failure = ""
        """Why it could not be carried out at all; empty when it was."""

        self.error: LoomError | None = None
        """The same, for programs; None also when it was broken off."""

        self.rest: Callable[[], Awaitable[None]] | None = None
        """What follows when it is broken off because someone wishes it; None: nobody does."""

    def add(self, delta: Delta) -> None:
        """A piece of the answer came in."""
        self._tell("text" if delta.kind is DeltaKind.TEXT else delta.kind.value, {"text": delta.text})

    def end(self, failure: str = "", error: LoomError | None = None) -> None:
        """It is over."""
        self.over, self.failure, self.error = True, failure, error
        self._tell("end", {"url": self._page})

    async def follow(self, after: int) -> AsyncGenerator[list[Event]]:
        """Everything that came in behind `after`, as it comes, until the end."""
        while True:
            changed = self._changed
            fresh = _behind(self._pieces, after)
            if fresh:
                after = fresh[-1].seq
                yield fresh
            elif self.over:
                return
            else:
                await changed.wait()

    def _tell(self, kind: str, data: dict[str, str]) -> None:
        self._seq += 1
        self._pieces.append(Event(self._seq, kind, self._clock.now_us(), data))
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


class LiveTests:
    """The tests that this process carries out."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tests: OrderedDict[RunId, LiveTest] = OrderedDict()
        self._tasks: dict[RunId, asyncio.Task[None]] = {}

    def start(self, name: RunId, page: str) -> LiveTest:
        """Make room for a test of this id, whose result will be seen at `page`.

        Raises:
            LimitError: when too many are under way.
        """
        if len(self._tasks) >= _MOST_AT_ONCE:
            raise LimitError(f"{_MOST_AT_ONCE} tests are under way already; wait until one is over")
        live = self._tests[name] = LiveTest(self._clock, page)
        while len(self._tests) > _MOST_KEPT:
            self._tests.popitem(last=False)
        return live

    def carry_out(self, name: RunId, live: LiveTest, test: Coroutine[Any, Any, TestResult]) -> None:
        """Let `test` run; `live` hears of its end."""
        task = asyncio.create_task(_watched(live, test))
        self._tasks[name] = task
        task.add_done_callback(lambda _: self._tasks.pop(name, None))

    def get(self, name: RunId) -> LiveTest:
        """The test of this id.

        Raises:
            NotFoundError: when this process knows of none, or has forgotten it.
        """
        found = self._tests.get(name)
        if found is None:
            raise NotFoundError(f"no test {name.hex()} is under way here")
        return found

    def failure(self, name: RunId) -> str:
        """Why a test could not be carried out at all; empty for any other."""
        found = self._tests.get(name)
        return found.failure if found else ""

    def require_carried_out(self, name: RunId) -> None:
        """Let a test pass that came to something.

        Raises:
            LoomError: why it could not be carried out at all.
        """
        found = self._tests.get(name)
        if found is not None and found.failure:
            raise found.error or LoomError(found.failure)

    async def cancel(self, name: RunId, rest: Callable[[], Awaitable[None]]) -> None:
        """Break the test of this id off, then do `rest`; only then is it over. Nothing where it is over already."""
        task = self._tasks.get(name)
        if task is None:
            return
        if self._tests[name].rest is None:
            self._tests[name].rest = rest
            task.cancel()
        await asyncio.wait((task,))

    def under_way(self, name: RunId) -> bool:
        """Whether a test of this id is being carried out here."""
        return name in self._tasks

    async def wait(self, name: RunId) -> None:
        """Return when the test of this id is over."""
        task = self._tasks.get(name)
        if task is not None:
            await asyncio.wait((task,))

    async def aclose(self) -> None:
        """Break off what is under way. Idempotent."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


def live_tests(app: Starlette) -> LiveTests:
    """The tests of this Workshop."""
    return app.state.live_tests


async def _watched(live: LiveTest, test: Coroutine[Any, Any, TestResult]) -> None:
    failure, error = "it was broken off", None
    try:
        try:
            await test
        except asyncio.CancelledError:
            if live.rest is None:
                raise
            await live.rest()
        failure = ""
    except ContractError:  # the input breaks the contract: that is what the test came to, and it is kept
        failure = ""
    except LoomError as wrong:
        failure, error = str(wrong), wrong
    finally:
        live.end(failure, error)


def _behind(pieces: Sequence[Event], after: int) -> list[Event]:
    """The pieces behind `after`, neighbouring texts joined."""
    joined: list[Event] = []
    for piece in pieces:
        if piece.seq <= after:
            continue
        last = joined[-1] if joined else None
        if last is not None and last.type == piece.type != "end":
            text = last.data["text"] + piece.data["text"]
            joined[-1] = Event(piece.seq, piece.type, piece.at_us, {"text": text})
        else:
            joined.append(piece)
    return joined
