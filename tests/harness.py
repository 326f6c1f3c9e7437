"""Loom and its endpoint as processes of their own, to be killed, starved and judged by the checker."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Select, create_engine, inspect, make_url, select
from sqlalchemy.pool import NullPool

from loom.calls.tables import attempt
from loom.engine.tables import run
from loom.sim.bill import Row
from loom.sim.checker import Verdict, check, read_bill

LIFE_S = 60
"""The longest that one process may live in a test."""

WORKER = """
schema: loom/v1
name: sorter
description: Sorts messages.
system_prompt: Sort the message.
input_schema:
  type: object
  required: [text]
  properties: {text: {type: string}}
output_schema:
  type: object
  required: [label]
  properties: {label: {type: string}}
temperature: 0
max_output_tokens: 50
"""
_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}
ANSWER = '{"label": "order"}'


class Endpoint:
    """`loom sim` as a process, with its bill in a file."""

    def __init__(
        self,
        folder: Path,
        *options: str,
        faults: list[dict[str, Any]] | None = None,
        answer: str | None = ANSWER,
    ) -> None:
        """With an `answer`, that is all it ever says."""
        self.bill = folder / "bill.jsonl"
        self._folder = folder
        self._options = options if answer is None else (*options, "--fixed-answer", answer)
        if faults is not None:
            plan = folder / "faults.json"
            plan.write_text(json.dumps({"seed": 1, "faults": faults}))
            self._options = (*self._options, "--faults", str(plan))
        self._port = "0"
        self.start()

    def start(self) -> None:
        """Begin to answer; again at the same address after `kill`."""
        command = [sys.executable, "-m", "loom", "sim", "--port", self._port, "--bill", str(self.bill)]
        self._process = subprocess.Popen([*command, *self._options], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        self.url = line.split()[3]
        self._port = self.url.rpartition(":")[2]

    def kill(self) -> None:
        """As by `kill -9`."""
        self._process.kill()
        self._process.communicate()

    def stop(self) -> None:
        """End it in good order, so that every request is on the bill."""
        self._process.terminate()
        self._process.communicate(timeout=LIFE_S)

    def rows(self) -> list[Row]:
        """The bill, when no request is under way any more."""
        wait_until(lambda: self.stats()["open"] == 0)
        return list(read_bill(self.bill))

    def stats(self) -> dict[str, Any]:
        """The totals of the bill."""
        with urllib.request.urlopen(f"{self.url}/stats", timeout=LIFE_S) as answer:
            return json.load(answer)

    def count(self) -> int:
        """Requests that have ended, as far as the bill's file says; cheap."""
        return self.bill.read_bytes().count(b"\n") if self.bill.exists() else 0


@contextmanager
def serving(
    folder: Path,
    *options: str,
    faults: list[dict[str, Any]] | None = None,
    answer: str | None = ANSWER,
) -> Iterator[Endpoint]:
    """An endpoint for as long as the block lasts."""
    endpoint = Endpoint(folder, *options, faults=faults, answer=answer)
    try:
        yield endpoint
    finally:
        endpoint.stop()


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended."""

    status: int
    output: str
    errors: str

    @property
    def killed(self) -> bool:
        return self.status == -signal.SIGKILL


class Life:
    """One process of Loom, at most one at a time in a folder. What it says goes to files: a full pipe would stop it."""

    def __init__(self, command: list[str], environment: dict[str, str], folder: Path) -> None:
        self._output, self._errors = folder / "output.txt", folder / "errors.txt"
        with self._output.open("w") as output, self._errors.open("w") as errors:
            self._process = subprocess.Popen(
                command, env=environment, cwd=folder, stdout=output, stderr=errors
            )

    @property
    def over(self) -> bool:
        return self._process.poll() is not None

    def wait(self, holds: Callable[[], bool]) -> None:
        """Return when this process is over, or when `holds`; one that hangs says where."""
        try:
            wait_until(lambda: self.over or holds())
        except AssertionError as hung:
            self._process.send_signal(signal.SIGABRT)
            pytest.fail(f"{hung}\n{self.end().errors}")

    def kill(self) -> None:
        """As by `kill -9`."""
        self._process.kill()

    def terminate(self, by: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to end in good order."""
        self._process.send_signal(by)

    def end(self, within_s: float = LIFE_S) -> Ended:
        """Wait for its end."""
        status = self._process.wait(within_s)
        return Ended(status, self._output.read_text(), self._errors.read_text())


@dataclass
class Place:
    """A folder with a worker, a suite and a database, where evaluations are begun, killed and resumed."""

    folder: Path
    endpoint: Endpoint
    cases: int = 500
    database_url: str = ""
    options: tuple[str, ...] = ("--concurrency", "16")
    worker: str = WORKER
    topic: str = "message"
    key: str = ""
    """The bearer token that is sent to the endpoint."""

    program: tuple[str, ...] = ("-m", "loom")
    suite: Path = field(init=False)

    def __post_init__(self) -> None:
        self.database_url = self.database_url or f"sqlite:///{self.folder}/data/loom.db"
        (self.folder / "sorter.yaml").write_text(self.worker)
        self.suite = self.folder / "suite.json"
        cases = [
            {
                "name": f"c{n}",
                "input": {"text": f"{self.topic} {n:05d}"},
                "expected_output": {"label": "order"},
            }
            for n in range(self.cases)
        ]
        self.suite.write_text(json.dumps({"schema": "loom/v1", "name": "messages", "cases": cases}))

    def loom(self, *arguments: str, failpoint: str = "") -> Life:
        """A process of Loom, to die at `failpoint` when one is given."""
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "HOME": str(self.folder),
            "DATABASE_URL": self.database_url if self.database_url.startswith("postgresql") else "",
            "DATA_DIR": self.database_url.removeprefix("sqlite:///").rpartition("/")[0],
            "OPENAI_BASE_URL": f"{self.endpoint.url}/v1",
            "OPENAI_API_KEY": self.key,
            "LOOM_FAILPOINT": failpoint,
            "PYTHONFAULTHANDLER": "1",
        }
        return Life([sys.executable, *self.program, *arguments], environment, self.folder)

    def begin(self, *options: str, failpoint: str = "") -> Life:
        """A new evaluation."""
        named = ("sorter.yaml", "--suite", str(self.suite), "--model", "sim-small", "--endpoint", "openai")
        return self.loom("eval", *named, *self.options, *options, "--json", failpoint=failpoint)

    def resume(self, run: str = "last", failpoint: str = "") -> Life:
        """Go on with one that was interrupted."""
        return self.loom("eval", "--resume", run, "--json", failpoint=failpoint)

    def finish(self, run: str = "last") -> None:
        """Resume for good: it completes, or had already."""
        ended = self.resume(run).end()
        assert ended.status == 0 or "is completed already" in ended.errors, (ended.status, ended.errors)

    def read(self, query: Select[Any]) -> list[Any]:
        """Rows of the database, read without Loom, which would create what a killed process did not."""
        address = make_url(self.database_url)
        engine = create_engine(address.set(drivername=_DRIVERS[address.drivername]), poolclass=NullPool)
        with engine.connect() as connection:
            return list(connection.execute(query)) if inspect(connection).has_table("run") else []

    def runs(self) -> list[str]:
        """Their ids, oldest first."""
        file = self.database_url.removeprefix("sqlite:///")
        if file != self.database_url and not Path(file).exists():
            return []
        return [row.id.hex() for row in self.read(select(run.c.id).order_by(run.c.row))]

    def attempts(self) -> Counter[tuple[str, str | None]]:
        """How many there are of each state and fault."""
        found = self.read(select(attempt.c.state, attempt.c.fault))
        return Counter((row.state, row.fault) for row in found)

    def go_on(self, before: int = 0, failpoint: str = "") -> Life:
        """Resume the newest run, or begin one while there are only those from `before`."""
        carry_out = self.begin if len(self.runs()) == before else self.resume
        return carry_out(failpoint=failpoint)

    def verdict(self, run: str = "last") -> Verdict:
        """What the checker says."""
        return check(self.database_url, run, self.endpoint.rows())


def assert_clean(verdict: Verdict) -> None:
    """Everything was carried out, once, and is paid for once."""
    assert verdict.clean, verdict.show()
    assert (verdict.state, verdict.ended) == ("completed", verdict.planned), verdict.show()
    assert verdict.errored == 0, verdict.show()


def wait_until(holds: Callable[[], bool], *, within_s: float = LIFE_S, every_s: float = 0.002) -> None:
    """Return when `holds`."""
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, f"nothing came of it within {within_s:.0f} s"
        time.sleep(every_s)
