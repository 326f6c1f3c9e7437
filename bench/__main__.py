"""`python -m bench [NAMES...] [--quick]` prints figures beside peers or limits; exits 1 when a bound breaks."""

import argparse
import json
import os
import platform
import sys
import time
from dataclasses import asdict
from pathlib import Path

from bench.cost import cpu, peers
from bench.figure import Figure, table_head
from bench.limits import latency, memory, start
from bench.malformed import malformed
from bench.pages import pages
from bench.profile import show_profile
from bench.reading import reading
from bench.scorers import scorers
from bench.setting import LARGE, scratch

_BENCHMARKS = {
    "start": start,
    "cpu": cpu,
    "latency": latency,
    "memory": memory,
    "malformed": malformed,
    "peers": peers,
    "reading": reading,
    "scorers": scorers,
    "pages": pages,
}
_RESULTS = Path(__file__).parent / "results"


def main() -> int:
    """Run what is named, or everything."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=_described())
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"{', '.join(_BENCHMARKS)}, or profile; default: all"
    )
    parser.add_argument("--quick", action="store_true", help="one round of each, for a first look")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="pages: keep the store for the next time")
    parser.add_argument("--cached", action="store_true", help="profile: the second run, from the cache")
    parser.add_argument("--top", type=int, default=40, help="profile: how many functions")
    parser.add_argument("--sort", default="tottime", help="profile: tottime or cumtime")
    given = parser.parse_args()
    if given.names == ["profile"]:
        show_profile(LARGE, top=given.top, order=given.sort, cached=given.cached)
        return 0
    unknown = [name for name in given.names if name not in _BENCHMARKS]
    if unknown:
        parser.error(
            f"no benchmark is called {unknown[0]}; there are {', '.join(_BENCHMARKS)}, and profile alone"
        )
    figures = _run(given.names or list(_BENCHMARKS), quick=given.quick, kept=given.keep)
    return 1 if any(figure.verdict == "BROKEN" for figure in figures) else 0


def _described() -> str:
    return " ".join(f"{name}: {run.__doc__}" for name, run in _BENCHMARKS.items())


def _run(names: list[str], *, quick: bool, kept: Path | None) -> list[Figure]:
    print(table_head(), flush=True)
    figures: list[Figure] = []
    for name in names:
        with scratch(quick=quick, kept=kept) as setting:
            for figure in _BENCHMARKS[name](setting):
                print(figure.line(), flush=True)
                figures.append(figure)
    _keep(figures, quick=quick)
    return figures


def _keep(figures: list[Figure], *, quick: bool) -> None:
    """The figures as JSON, with the machine they are of: they compare within one file only."""
    _RESULTS.mkdir(exist_ok=True)
    machine = {"python": platform.python_version(), "system": platform.platform(), "cpus": os.cpu_count()}
    rows = [{**asdict(figure), "verdict": figure.verdict} for figure in figures]
    kept = {"machine": machine, "load_at_end": os.getloadavg(), "quick": quick, "figures": rows}
    path = _RESULTS / f"{time.strftime('%Y%m%dT%H%M%S')}.json"
    path.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
