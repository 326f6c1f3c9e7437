"""`reading`: large runs summarised and compared, and stored outputs scored once more; no model is asked."""

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from statistics import median

from bench.child import Measured, bare_environment, measured
from bench.figure import Figure
from bench.large_runs import LargeRuns, write_large_runs
from bench.limits import LOOM
from bench.setting import Setting

__all__ = ["reading"]

_SHAPES = ((2_000, 100), (20_000, 10))
_QUICK = ((200, 100),)
_SUMMARY_S, _COMPARISON_S, _RESCORE_S = 2.0, 3.0, 10.0
_OUTPUTS = 10_000


def reading(setting: Setting) -> Iterator[Figure]:
    """Wall of `loom runs show` and `loom compare` on runs of 200,000 executions, and of `loom rescore`."""
    for cases, repetitions in _QUICK if setting.quick else _SHAPES:
        folder = setting.folder / f"{cases}"
        folder.mkdir()
        runs = [LargeRuns(cases, repetitions, seed, rate) for seed, rate in ((1, 0.8), (2, 0.79))]
        write_large_runs(f"sqlite:///{folder}/loom.db", *runs)
        env = bare_environment(setting.folder, DATA_DIR=str(folder))
        shape = f"{cases * repetitions:,} executions of {cases:,} cases"
        yield _wall(f"summary of {shape}", _run(setting, env, "runs", "show", "last"), _SUMMARY_S)
        yield _wall(
            f"comparison of two of {shape}", _run(setting, env, "compare", "last~1", "last"), _COMPARISON_S
        )
    folder = setting.folder / "outputs"
    folder.mkdir()
    write_large_runs(f"sqlite:///{folder}/loom.db", LargeRuns(_OUTPUTS, 1, 1))
    env = bare_environment(setting.folder, DATA_DIR=str(folder))
    cut_off = _without_network()
    took = measured([*cut_off, LOOM, "rescore", "last", "--scorer", "exact_match"], env)
    how = "with no network" if cut_off else "with a network that it could have used"
    yield _wall(f"re-scoring {_OUTPUTS:,} outputs, {how}", [took], _RESCORE_S)


def _without_network() -> list[str]:
    """What starts a command in a network of its own in which there is nothing; nothing where that is not allowed."""
    command = ["unshare", "--map-root-user", "--net"]
    allowed = shutil.which(command[0]) and subprocess.run([*command, "true"], check=False).returncode == 0
    return command if allowed else []


def _run(setting: Setting, env: dict[str, str], *command: str) -> list[Measured]:
    return [measured([LOOM, *command], env) for _ in range(setting.rounds(5))]


def _wall(what: str, rounds: Sequence[Measured], limit_s: float) -> Figure:
    took_s = median(one.wall_s for one in rounds)
    return Figure(
        name="reading",
        what=what,
        measured=f"{took_s:.2f} s",
        beside=f"{limit_s:.0f} s",
        ratio=took_s / limit_s,
        bound=1.0,
        note=f"{max(one.peak_mb for one in rounds):.0f} MB",
    )
