"""What both engines promise: a value or a failure in words, in time, and nothing carried over."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from loom.sandbox import (
    Engine,
    Failure,
    FailureKind,
    Limits,
    Outcome,
    Program,
    Sandbox,
    Value,
    jail,
    open_sandbox,
    python,
)
from sandbox_escapes import nothing_left, processes_of_sandboxes

_ENGINES = [
    Engine.MONTY,
    pytest.param(
        Engine.PYTHON,
        marks=pytest.mark.skipif(not shutil.which("bwrap"), reason="bubblewrap is not installed"),
    ),
]
_QUICK = Limits(time_s=1.0, memory_bytes=64 * 2**20, answer_bytes=1000, printed_bytes=10_000)


@pytest.fixture(params=_ENGINES)
async def sandbox(request: pytest.FixtureRequest) -> AsyncIterator[Callable[..., Sandbox]]:
    """Opens sandboxes of an engine; they are closed when the test is over."""
    opened: list[Sandbox] = []

    def make(code: str, limits: Limits = _QUICK) -> Sandbox:
        opened.append(open_sandbox(request.param, Program(code, "f"), limits))
        return opened[-1]

    yield make
    for one in opened:
        await one.aclose()
    await nothing_left()


def failure(outcome: Outcome) -> tuple[FailureKind, str, int | None]:
    assert isinstance(outcome, Failure)
    return outcome.kind, outcome.message, outcome.line


@pytest.mark.parametrize(
    "value", [None, True, 3, -0.5, "text with ü and \u2028", [1, [2]], {"a": {"b": [None]}}, 2**70, ""]
)
async def test_json_goes_in_and_comes_out_as_it_was(sandbox, value: Any):
    assert await sandbox("def f(x): return x").run({"x": value}) == Value(value)


async def test_many_inputs_each_get_their_own_answer(sandbox):
    doubling = sandbox("def f(x): return x * 2")
    outcomes = await asyncio.gather(*(doubling.run({"x": number}) for number in range(100)))
    assert outcomes == [Value(number * 2) for number in range(100)]


async def test_globals_and_chance_begin_anew_for_each_input(sandbox):
    code = "import random\nseen = []\ndef f():\n    seen.append(1)\n    return [len(seen), random.random()]"
    counting = sandbox(code)
    first, second = await counting.run({}), await counting.run({})
    assert first == second
    assert first.value[0] == 1


@pytest.mark.parametrize(
    ("code", "kind", "said", "line"),
    [
        ("def f(:\n  pass", FailureKind.SYNTAX, "is not Python", 1),
        ("def f(a, b:\n  return 1", FailureKind.SYNTAX, "'(' was never closed", 1),
        ("x = [1]\ny = {'a': [1, 2}\ndef f(: pass", FailureKind.SYNTAX, "is not Python", 2),
        ("x = 'abc\ny = (1", FailureKind.SYNTAX, "is not Python", 1),
        (
            "x = 1\ndef f():\n  return 1 / 0",
            FailureKind.RAISED,
            "raised ZeroDivisionError: division by zero",
            3,
        ),
        ("\n\nraise ValueError('early')", FailureKind.RAISED, "raised ValueError: early", 3),
        ("def g(): pass", FailureKind.MISSING, "defines no function 'f'; add it, or set `function`", None),
        ("f = 3", FailureKind.RAISED, "raised TypeError: 'int' object is not callable", None),
        ("def f():\n  while True: pass", FailureKind.TIMED_OUT, "did not finish within 1 s", None),
        ("def f(): return 'a' * 10**10", FailureKind.MEMORY, "needs more than 64 MB of memory", None),
        ("def f(): return 'a' * 2000", FailureKind.OUTPUT, "returned more than 0 kB", None),
        ("def f():\n  while True: print('a' * 1000)", FailureKind.OUTPUT, "prints more than 9 kB", None),
        (
            "def f(): return float('nan')",
            FailureKind.ANSWER,
            "returned something that is not JSON: NaN",
            None,
        ),
        ("def f(): return {1, 2}", FailureKind.RAISED, "Object of type set is not JSON serializable", None),
    ],
)
async def test_a_failure_says_what_went_wrong_and_where(
    sandbox, code: str, kind: FailureKind, said: str, line
):
    found, message, place = failure(await sandbox(code).run({}))
    assert (found, place) == (kind, line)
    assert said in message


async def test_after_any_failure_the_next_input_is_served(sandbox):
    code = "def f(x):\n  while x == 'hang': pass\n  return ['a' * 10**10, 0] if x == 'fill' else 1 / len(x)"
    moody = sandbox(code)
    kinds = [(await moody.run({"x": x})) for x in ("ab", "hang", "ab", "fill", "ab", "", "ab")]
    assert [getattr(outcome, "kind", "value") for outcome in kinds] == [
        *("value", "timed_out", "value", "memory", "value", "raised", "value")
    ]


async def test_one_that_hangs_among_many_spoils_only_its_own_case(sandbox):
    moody = sandbox("def f(x):\n  while x == 3: pass\n  return x")
    outcomes = await asyncio.gather(*(moody.run({"x": number}) for number in range(8)))
    assert [outcome for outcome in outcomes if isinstance(outcome, Value)] == [
        Value(n) for n in (0, 1, 2, 4, 5, 6, 7)
    ]


async def test_a_run_that_is_cancelled_leaves_no_process_at_work(sandbox):
    endless = sandbox("def f():\n  while True: pass", Limits(time_s=60))
    running = asyncio.create_task(endless.run({}))
    await asyncio.sleep(0.3)
    running.cancel()
    began = time.perf_counter()
    with pytest.raises(asyncio.CancelledError):
        await running
    await endless.aclose()
    assert time.perf_counter() - began < 30


async def test_a_closed_sandbox_opens_again(sandbox):
    one = sandbox("def f(): return 1")
    assert await one.run({}) == Value(1)
    assert processes_of_sandboxes()
    await one.aclose()
    await nothing_left()
    assert await one.run({}) == Value(1)


async def test_arguments_that_are_no_json_are_refused(sandbox):
    kind, message, _ = failure(await sandbox("def f(x): return 1").run({"x": float("inf")}))
    assert kind is FailureKind.REFUSED
    assert "the arguments cannot be passed" in message


async def test_the_text_of_an_error_is_cut(sandbox):
    kind, message, _ = failure(await sandbox("def f(): raise ValueError('long ' * 10**6)").run({}))
    assert kind is FailureKind.RAISED
    assert message.endswith("…")
    assert len(message) < 400


async def test_a_lone_surrogate_in_the_arguments_becomes_a_question_mark(sandbox):
    assert await sandbox("def f(x): return x").run({"x": "a\ud800b"}) == Value("a?b")


async def test_full_python_has_its_standard_library():
    if not shutil.which("bwrap"):
        pytest.skip("bubblewrap is not installed")
    code = (
        "import difflib, statistics, sqlite3, hashlib, decimal, zoneinfo, lzma\n"
        "def f(a, b): return difflib.SequenceMatcher(None, a, b).ratio()"
    )
    one = open_sandbox(Engine.PYTHON, Program(code, "f"))
    assert await one.run({"a": "kitten", "b": "kitten"}) == Value(1.0)
    await one.aclose()


@pytest.fixture
def afresh(monkeypatch):
    """The jail is looked for anew."""
    jail.jail_command.cache_clear()
    yield monkeypatch
    monkeypatch.undo()
    jail.jail_command.cache_clear()


async def test_without_bubblewrap_nothing_is_run_and_the_remedy_is_named(afresh, tmp_path):
    afresh.setattr(jail.shutil, "which", lambda name: None)
    ran = tmp_path / "ran"
    one = open_sandbox(Engine.PYTHON, Program(f"open({str(ran)!r}, 'w')\ndef f(): return 1", "f"))
    kind, message, _ = failure(await one.run({}))
    assert kind is FailureKind.REFUSED
    assert "apt install bubblewrap" in message
    assert not ran.exists()


async def test_root_has_no_jail_on_a_machine_whose_system_calls_are_not_known(afresh):
    afresh.setattr(jail.platform, "machine", lambda: "riscv64")
    afresh.setattr(jail.os, "geteuid", lambda: 0)
    one = open_sandbox(Engine.PYTHON, Program("def f(): return 1", "f"))
    kind, message, _ = failure(await one.run({}))
    assert kind is FailureKind.REFUSED
    assert "run Loom as another user" in message


async def test_a_bubblewrap_that_does_not_work_is_no_reason_to_run_bare(afresh, tmp_path):
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    broken.chmod(0o755)
    afresh.setattr(python, "jail_command", lambda: (str(broken),))
    one = open_sandbox(Engine.PYTHON, Program("def f(): return 1", "f"))
    outcomes = [await one.run({}), await one.run({})]
    assert {failure(outcome)[0] for outcome in outcomes} == {FailureKind.REFUSED}
    assert "No permissions to create new namespace" in str(outcomes[0])
    assert "allow user namespaces" in str(outcomes[0])
