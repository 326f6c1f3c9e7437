"""Ctrl-C at any moment of an evaluation: nothing was begun, or how to go on."""

import asyncio
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from harness import Place, assert_clean, serving, wait_until
from loom.access.models import LOCAL
from loom.cli.context import compiled, suite_named, with_app, worker_named
from loom.cli.endings import Ending
from loom.cli.interrupts import opening
from loom.evaluation.running.service import Wish
from loom.storage.statements import Write
from loom.wiring.app import App
from loom.wiring.named import Destination, route_of

_EVAL = [sys.executable, "-m", "loom", "eval", "classifier", "--suite", "classifier", "--no-cache"]


def _heeds(pid: int, number: signal.Signals) -> bool:
    """Whether a process does something of its own at a signal; at SIGINT Python always does."""
    status = Path(f"/proc/{pid}/status").read_text().split()
    return bool(int(status[status.index("SigCgt:") + 1], 16) >> (number - 1) & 1)


def _interrupted(times: int, *, after_s: float) -> str:
    """All that an evaluation says that is interrupted so long after Python has started, and again a little later."""
    with subprocess.Popen(_EVAL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        wait_until(lambda: _heeds(process.pid, signal.SIGTERM))
        try:
            for wait in (after_s, *[0.1] * (times - 1)):
                with pytest.raises(subprocess.TimeoutExpired):
                    process.wait(wait)
                process.send_signal(signal.SIGINT)
            return process.communicate(timeout=60)[0]
        except pytest.fail.Exception:  # it ended in between: then it has said all
            return process.communicate(timeout=60)[0]
        finally:
            process.kill()


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("after_s", [0.001, 0.3, 0.6, 0.9, 1.3])
def test_whenever_it_comes_it_says_what_was_begun_and_no_more(
    loom: Callable[..., Any], after_s: float, times: int
) -> None:
    said = _interrupted(times, after_s=after_s)
    runs = loom("runs", "--json").json
    if runs:
        assert re.search(rf"(--resume|runs show) {runs[0]['short']}", said), said
    else:
        assert "Interrupted; nothing was begun" in said
    assert "Traceback" not in said


async def _opened(app: App, ending: Ending, moment: str) -> None:
    """Opens an evaluation, with a signal before it, while it is written down, or right after."""
    config, configs = worker_named("classifier", Path("configs")), Path("configs")
    route = await route_of(app.endpoints, config, Destination())
    wish = Wish("classifier", compiled(config), suite_named("classifier", configs), route)

    write = app.database.writer.commit

    def interrupted(*writes: Write, urgent: bool = False) -> asyncio.Future[None]:
        os.kill(os.getpid(), signal.SIGINT)
        return write(*writes, urgent=urgent)

    async def opened() -> None:
        if moment == "before":
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.Event().wait()
        if moment == "meanwhile":
            app.database.writer.commit = interrupted
        await app.evaluations.open(wish, LOCAL)
        if moment == "after":
            os.kill(os.getpid(), signal.SIGINT)

    await opening(app, wish.run, ending, opened())


@pytest.mark.parametrize(("moment", "runs"), [("before", 0), ("meanwhile", 1), ("after", 1)])
def test_what_was_opened_as_it_came_is_named_and_can_be_gone_on_with(
    loom: Callable[..., Any], capfd: pytest.CaptureFixture[str], moment: str, runs: int
) -> None:
    ending = Ending()
    with pytest.raises(typer.Exit):
        with_app(lambda app: _opened(app, ending, moment))
    assert ending.words in capfd.readouterr().err
    found = loom("runs", "--json").json
    assert len(found) == runs
    expected = f"go on with: loom eval --resume {found[0]['short']}" if runs else "nothing was begun"
    assert ending.words == expected
    if runs:
        assert loom("eval", "--resume", found[0]["short"]).status == 0


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGHUP])
def test_once_asked_to_end_nothing_more_leaves_and_all_that_had_left_comes_in(
    tmp_path: Path, asked: signal.Signals
) -> None:
    with serving(tmp_path, "--latency-ms", "1000") as endpoint:
        place = Place(tmp_path, endpoint, cases=20, options=("--concurrency", "8"))
        life = place.begin()
        life.wait(lambda: endpoint.stats()["open"] == 8)
        asked_us = time.time_ns() // 1000
        life.terminate(asked)
        ended = life.end()
        assert (ended.status, len(rows := endpoint.rows())) == (130, 8), ended.errors
        assert all(row.arrived_us < asked_us for row in rows)
        assert place.attempts() == {("answered", None): 8, ("failed", "unsent"): 8}
        place.finish()
        verdict = place.verdict()
        assert_clean(verdict)
        assert verdict.unknown == 0


def test_a_signal_that_was_to_be_ignored_stays_ignored() -> None:
    code = (
        "import os, signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "from loom.cli.endings import Ending\n"
        "with Ending(): os.kill(os.getpid(), signal.SIGINT)\n"
        "print('went on')"
    )
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        command = [sys.executable, "-c", code.replace("SIGINT", name)]
        ended = subprocess.run(command, capture_output=True, timeout=60, check=False)
        assert ended.stdout == b"went on\n"


_ON_A_TERMINAL = (
    "import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
    "os.execv(sys.executable, [sys.executable, '-m', 'loom', *sys.argv[1:]])"
)


def test_a_terminal_that_is_closed_pauses_and_what_had_left_comes_in(
    loom: Callable[..., Any], endpoint: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint(latency_ms=700))
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", _ON_A_TERMINAL, *_EVAL[3:], "--endpoint", "openai"]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        try:
            seen = b""
            while b" 8/" not in seen:  # the second eight are on the wire, or about to leave
                seen += os.read(ours, 65536)
            os.close(ours)
            assert process.wait(timeout=30) == 130
        finally:
            process.kill()
    run = loom("runs", "show", "last", "--json").json
    assert (run["state"], run["lost"]["attempts"]) == ("paused", 0)
    assert 8 <= run["done"] <= 24


@pytest.mark.parametrize(
    ("asked", "after_s"),
    [(signal.SIGTERM, 0.3), (signal.SIGTERM, 0.8), (signal.SIGINT, 2.0), (signal.SIGHUP, 4.0)],
)
def test_a_demo_that_is_interrupted_leaves_nothing_behind(
    home: Path, monkeypatch: pytest.MonkeyPatch, asked: signal.Signals, after_s: float
) -> None:
    monkeypatch.setenv("TMPDIR", str(home))
    command = [sys.executable, "-m", "loom", "demo"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        wait_until(lambda: _heeds(process.pid, signal.SIGTERM))
        try:
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(after_s)
            process.send_signal(asked)
            _, said = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 130
    assert said in (b"Interrupted; nothing of it is kept\n", b"Interrupted; nothing was begun\n")
    assert not list(home.glob("loom-demo-*"))


def _ended(before: bytes, question: bytes, key: bytes, *command: str) -> tuple[int, str]:
    """How a command ends at a terminal when that key answers its question; and all it says.

    It is pressed when all is quiet, and after ten seconds again: between asking and waiting for the answer Python does
    not hear it.
    """
    ours, theirs = pty.openpty()
    line = [sys.executable, "-c", _ON_A_TERMINAL, *command]
    with subprocess.Popen(line, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        os.write(ours, before)
        seen, quiet = b"", 0
        try:
            for _ in range(240):
                if select.select([ours], [], [], 0.25)[0]:
                    seen += os.read(ours, 65536)
                elif question in seen:
                    quiet += 1
                    os.write(ours, key) if quiet % 40 == 1 else None
        except OSError:  # how Linux says that the other side of a terminal is closed
            pass
        finally:
            os.close(ours)
            process.kill()
        return process.wait(timeout=20), seen.decode()


@pytest.mark.parametrize(
    ("before", "question", "command"),
    [
        ("", "Name [my_worker]: ", ("new", "worker")),
        ("\n\n\n", "Another stage?", ("new", "pipeline", "--name", "p", "--does", "It.")),
        ("", "local means [", ("setup",)),
        ("", "Password of bob: ", ("users", "add", "bob")),
        ("", "Password of ann: ", ("users", "password", "ann")),
    ],
)
def test_a_question_ends_by_ctrl_c_as_all_else_does_and_without_an_answer_by_a_remedy(
    loom: Callable[..., Any],
    endpoint: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    before: str,
    question: str,
    command: tuple[str, ...],
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint())
    loom("users", "add", "ann", given=b"a long way home\n")
    status, said = _ended(before.encode(), question.encode(), b"\x03", *command)
    assert (status, "Interrupted; nothing was begun" in said) == (130, True), said
    status, said = _ended(before.encode(), question.encode(), b"\x04", *command)
    assert (status, "asks, and nobody answers; " in said) == (2, True), said
