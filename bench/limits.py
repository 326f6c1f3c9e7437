"""`latency`, `memory`, `start`: Loom beside a limit instead of a peer."""

import math
import sys
from collections.abc import Callable, Iterator
from statistics import median

from bench.child import Measured, bare_environment, measured
from bench.contestants import IN_FLIGHT, LoomRuns, bare
from bench.figure import Figure
from bench.setting import LARGE, Setting
from bench.simulator import LOOM, Simulator, simulator

__all__ = ["latency", "memory", "start"]

_LATENCY_MS = 200
_BASE_MB, _MORE_MB, _BIG_ANSWERS_MB = 90.0, 20.0, 400.0
_BIG_ANSWER_BYTES = 50_000


def latency(setting: Setting) -> Iterator[Figure]:
    """From the arrival of the first call to the end of the last, by the server's bill; the best of a few runs."""
    ideal_s = math.ceil(LARGE / IN_FLIGHT) * _LATENCY_MS / 1000
    material = setting.material(LARGE)
    with simulator(latency_ms=_LATENCY_MS) as sim:
        runs = LoomRuns(setting.folder, sim)
        runs.prepare()
        spans = [
            (_span_s(sim, lambda: bare(material, sim)), _span_s(sim, lambda: runs.fresh(material)))
            for _ in range(setting.rounds(3))
        ]
    bare_s, loom_s = (min(each) for each in zip(*spans, strict=True))
    yield Figure(
        name="latency",
        what=f"first to last of {LARGE:,} calls of {_LATENCY_MS} ms",
        measured=f"{loom_s:.2f} s",
        beside=f"{ideal_s:.2f} s, ideal for {IN_FLIGHT} at once",
        ratio=loom_s / ideal_s,
        bound=1.05,
        note=f"the bare loop: {bare_s / ideal_s:.2f}",
    )


def _span_s(sim: Simulator, run: Callable[[], Measured]) -> float:
    sim.reset()
    run()
    bill = sim.bill()
    return (max(row["finished_us"] for row in bill) - min(row["arrived_us"] for row in bill)) / 1e6


def memory(setting: Setting) -> Iterator[Figure]:
    """The largest resident set of `loom eval`, its interpreter and libraries included."""
    with simulator() as sim:
        runs = LoomRuns(setting.folder, sim)
        runs.prepare()
        base = median(runs.fresh(setting.material(LARGE)).peak_mb for _ in range(setting.rounds(3)))
        yield _peak(f"memory at {LARGE:,} cases", base, _BASE_MB)
        large = runs.fresh(setting.material(5 * LARGE)).peak_mb
        yield _peak(f"more memory at {5 * LARGE:,} cases", large - base, _MORE_MB)
    if setting.quick:
        return
    with simulator(answer_bytes=_BIG_ANSWER_BYTES) as sim:
        runs = LoomRuns(setting.folder, sim)
        runs.prepare()
        peak = runs.fresh(setting.material(10 * LARGE)).peak_mb
        yield _peak(f"memory at {10 * LARGE:,} cases, 50 kB answers", peak, _BIG_ANSWERS_MB)


def _peak(what: str, peak_mb: float, limit_mb: float) -> Figure:
    measured, beside = f"{peak_mb:.0f} MB", f"{limit_mb:.0f} MB"
    return Figure(
        name="memory", what=what, measured=measured, beside=beside, ratio=peak_mb / limit_mb, bound=1.0
    )


def start(setting: Setting) -> Iterator[Figure]:
    """How long until `loom --help` is there."""
    env = bare_environment(setting.folder)
    python = [sys.executable, "-c", "import argparse, asyncio, sqlite3"]
    for command in (python, [LOOM, "--help"]):
        measured(command, env)
    pairs = [(measured([LOOM, "--help"], env).wall_s, measured(python, env).wall_s) for _ in range(21)]
    loom_s, python_s = (median(times) for times in zip(*pairs, strict=True))
    yield Figure(
        name="start",
        what="wall of `loom --help`",
        measured=f"{1000 * loom_s:.0f} ms",
        beside=f"{1000 * python_s:.0f} ms, bare Python",
        ratio=median(loom / python for loom, python in pairs),
        bound=2.0,
    )
