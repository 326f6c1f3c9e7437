"""The escape corpus, `tests/escapes/*.txt`: programs that try to get out of a sandbox, and a host that must not notice."""

import asyncio
import gc
import json
import os
import re
import resource
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from loom.sandbox import Engine, Limits, Outcome, Program, open_sandbox

_FOLDER = Path(__file__).parent / "escapes"
_HEADING = re.compile(r"^## (?P<what>.+?)(?P<slow> \(slow\))?(?P<bare> \(bare\))?$", re.MULTILINE)
_LIMITS = Limits(time_s=0.5, memory_bytes=64 * 2**20)
_GUARD_S = 30.0
"""For starting and ending processes on a busy machine."""

_MEMORY_KB = 150_000
_SECRET_NAME = "LOOM_CANARY"
_WARM: set[Engine] = set()


@dataclass(frozen=True, slots=True)
class Escape:
    """One program of the corpus."""

    file: str
    what: str
    code: str
    slow: bool
    """It runs until it is stopped."""

    bare: bool
    """Without a sandbox it works, and does no harm."""

    @property
    def name(self) -> str:
        return f"{self.file}: {self.what}"


def escapes() -> list[Escape]:
    """The whole corpus."""
    found: list[Escape] = []
    for path in sorted(_FOLDER.glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        headings = list(_HEADING.finditer(text))
        ends = [heading.start() for heading in headings[1:]] + [len(text)]
        for heading, end in zip(headings, ends, strict=True):
            code = text[heading.end() : end].strip() + "\n"
            slow, bare = bool(heading["slow"]), bool(heading["bare"])
            found.append(Escape(path.stem, heading["what"], code, slow, bare))
    return found


class Host:
    """What there is to steal, to break and to reach: a secret in the environment and in a file, a folder, a server."""

    def __init__(self, folder: Path, secret: str) -> None:
        self.secret = secret
        self.folder = folder
        self.file = folder / "secret.txt"
        self.file.write_text(secret)
        self.connections = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._count, daemon=True).start()
        self.environment = {_SECRET_NAME: secret}

    @staticmethod
    @contextmanager
    def with_a_secret(folder: Path, monkeypatch: pytest.MonkeyPatch) -> "Iterator[Host]":
        """A host whose secret is set in this process's environment."""
        (folder / "host").mkdir()
        opened = Host(folder / "host", "canary-5f1d0c")
        for name, value in opened.environment.items():
            monkeypatch.setenv(name, value)
        yield opened
        opened.close()

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _count(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            with connection:
                connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n")

    @property
    def arguments(self) -> dict[str, Any]:
        """What each program is told, so that it need not search."""
        return {
            "secret_file": str(self.file),
            "secret_name": _SECRET_NAME,
            "folder": str(self.folder),
            "port": self._server.getsockname()[1],
            "pid": os.getpid(),
            "host_name": socket.gethostname(),
            "home": str(Path.home()),
        }

    def state(self) -> dict[str, Any]:
        """Everything that has to be the same afterwards."""
        return {
            "files": {path.name: path.read_bytes() for path in self.folder.iterdir()},
            "connections": self.connections,
            "environment": dict(os.environ),
            "folder": Path.cwd(),
            "descriptors": len(list(Path("/proc/self/fd").iterdir())),
        }


def processes_of_sandboxes() -> set[int]:
    """What lives and is of this process, or was of someone who is gone; never what other test processes run."""
    parents = {pid: parent for pid, parent, state in _processes() if state != "Z"}
    return {pid for pid in parents if _is_ours(pid, parents) and _is_a_sandbox(pid)}


def _processes() -> Iterator[tuple[int, int, str]]:
    for path in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            pid = int(path.name)
            state, parent, *_ = (path / "stat").read_text().rpartition(")")[2].split()
            yield pid, int(parent), state


def _is_ours(pid: int, parents: dict[int, int]) -> bool:
    above: set[int] = set()
    while pid in parents:
        pid = parents[pid]
        above.add(pid)
    return os.getpid() in above or os.getppid() not in above


def _is_a_sandbox(pid: int) -> bool:
    with suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
        return b"\0/guest.py" in words or words.endswith(b"monty\0subprocess\0")
    return False


async def nothing_left() -> None:
    """Wait until all of this process's sandboxes are gone, which takes the kernel a moment."""
    async with asyncio.timeout(_GUARD_S):
        while processes_of_sandboxes():
            await asyncio.sleep(0.01)


async def _settled(host: Host, before: dict[str, Any]) -> dict[str, Any]:
    """The state of `host` when it is as before, or after a while: pipes of what has ended close a moment later."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_GUARD_S):
            while host.state() != before:
                await asyncio.sleep(0.01)
    return host.state()


async def attack(escape: Escape, engine: Engine, host: Host, *, believed: bool = True) -> Outcome:
    """Run `escape` in a sandbox, and compare the host before and after. `believed`: what it says of itself counts."""
    await _warm(engine)
    gc.collect()  # what earlier tests left open is closed now, not while this one counts
    before, memory = host.state(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sandbox = open_sandbox(engine, Program(escape.code, "attack"), _LIMITS)
    began = perf_counter()
    try:
        outcome = await sandbox.run(host.arguments)
    finally:
        await sandbox.aclose()
    assert perf_counter() - began < _LIMITS.time_s + _GUARD_S
    assert not believed or "ESCAPED" not in str(outcome)
    assert host.secret not in str(outcome)
    await nothing_left()
    after = await _settled(host, before)
    assert after == before, {
        name: (before[name], after[name]) for name in before if after[name] != before[name]
    }
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < _MEMORY_KB
    return outcome


async def _warm(engine: Engine) -> None:
    """What an engine opens once, for the life of this process, is no leak."""
    if engine not in _WARM:
        _WARM.add(engine)
        sandbox = open_sandbox(engine, Program("def attack(): return 1", "attack"))
        await sandbox.run({})
        await sandbox.aclose()


def attack_bare(escape: Escape, host: Host) -> str:
    """What `escape` says when it runs in a process like any other."""
    code = f"{escape.code}\nimport sys, json\nprint(attack(**json.loads(sys.argv[1])))"
    command = [sys.executable, "-c", code, json.dumps(host.arguments)]
    environment = {**os.environ, **host.environment}
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=30, check=False
    ).stdout
