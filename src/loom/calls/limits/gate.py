"""One scope's way in: in order of arrival, as concurrency and windows allow. Knows no endpoint, no error."""

import asyncio
from collections import deque
from dataclasses import dataclass

from loom.calls.limits.aimd import Aimd
from loom.calls.limits.alarm import Alarm
from loom.calls.limits.pace import Pace
from loom.calls.limits.window import Window
from loom.core.clock import Clock

__all__ = ["Gate", "Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one scope is allowed. None means that nothing is known."""

    max_concurrent: int = 1024
    start_concurrent: int = 16
    """Where learning begins. A scope that hears no refusal soon reaches what its callers use."""

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Turn:
    tokens: int
    come: "asyncio.Future[None]"


class Gate:
    """Lets calls in and counts them out. Who waits keeps its place; one timer runs for the first of them."""

    def __init__(self, limits: Limits, clock: Clock, *, learns: bool) -> None:
        """With `learns`, concurrency starts low and follows what the endpoint refuses."""
        self.aimd = Aimd(limits.start_concurrent if learns else limits.max_concurrent, limits.max_concurrent)
        self.in_flight = 0
        self._pace = Pace()
        self._clock = clock
        self._requests = Window(limits.requests_per_minute) if limits.requests_per_minute else None
        self._tokens = Window(limits.tokens_per_minute) if limits.tokens_per_minute else None
        self._windowed = self._requests is not None or self._tokens is not None
        self._queue: deque[_Turn] = deque()
        self._alarm = Alarm(clock, self._let_in)

    @property
    def waiting(self) -> int:
        """How many stand in the queue."""
        return len(self._queue)

    def is_free(self, tokens: int) -> bool:
        """Whether `admit` may be called now: there is room, and nobody was here before."""
        return not self._queue and self._has_room(tokens)

    def admit(self, tokens: int) -> None:
        """Count one call in."""
        self.in_flight += 1
        if not self._windowed and not self.aimd.learned:
            return
        now = self._clock.monotonic()
        if self.aimd.learned:
            self._pace.start(now, self.aimd.level)
        if self._requests:
            self._requests.use(1, now)
        if self._tokens:
            self._tokens.use(tokens, now)

    async def enter(self, tokens: int) -> None:
        """Wait for a turn and be counted in. A cancelled waiter leaves no trace."""
        if self.is_free(tokens):
            self.admit(tokens)
            return
        turn = _Turn(tokens, asyncio.get_running_loop().create_future())
        self._queue.append(turn)
        self._let_in()
        try:
            await turn.come
        except asyncio.CancelledError:
            if not turn.come.cancelled():  # let in and cancelled at the same moment
                self.in_flight -= 1
            elif turn in self._queue:
                self._queue.remove(turn)
            self._let_in()
            raise

    def succeeded(self, began_in_round: int, took_s: float) -> None:
        """A call that began in that round succeeded."""
        self._pace.took(took_s)
        self.aimd.succeeded(began_in_round, self.in_flight + self.waiting)

    def leave(self) -> None:
        """A call is over."""
        self.in_flight -= 1
        self._let_in()

    def correct(self, more_tokens: int) -> None:
        """More tokens were used than was counted, or fewer when negative."""
        if self._tokens and more_tokens:
            self._tokens.use(more_tokens, self._clock.monotonic())
            self._let_in()

    def _has_room(self, tokens: int) -> bool:
        return self.in_flight < self.aimd.limit and not self._wait_s(tokens)

    def _wait_s(self, tokens: int) -> float:
        """Seconds until pace and windows allow a start."""
        if not self._windowed and not self.aimd.learned:
            return 0.0
        now = self._clock.monotonic()
        wait_s = self._pace.wait_s(now) if self.aimd.learned else 0.0
        if self._requests:
            wait_s = max(wait_s, self._requests.wait_s(1, now))
        if self._tokens:
            wait_s = max(wait_s, self._tokens.wait_s(tokens, now))
        return wait_s

    def _let_in(self) -> None:
        """Call those whose turn it is, and watch the clock while the first waits for time alone."""
        while self._queue and (self._queue[0].come.done() or self._has_room(self._queue[0].tokens)):
            turn = self._queue.popleft()
            if not turn.come.done():  # done here means cancelled, and about to leave by itself
                self.admit(turn.tokens)
                turn.come.set_result(None)
        if not self._queue:
            self._alarm.cancel()
        elif self.in_flight < self.aimd.limit:
            self._alarm.set(self._wait_s(self._queue[0].tokens))
