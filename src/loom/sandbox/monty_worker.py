"""One Monty worker process for one program: kept, limited, replaced. Blocks; knows no event loop."""

import os
import re
import signal
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Final

import pydantic_monty
from pydantic_monty import CollectString, Monty, MontyError, MontySession

from loom.sandbox.brackets import unclosed
from loom.sandbox.models import Failure, FailureKind, Limits, Outcome, Program
from loom.sandbox.wording import (
    missing_function,
    out_of_memory,
    out_of_time,
    outcome_of,
    printed_too_much,
    raised,
    returned_too_much,
)

__all__ = ["MontyWorker"]

_GRACE_S: Final = 0.5
_FEEDS_PER_SESSION: Final = 500
"""A session remembers a little of each snippet that it ran."""

_USER_FILE: Final = "<string>"
_SYNTAX_PLACE: Final = re.compile(r" \(<string>, line (\d+)\)$")
_LONGEST_SAID: Final = 1000
_LONG: Final = "!"
_MISSING: Final = "no such function"
_PREPARE: Final = f"""
import json, random
def answer(arguments):
    random.seed(0)
    space = {{}}
    exec(code, space)
    if function not in space:
        raise LookupError({_MISSING!r})
    text = json.dumps(space[function](**json.loads(arguments)))
    return text if len(text) <= most else ""
def attempt(arguments):
    try:
        return answer(arguments)
    except BaseException as error:
        said = str(error)
        return {_LONG!r} + said[:{_LONGEST_SAID}] if len(said) > {_LONGEST_SAID} else None
"""
"""`attempt` gives None where `answer` raises, since an error that was caught forgets its line. A long one is cut."""


class MontyWorker:
    """Starts its process when first asked."""

    def __init__(self, program: Program, limits: Limits) -> None:
        self._program = program
        self._limits = limits
        self._pool: Monty | None = None
        self._session: MontySession | None = None
        self._pid: int | None = None
        self._feeds = 0
        self._together = True

    def answers(self, arguments: Sequence[str]) -> Iterator[Outcome]:
        """An outcome for each of `arguments`, in order.

        Several are run in one go, since going there costs more than most functions take. That is only a shortcut: where
        it leads to no answer, each is run by itself, with the time and the memory that are its own.
        """
        if len(arguments) > 1 and self._together:
            for one, text in zip(arguments, self._all(arguments), strict=True):
                yield self._one(one) if text is None else self._read(text)
        else:
            yield from map(self._one, arguments)

    def kill(self) -> None:
        """End the process, from any thread; who waits for its answer gets a failure."""
        if self._pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)

    def close(self) -> None:
        """End the process and all that belongs to it."""
        self._leave()
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.__exit__(None, None, None)

    def _all(self, arguments: Sequence[str]) -> list[str | None]:
        try:
            return self._feed("[attempt(one) for one in several]", {"several": list(arguments)})
        except (OSError, MontyError):
            self._together = False
            self._leave()
            return [None] * len(arguments)

    def _one(self, arguments: str) -> Outcome:
        inputs = {"arguments": arguments}
        try:
            text = self._feed("attempt(arguments)", inputs)
            return self._read(self._feed("answer(arguments)", inputs) if text is None else text)
        except (OSError, MontyError) as error:
            failure = self._failure(error)
            if failure.kind not in (FailureKind.RAISED, FailureKind.SYNTAX, FailureKind.MISSING):
                self._leave()
            return failure

    def _read(self, text: str) -> Outcome:
        if text.startswith(_LONG):
            return raised("an error", text.removeprefix(_LONG), None)
        return outcome_of(text) if text else returned_too_much(self._limits)

    def _feed(self, snippet: str, inputs: dict[str, Any]) -> Any:
        session = self._enter()
        self._feeds += 1
        printed = CollectString(self._limits.printed_bytes)
        return session.feed_run(snippet, inputs=inputs, print_callback=printed)

    def _enter(self) -> MontySession:
        if self._feeds >= _FEEDS_PER_SESSION:
            self._leave()
        if self._session is None:
            session = self._checkout()
            self._session, self._feeds = session, 0
            inputs = {
                "code": self._program.code.encode("utf-8", "replace").decode(),
                "function": self._program.function,
                "most": self._limits.answer_bytes,
            }
            session.feed_run(_PREPARE, inputs=inputs)
            self._pid = session.worker_pid
        return self._session

    def _checkout(self) -> MontySession:
        if self._pool is None:
            pool = Monty(
                max_processes=1,
                max_checkouts_per_worker=1,
                checkout_timeout=self._limits.time_s + _GRACE_S,
                feed_duration_limit_grace=_GRACE_S,
            )
            self._pool = pool.__enter__()
        return self._pool.checkout(
            limits={
                "max_feed_duration_secs": self._limits.time_s,
                "max_memory": self._limits.memory_bytes,
            },
            os_policy={"sleep": "zero", "random_start": {"seed": 0}},
        ).__enter__()

    def _leave(self) -> None:
        session, self._session, self._pid = self._session, None, None
        if session is not None:
            session.__exit__(None, None, None)

    def _failure(self, error: OSError | MontyError) -> Failure:
        if isinstance(error, OSError):
            return Failure(FailureKind.REFUSED, f"Monty does not start: {error}; reinstall pydantic-monty")
        if isinstance(error, pydantic_monty.MontyCrashedError):
            if error.timed_out:
                return out_of_time(self._limits)
            return Failure(FailureKind.CRASHED, "ended its interpreter's process")
        if isinstance(error, pydantic_monty.MontyRuntimeError | pydantic_monty.MontySyntaxError):
            return self._raised(error)
        return Failure(FailureKind.REFUSED, f"the arguments cannot be passed: {error}")

    def _raised(self, error: pydantic_monty.MontyRuntimeError | pydantic_monty.MontySyntaxError) -> Failure:
        cause, frames = error.exception(), error.traceback()
        message = str(cause)
        if isinstance(cause, TimeoutError) and not frames:
            return out_of_time(self._limits)
        if isinstance(cause, MemoryError):
            # The collector of what is printed says this too, and only it knows no place in the code.
            flooded = not frames and message.startswith("memory limit exceeded")
            return printed_too_much(self._limits) if flooded else out_of_memory(self._limits)
        if message == _MISSING:
            return missing_function(self._program.function)
        line = next((frame.line for frame in reversed(frames) if frame.filename == _USER_FILE), None)
        if isinstance(error, pydantic_monty.MontySyntaxError) or isinstance(cause, NotImplementedError):
            place = _SYNTAX_PLACE.search(message)
            said, line = _SYNTAX_PLACE.sub("", message), int(place[1]) if place else line
            if isinstance(error, pydantic_monty.MontySyntaxError) and (found := unclosed(self._program.code)):
                said, line = f"'{found.bracket}' was never closed", found.line
            return Failure(FailureKind.SYNTAX, f"is not Python that Monty runs: {said}", line)
        return raised(type(cause).__name__, message, line)
