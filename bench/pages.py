"""`pages`: the pages of a Workshop that has been used for long, beside an empty page, and the bytes of a visit."""

import http.client
import json
import subprocess
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit

from bench.child import bare_environment
from bench.figure import Figure
from bench.full_store import FullStore, full_store
from bench.setting import Setting
from bench.simulator import LOOM, MODEL, Simulator, simulator
from bench.visits import Visit, visits

__all__ = ["pages"]

_EMPTY = "/find"
"""The layout with an empty list."""

_REQUESTS, _QUICK_REQUESTS = 40, 10
_TIMES_EMPTY = 2.0
_OPENS_S = 2.0
_FIRST_BYTES, _NEXT_BYTES = 150_000, 20_000


def pages(setting: Setting) -> Iterator[Figure]:
    """Each main page of `loom workshop` on a full store, the largest run opened first, and what a browser transfers."""
    store = full_store(setting)
    with simulator() as sim:
        yield from _opened(setting, store, sim)
        with _workshop(store.folder, sim) as address:
            yield from _beside_empty(setting, store, address)
            yield from _visits(store, address)


def _opened(setting: Setting, store: FullStore, sim: Simulator) -> Iterator[Figure]:
    """Each time by a server that has read nothing of it yet."""
    times: list[float] = []
    for _ in range(setting.rounds(3)):
        with _workshop(store.folder, sim) as address, _reader(address) as reader:
            reader.get(_EMPTY)
            times.append(reader.get(f"/runs/{store.large}").took_s)
    yield Figure(
        name="pages",
        what="the largest run, opened first",
        measured=f"{max(times):.2f} s",
        beside=f"{_OPENS_S:.0f} s",
        ratio=max(times) / _OPENS_S,
        bound=1.0,
        note=f"the slowest of {len(times)}; the fastest {min(times):.2f} s",
    )


def _beside_empty(setting: Setting, store: FullStore, address: str) -> Iterator[Figure]:
    count = _QUICK_REQUESTS if setting.quick else _REQUESTS
    with _reader(address) as reader:
        for name, path in _main_pages(store, reader).items():
            reader.get(path)  # what is made once is not counted here
            turns = [(reader.get(path), reader.get(_EMPTY)) for _ in range(count)]
            taken, empty = zip(*turns, strict=True)
            yield _page(name, [one.took_s for one in taken], [one.took_s for one in empty], taken[0].size)


def _page(name: str, taken: list[float], empty: list[float], size: int) -> Figure:
    (p50, p95), (empty50, empty95) = _percentiles_ms(taken), _percentiles_ms(empty)
    return Figure(
        name="pages",
        what=f"p95 of {name}",
        measured=f"{p95:.1f} ms",
        beside=f"{empty95:.1f} ms, empty page",
        ratio=p95 / empty95,
        bound=_TIMES_EMPTY,
        note=f"p50 {p50:.1f} ms: {p50 / empty50:.2f}; {size / 1000:.1f} kB",
    )


def _percentiles_ms(times: list[float]) -> tuple[float, float]:
    twentieths = quantiles(times, n=20, method="inclusive")
    return 1000 * twentieths[9], 1000 * twentieths[18]


def _main_pages(store: FullStore, reader: "_Reader") -> dict[str, str]:
    worker, large = f"/workers/{store.worker}", f"/runs/{store.large}"
    return {
        "workers": "/workers",
        "one worker": worker,
        "its test bench": f"{worker}/test",
        "its evaluate form": f"{worker}/eval",
        "runs": "/runs",
        "a run of 20 cases": f"/runs/{store.small}",
        "comparing two of these": f"/compare?a={store.before}&b={store.small}",
        "the largest run": large,
        "its second page of cases": f"{large}?cursor={reader.following(f'{large}/cases.json?size=25')}",
        "suites": "/suites",
        "one suite": f"/suites/{store.suite}",
        "pipelines": "/pipelines",
        "one pipeline": f"/pipelines/{store.pipeline}",
        "settings, endpoints": "/settings/endpoints",
        "settings, system": "/settings/system",
    }


def _visits(store: FullStore, address: str) -> Iterator[Figure]:
    paths = {
        "workers": "/workers",
        "runs": "/runs",
        "the largest run": f"/runs/{store.large}",
        "comparing two runs": f"/compare?a={store.before}&b={store.small}",
        "suites": "/suites",
        "one worker": f"/workers/{store.worker}",
        "its test bench": f"/workers/{store.worker}/test",
        "one pipeline": f"/pipelines/{store.pipeline}",
    }
    found = visits(address, list(paths.values()))
    for number, name in enumerate(paths):
        yield _visit(name, found[number] if found else None, first=number == 0)


def _visit(name: str, visit: Visit | None, *, first: bool) -> Figure:
    bound = _FIRST_BYTES if first else _NEXT_BYTES
    return Figure(
        name="pages",
        what=f"bytes of {'a first visit,' if first else 'then'} {name}",
        measured=f"{visit.size / 1000:.1f} kB" if visit else "-",
        beside=f"{bound / 1000:.0f} kB",
        ratio=visit.size / bound if visit else None,
        bound=1.0,
        note=visit.largest() if visit else "needs playwright and Chromium",
    )


@dataclass(frozen=True, slots=True)
class _Answer:
    took_s: float
    size: int
    """Of the body, as it was sent."""


@dataclass(frozen=True, slots=True)
class _Reader:
    """One connection, kept alive, that asks for what a browser asks for."""

    connection: http.client.HTTPConnection

    def get(self, path: str) -> _Answer:
        begun = time.perf_counter()
        body = self._body(path, "gzip")
        return _Answer(time.perf_counter() - begun, len(body))

    def following(self, path: str) -> str:
        """Where the next page of a list begins."""
        return str(json.loads(self._body(path, "identity"))["next"])

    def _body(self, path: str, encoding: str) -> bytes:
        self.connection.request("GET", path, headers={"Accept-Encoding": encoding})
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != http.client.OK:
            raise RuntimeError(f"{path} answered {answer.status}: {body[:300]!r}")
        return body


@contextmanager
def _reader(address: str) -> Generator[_Reader]:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    try:
        yield _Reader(connection)
    finally:
        connection.close()


@contextmanager
def _workshop(folder: Path, sim: Simulator) -> Generator[str]:
    """The address of a server of its own."""
    env = bare_environment(
        folder, DATA_DIR=str(folder), OPENAI_BASE_URL=sim.api, OPENAI_API_KEY="none", OPENAI_MODEL=MODEL
    )
    command = [LOOM, "workshop", "--port", "0"]
    process = subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        address = next((word for word in line.split() if word.startswith("http://")), None)
        if address is None:
            raise RuntimeError(f"loom workshop did not say where it listens: {line!r}")
        yield address.rstrip(";")
    finally:
        process.terminate()
        process.wait(timeout=60)
        process.stdout.close()
