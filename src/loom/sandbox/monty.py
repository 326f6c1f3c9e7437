"""The engine `monty`: pydantic's Python subset, whose interpreter has neither files nor network nor processes.

Monty's own asynchronous face is not used: its threads now and then abort this process when it ends.
"""

import asyncio
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from threading import Lock

from loom.core.jsonvalue import Json
from loom.sandbox.models import Failure, Limits, Outcome, Program
from loom.sandbox.monty_worker import MontyWorker
from loom.sandbox.wording import arguments_text

__all__ = ["MontySandbox"]

_TOGETHER = 32


@dataclass(eq=False, slots=True)
class _Wanted:
    """One `run` that waits for its outcome."""

    arguments: str
    outcome: asyncio.Future[Outcome]

    def settle(self, outcome: Outcome) -> None:
        """From the worker's thread."""
        with suppress(RuntimeError):  # its loop is closed: nobody waits any more
            self.outcome.get_loop().call_soon_threadsafe(self._settle, outcome)

    def _settle(self, outcome: Outcome) -> None:
        if not self.outcome.done():
            self.outcome.set_result(outcome)


class MontySandbox:
    """`Sandbox` over one Monty worker, which a thread of its own waits for."""

    def __init__(self, program: Program, limits: Limits) -> None:
        self._worker = MontyWorker(program, limits)
        self._thread: ThreadPoolExecutor | None = None
        self._lock = Lock()
        self._waiting: deque[_Wanted] = deque()
        self._served: list[_Wanted] = []

    async def run(self, arguments: Json) -> Outcome:
        """As `Sandbox.run`. What waits together is run together."""
        text = arguments_text(arguments)
        if isinstance(text, Failure):
            return text
        wanted = _Wanted(text, asyncio.get_running_loop().create_future())
        with self._lock:
            idle = not self._waiting and not self._served
            self._waiting.append(wanted)
        if idle:
            self._thread = self._thread or ThreadPoolExecutor(1, "monty")
            self._thread.submit(self._serve)
        try:
            return await wanted.outcome
        except asyncio.CancelledError:
            self._forget(wanted)
            raise

    async def aclose(self) -> None:
        """As `Sandbox.aclose`."""
        thread, self._thread = self._thread, None
        if thread is not None:
            await asyncio.get_running_loop().run_in_executor(thread, self._worker.close)
            thread.shutdown()

    def _forget(self, wanted: _Wanted) -> None:
        with self._lock:
            if wanted in self._served:
                self._worker.kill()
            elif wanted in self._waiting:
                self._waiting.remove(wanted)

    def _serve(self) -> None:
        while served := self._next():
            outcomes = self._worker.answers([wanted.arguments for wanted in served])
            for wanted, outcome in zip(served, outcomes, strict=True):
                wanted.settle(outcome)

    def _next(self) -> list[_Wanted]:
        with self._lock:
            self._served = list(islice(self._waiting, _TOGETHER))
            for _ in self._served:
                self._waiting.popleft()
            return self._served
