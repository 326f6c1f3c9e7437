"""The engine `python`: the interpreter that runs Loom, with its standard library, in a bubblewrap jail.

Where there is no jail there is no run: the program never starts bare.
"""

import asyncio
import base64
import json
import platform
from contextlib import suppress
from typing import Any, Final

from loom.core.jsonvalue import Json
from loom.sandbox.jail import INSTALL, JailError, jail_command
from loom.sandbox.models import Failure, FailureKind, Limits, Outcome, Program
from loom.sandbox.syscalls import filter_for
from loom.sandbox.wording import (
    arguments_text,
    missing_function,
    out_of_memory,
    out_of_time,
    outcome_of,
    printed_too_much,
    raised,
    returned_too_much,
)

__all__ = ["PythonSandbox"]

_START_S: Final = 10.0
_END_S: Final = 5.0
_SIGNAL: Final = 128
_SIGXCPU: Final = 24
_SAID_BYTES: Final = 2000


class PythonSandbox:
    """`Sandbox` over one jailed interpreter."""

    def __init__(self, program: Program, limits: Limits) -> None:
        self._program = program
        self._limits = limits
        self._turn = asyncio.Lock()
        self._guest: _Guest | None = None
        self._refusal: Failure | None = None

    async def run(self, arguments: Json) -> Outcome:
        """As `Sandbox.run`."""
        text = arguments_text(arguments)
        if isinstance(text, Failure):
            return text
        async with self._turn:
            if self._refusal:
                return self._refusal
            try:
                guest = await self._started()
                return await guest.call(text)
            except JailError as error:
                await self._stop()
                self._refusal = Failure(FailureKind.REFUSED, str(error))
                return self._refusal
            except _EndedError as ended:
                await self._stop()
                return ended.failure
            except BaseException:
                await self._stop()
                raise

    async def aclose(self) -> None:
        """As `Sandbox.aclose`."""
        async with self._turn:
            await self._stop()

    async def _started(self) -> "_Guest":
        if self._guest is None:
            command = await asyncio.to_thread(jail_command)
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                # An answer is JSON twice: a line that holds the program's own text.
                limit=2 * self._limits.answer_bytes + 2**14,
                env={},
                cwd="/",
                start_new_session=True,
            )
            self._guest = _Guest(process, self._program, self._limits)
            await self._guest.begin()
        return self._guest

    async def _stop(self) -> None:
        guest, self._guest = self._guest, None
        if guest is not None:
            await guest.end()


class _EndedError(Exception):
    """The guest cannot be used any more."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


class _Guest:
    """A process in a jail, spoken to in lines. What it prints is counted and thrown away."""

    def __init__(self, process: asyncio.subprocess.Process, program: Program, limits: Limits) -> None:
        self._process = process
        self._program = program
        self._limits = limits
        self._number = 0
        self._said = b""
        self._printed = 0
        self._listening = asyncio.create_task(self._listen())

    async def begin(self) -> None:
        """Hand over the program.

        Raises:
            JailError: when the jail does not work on this machine.
        """
        header: Json = {
            "code": self._program.code,
            "function": self._program.function,
            "filter": base64.b64encode(filter_for(platform.machine())).decode(),
            "memory_bytes": self._limits.memory_bytes,
            "time_s": self._limits.time_s,
            "answer_bytes": self._limits.answer_bytes,
        }
        try:
            async with asyncio.timeout(_START_S):
                answer = await self._exchange(json.dumps(header))
        except (_EndedError, TimeoutError):
            answer = None
        if answer != ["ready"]:
            await self.end()
            said = self._said.decode("utf-8", "replace").strip() or "it does not answer"
            raise JailError(f"bubblewrap does not work here ({said}); allow user namespaces, or {INSTALL}")

    async def call(self, arguments: str) -> Outcome:
        """Raises `_EndedError` when nothing more can be asked of it."""
        self._number += 1
        self._printed = 0
        try:
            async with asyncio.timeout(self._limits.time_s):
                answer = await self._exchange(f"[{self._number}, {arguments}]")
        except TimeoutError:
            raise _EndedError(out_of_time(self._limits)) from None
        match answer:
            case [self._number, "value", str(text)]:
                return outcome_of(text)
            case [self._number, "raised", str(kind), str(message), int() | None as line]:
                return raised(kind, message, line)
            case [self._number, "syntax", str(message), int() | None as line]:
                return Failure(FailureKind.SYNTAX, f"is not Python: {message}", line)
            case [self._number, "missing"]:
                return missing_function(self._program.function)
            case [self._number, "memory"]:
                return out_of_memory(self._limits)
            case [self._number, "long"]:
                return returned_too_much(self._limits)
            case _:
                failure = Failure(FailureKind.CRASHED, "wrote into the channel of its answers")
                raise _EndedError(failure)

    async def end(self) -> None:
        """Kill it, and with it everything in its namespaces; wait until it is gone."""
        with suppress(ProcessLookupError):
            self._process.kill()
        try:
            async with asyncio.timeout(_END_S):
                await self._process.wait()
                await self._listening
        except TimeoutError:
            self._listening.cancel()
        if self._process.stdin is not None:
            self._process.stdin.close()

    async def _exchange(self, line: str) -> Any:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        try:
            stdin.write(line.encode("utf-8", "replace") + b"\n")
            await stdin.drain()
            return json.loads(await stdout.readuntil(b"\n"))
        except asyncio.LimitOverrunError:
            raise _EndedError(returned_too_much(self._limits)) from None
        except (asyncio.IncompleteReadError, ConnectionError):
            raise _EndedError(await self._epitaph()) from None
        except (ValueError, RecursionError):
            return None

    async def _epitaph(self) -> Failure:
        if self._printed > self._limits.printed_bytes:
            return printed_too_much(self._limits)
        status = await self._process.wait()
        if status == _SIGNAL + _SIGXCPU:
            return out_of_time(self._limits)
        how = f"by signal {status - _SIGNAL}" if status > _SIGNAL else f"with status {status}"
        return Failure(FailureKind.CRASHED, f"ended its interpreter {how}")

    async def _listen(self) -> None:
        assert self._process.stderr is not None
        while heard := await self._process.stderr.read(2**16):
            self._printed += len(heard)
            self._said = (self._said + heard)[:_SAID_BYTES]
            if self._printed > self._limits.printed_bytes:
                with suppress(ProcessLookupError):
                    self._process.kill()
