"""Two thousand connections that send a byte now and then: the Workshop answers others meanwhile, and ends them."""

import asyncio
import http.client
import os
import re
import resource
import sys
import time
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

pytestmark = pytest.mark.faults

CONNECTIONS = 2_000
HEALTH_S = 0.25
GONE_S = 15.0
HEAD = b"POST /workers/classifier HTTP/1.1\r\nHost: 127.0.0.1\r\n"
BODY = HEAD + b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100000\r\n\r\n"


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[int]:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if most < 2 * CONNECTIONS:
        pytest.skip(f"this machine lets a process have {most} files open")
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "loom", "workshop", "--port", "0"),
        env={**os.environ, "DATA_DIR": str(tmp_path), "HOME": str(tmp_path)},
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert server.stdout is not None
    async with asyncio.timeout(30):
        line = (await server.stdout.readline()).decode()
    found = re.search(r":(\d+)", line)
    assert found, line
    yield int(found[1])
    server.terminate()
    async with asyncio.timeout(40):
        await server.wait()


async def _drip(port: int, first: bytes, drop: bytes, all_there: asyncio.Barrier, ended: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(first)
    await all_there.wait()
    waiting = asyncio.ensure_future(reader.read())
    while not waiting.done():
        writer.write(drop)
        await asyncio.wait((waiting,), timeout=1)
    ended.append(time.monotonic())
    writer.close()


def _health(port: int) -> float:
    """How long an answer takes, asked by a process that does nothing else."""
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/health")
    status = connection.getresponse().status
    connection.close()
    assert status == http.client.OK
    return time.monotonic() - began


@pytest.mark.parametrize(
    ("first", "drop"), [(HEAD, b"X: y\r\n"), (BODY, b"a"), (b"", b"G")], ids=["head", "body", "start"]
)
async def test_others_are_answered_while_connections_drip_and_those_are_ended(
    port: int, first: bytes, drop: bytes
) -> None:
    all_there, ended, took = asyncio.Barrier(CONNECTIONS + 1), list[float](), list[float]()
    asker, loop = ProcessPoolExecutor(1), asyncio.get_running_loop()

    def asked() -> asyncio.Future[float]:
        return loop.run_in_executor(asker, _health, port)

    await asked()  # begins the process before there are connections that it would share
    dripping = [asyncio.create_task(_drip(port, first, drop, all_there, ended)) for _ in range(CONNECTIONS)]
    await all_there.wait()
    began = time.monotonic()
    async with asyncio.timeout(60):
        while not all(task.done() for task in dripping):
            took.append(await asked())
            await asyncio.sleep(0.2)
    asker.shutdown()
    await asyncio.gather(*dripping, return_exceptions=True)
    gone = max(ended) - began
    print(f"{len(took)} looks, slowest {max(took) * 1000:.0f} ms; all {len(ended)} gone after {gone:.1f} s")
    assert gone <= GONE_S
    assert max(took) <= HEALTH_S
