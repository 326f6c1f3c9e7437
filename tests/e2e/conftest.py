"""The terminal as a person has it: commands in this process, with a home, a folder and a database of their own."""

import asyncio
import io
import json
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from loom.cli.main import cli
from loom.cli.show.console import console, error_console
from loom.sim import SimOptions, serving
from nats_server import nats_server

__all__ = ["nats_server"]

_FOREIGN = (
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_BASE_URL",
    "COLUMNS",
    "DATABASE_URL",
    "DEFAULT_ENDPOINT_URL",
    "LOOM_TRACEBACK",
    "OLLAMA_URL",
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
)


@dataclass(frozen=True, slots=True)
class Printed:
    """What became of a command."""

    status: int
    out: str
    errors: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def home(tmp_path: Path, empty_database: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, which is also the home; nothing configured."""
    shutil.copy(empty_database, tmp_path / "loom.db")
    for name in _FOREIGN:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def loom(
    home: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Printed]:
    """Runs a command line."""

    def run(*arguments: str, given: bytes = b"") -> Printed:
        console.cache_clear()
        error_console.cache_clear()
        monkeypatch.setattr(sys, "argv", ["loom", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        capfd.readouterr()
        status = 0
        try:
            cli()
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
        return Printed(status, *capfd.readouterr())

    return run


@pytest.fixture
def endpoint() -> Iterator[Callable[..., str]]:
    """Starts `loom sim` with options, in a thread, and gives the address of its API."""
    loop = asyncio.new_event_loop()
    ended = asyncio.Event()
    threads: list[threading.Thread] = []

    def start(**options: Any) -> str:
        urls: list[str] = []
        started = threading.Event()

        async def serve() -> None:
            async with serving(SimOptions(**options)) as server:
                urls.append(f"{server.url}/v1")
                started.set()
                await ended.wait()

        threads.append(threading.Thread(target=loop.run_until_complete, args=(serve(),)))
        threads[-1].start()
        assert started.wait(10)
        return urls[0]

    yield start
    if threads:
        loop.call_soon_threadsafe(ended.set)
        threads[-1].join(10)
    loop.close()
