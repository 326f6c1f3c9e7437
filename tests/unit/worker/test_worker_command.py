"""A program as a processing backend: JSON in, JSON out, and nothing of it left behind."""

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

from loom.worker.processor import BackendError, SubprocessBackend

PYTHON = sys.executable


def backend(code: str, **options: object) -> SubprocessBackend:
    return SubprocessBackend([PYTHON, "-c", f"import json, os, sys, time\n{code}"], **options)


async def test_the_payload_goes_in_and_the_output_comes_out() -> None:
    shout = backend("given = json.load(sys.stdin); json.dump({'text': given['text'].upper()}, sys.stdout)")
    assert await shout.process({"text": "größe" * 100_000}, {}) == {
        "output": {"text": "GRÖSSE" * 100_000},
        "model_used": Path(PYTHON).name,
    }


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("sys.exit('no licence')", "it failed, exit status 1: no licence"),
        ("os.kill(os.getpid(), 9)", "killed by SIGKILL"),
        ("print('hello')", "it wrote no JSON"),
        ("print('[1]')", "it wrote no JSON object: "),
        ("sys.stdout.buffer.write(b'\\xff')", "it wrote no JSON"),
        ("", "it wrote no JSON"),
        ("print('x' * 2000)", "more than 1,000 bytes"),
    ],
)
async def test_a_program_that_fails_is_told_of(code: str, told: str) -> None:
    with pytest.raises(BackendError, match=told):
        await backend(code, max_output_bytes=1000).process({}, {})


async def test_only_the_end_of_what_it_complained_of_is_kept() -> None:
    with pytest.raises(BackendError) as caught:
        await backend("sys.stderr.write('x' * 5_000_000 + 'the end'); sys.exit(3)").process({}, {})
    assert str(caught.value).endswith("the end")
    assert len(str(caught.value)) < 2100


async def test_a_program_that_reads_nothing_is_no_trouble() -> None:
    done = await backend("os.close(0); print('{}')").process({"text": "x" * 1_000_000}, {})
    assert done["output"] == {}


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def ended(pid: int) -> bool:
    for _ in range(200):
        if not alive(pid):
            return True
        await asyncio.sleep(0.01)
    return False


CHILD = "import subprocess\nchild = subprocess.Popen(['sleep', '60'])\nopen({path!r}, 'w').write(str(child.pid))\n"


@pytest.mark.parametrize("rest", ["print('{}')", "time.sleep(60)"])
async def test_what_a_program_has_started_ends_with_it(tmp_path: Path, rest: str) -> None:
    pid = tmp_path / "pid"
    begun = time.monotonic()
    work = backend(CHILD.format(path=str(pid)) + rest).process({}, {"timeout_seconds": 1.0})
    if "sleep" in rest:
        with pytest.raises(BackendError, match="did not finish within 1 s and was stopped"):
            await work
    else:
        assert (await work)["output"] == {}
    assert await ended(int(pid.read_text()))
    assert time.monotonic() - begun < 10


async def test_a_program_whose_task_is_cancelled_is_stopped(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    task = asyncio.create_task(backend(CHILD.format(path=str(pid)) + "time.sleep(60)").process({}, {}))
    while not (pid.exists() and pid.read_text()):
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await ended(int(pid.read_text()))


async def test_gigabytes_of_output_are_not_kept() -> None:
    flood = "block = b'x' * 1_000_000\nwhile True: sys.stdout.buffer.write(block)"
    with pytest.raises(BackendError, match="wrote more than 1,000,000 bytes and was stopped"):
        await backend(flood, max_output_bytes=1_000_000).process({}, {})


async def test_it_gets_no_variable_that_is_not_named_and_named_ones_are_not_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LLM_API_KEY", "sk-canary-1")
    monkeypatch.setenv("OTHER_KEY", "sk-canary-2")
    show = "print(json.dumps({'names': sorted(os.environ)}))"
    seen = (await backend(show, env=["LLM_API_KEY"]).process({}, {}))["output"]["names"]
    assert "LLM_API_KEY" in seen
    assert "OTHER_KEY" not in seen
    assert "OTHER_KEY" in os.environ
    leak = backend("sys.exit('the key is ' + os.environ['LLM_API_KEY'])", env=["LLM_API_KEY"])
    with pytest.raises(BackendError, match=r"the key is \[LLM_API_KEY\]"):
        await leak.process({}, {})


@pytest.mark.parametrize(
    ("command", "options", "told"),
    [
        ("sort -u", {}, "'command' must be a list of texts"),
        ([], {}, "'command' must be a list of texts"),
        (["sleep", 5], {}, "'command' must be a list of texts"),
        (["no-such-program-anywhere"], {}, "there is no program 'no-such-program-anywhere'"),
        ([PYTHON], {"env": ["NOBODY_SETS_THIS"]}, "NOBODY_SETS_THIS, which is not set"),
    ],
)
def test_a_command_that_cannot_work_is_refused_at_once(
    command: list[str], options: dict[str, list[str]], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        SubprocessBackend(command, **options)


def test_its_fingerprint_follows_the_script(tmp_path: Path) -> None:
    script = tmp_path / "convert.py"
    seen = set()
    for text in ("print(1)", "print(2)"):
        script.write_text(text)
        seen.add(SubprocessBackend([PYTHON, str(script)]).fingerprint())
    assert len(seen) == 2
