"""Where the time goes: an evaluation under cProfile, for people who make it faster.

As a program it is the child: `python -m bench.profile OUT ARGUMENTS...` runs `loom ARGUMENTS` and leaves
`OUT.<thread>`.
"""

import cProfile
import pstats
import sys
import tempfile
import threading
import time
from pathlib import Path

from bench.child import measured
from bench.contestants import LoomRuns
from bench.material import write_material
from bench.simulator import simulator

__all__ = ["show_profile"]

_ROOT = Path(__file__).resolve().parent.parent
_WORTH_SHOWING_S = 0.02
_EACH_THREAD = sys.version_info < (3, 12)
"""Since 3.12 only one profiler can be active in a process, and only the main thread is seen."""


def show_profile(size: int, *, top: int, order: str, cached: bool) -> None:
    """Profile an evaluation of `size` cases, or a second one from the cache. Times are CPU time of each thread."""
    with tempfile.TemporaryDirectory() as kept, simulator() as sim:
        folder = Path(kept)
        runs = LoomRuns(folder, sim)
        runs.prepare()
        material = write_material(folder, size)
        with runs.data_dir() as data_dir:
            if cached:
                runs.again(material, data_dir)
            command = [
                sys.executable,
                "-m",
                "bench.profile",
                str(folder / "profile"),
                *runs.arguments(material),
            ]
            measured(command, runs.environment(data_dir), _ROOT)
        for path in sorted(folder.glob("profile.*")):
            stats = pstats.Stats(str(path))
            if stats.get_stats_profile().total_tt >= _WORTH_SHOWING_S:
                print(f"--- thread {path.suffix[1:]}, {size} cases")
                stats.strip_dirs().sort_stats(order).print_stats(top)


def _profiled(out: str) -> None:
    from loom.cli.main import cli

    profiles = {"main": cProfile.Profile(time.thread_time)}

    def follow(*_: object) -> None:
        sys.setprofile(None)
        profile = profiles.setdefault(threading.current_thread().name, cProfile.Profile(time.thread_time))
        profile.enable()

    if _EACH_THREAD:
        threading.setprofile(follow)
    try:
        profiles["main"].runcall(cli)
    finally:
        for name, profile in profiles.items():
            profile.create_stats()
            if profile.getstats():
                profile.dump_stats(f"{out}.{name}")


if __name__ == "__main__":
    path = sys.argv.pop(1)
    _profiled(path)
