"""A processing backend that runs a program: JSON in, JSON out. The program gets no shell and no secrets by accident."""

import asyncio
import json
import os
import shutil
import signal
from contextlib import suppress
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

from loom.core.jsonvalue import Json
from loom.worker import strict
from loom.worker.processing_backend import BackendError, ProcessingBackend

__all__ = ["SubprocessBackend"]

_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "USER")
"""The variables that most programs need; none of them is a secret."""

_TAIL = 2000
_LAST_WORDS_S = 1.0
"""For pipes to end after the program has: something it started may hold them open."""


class SubprocessBackend(ProcessingBackend):
    """Runs `command` for each task: the payload is its standard input, its standard output is the output."""

    def __init__(
        self,
        command: list[str],
        *,
        env: list[str] | None = None,
        timeout_s: float | None = None,
        max_output_bytes: int = 10_000_000,
    ) -> None:
        """
        `command` is a program and its arguments. `env` names variables that it gets besides PATH, HOME and the like;
        `timeout_s` is the worker's `timeout_seconds` unless given.

        Raises:
            ValueError: when `command` is no list of texts, its program is not found, or a variable is not set.
        """
        words: list[object] = [] if isinstance(command, str) else list(command)
        if not words or not all(isinstance(word, str) for word in words):
            raise ValueError(
                f"'command' must be a list of texts, as in [python, convert.py] (got {command!r})"
            )
        program = shutil.which(command[0])
        if program is None:
            raise ValueError(f"there is no program '{command[0]}'; install it, or write its path")
        missing = [name for name in env or () if name not in os.environ]
        if missing:
            raise ValueError(f"'env' names {', '.join(missing)}, which is not set; set it, or leave it out")
        self.command = [program, *command[1:]]
        self._secrets = {name: os.environ[name] for name in env or ()}
        self._timeout_s = timeout_s
        self._max_output_bytes = max_output_bytes

    def fingerprint(self) -> str | None:
        """The contents of the program's arguments that are files, such as a script."""
        files = [Path(word) for word in self.command[1:] if Path(word).is_file()]
        return sha256(b"".join(map(_digest, files))).hexdigest()

    async def process(self, payload: Json, config: Json) -> Json:
        """As `ProcessingBackend.process`.

        Raises:
            BackendError: when the program fails, takes too long, or writes too much or no JSON object.
        """
        given = json.dumps(payload, ensure_ascii=False).encode("utf-8", "surrogatepass")
        timeout_s = self._timeout_s or float(config.get("timeout_seconds", 60))
        exchange = await self._exchange(given, timeout_s)
        if exchange.too_much:
            raise BackendError(f"it wrote more than {self._max_output_bytes:,} bytes and was stopped")
        status = exchange.status
        if status:
            how = f"exit status {status}" if status > 0 else f"killed by {_signal(-status)}"
            raise BackendError(f"it failed, {how}{self._tail(exchange.errors)}")
        try:
            output = strict.read(exchange.output.decode())
        except ValueError as error:
            raise BackendError(f"it wrote no JSON: {error}{self._tail(exchange.output)}") from None
        if not strict.is_object(output):
            raise BackendError(f"it wrote no JSON object{self._tail(exchange.output)}")
        return {"output": output, "model_used": Path(self.command[0]).name}

    async def _exchange(self, given: bytes, timeout_s: float) -> "_Exchange":
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        loop = asyncio.get_running_loop()
        try:
            transport, exchange = await loop.subprocess_exec(
                lambda: _Exchange(self._max_output_bytes),
                *self.command,
                env=inherited | self._secrets,
                start_new_session=True,
            )
        except OSError as error:
            raise BackendError(f"it cannot be started: {error}") from error
        try:
            async with asyncio.timeout(timeout_s):
                exchange.give(given)
                await exchange.exited.wait()
        except TimeoutError:
            late = f"it did not finish within {timeout_s:g} s and was stopped"
            raise BackendError(late + self._tail(exchange.errors)) from None
        finally:
            await _end(transport, exchange)
        return exchange

    def _tail(self, said: bytes | bytearray) -> str:
        """The last of what the program said, without what it was trusted with."""
        words = bytes(said[-_TAIL:]).decode("utf-8", "replace").strip()
        for name, secret in self._secrets.items():
            words = words.replace(secret, f"[{name}]") if secret else words
        return f": {words}" if words else ""


def _digest(file: Path) -> bytes:
    with file.open("rb") as stream:
        return file_digest(stream, "sha256").digest()


async def _end(transport: asyncio.SubprocessTransport, exchange: "_Exchange") -> None:
    """Kill the program and all it has started, and take in what is still in the pipes."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(transport.get_pid(), signal.SIGKILL)
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORDS_S):
                await exchange.closed.wait()
    finally:
        transport.close()


class _Exchange(asyncio.SubprocessProtocol):
    """What passes between us and a running program."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._transport: Any = None
        self.output = bytearray()
        self.errors = bytearray()
        self.too_much = False
        self.exited = asyncio.Event()
        self.closed = asyncio.Event()

    @property
    def status(self) -> int:
        """Negative: the number of the signal that killed it."""
        return self._transport.get_returncode() or 0

    def give(self, content: bytes) -> None:
        pipe = self._transport.get_pipe_transport(0)
        pipe.write(content)
        pipe.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if fd == 2:
            self.errors = (self.errors + data)[-_TAIL:]
            return
        self.output += data
        if len(self.output) > self._most:
            self.output.clear()
            self.too_much = True
            self.exited.set()

    def process_exited(self) -> None:
        self.exited.set()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.closed.set()


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
