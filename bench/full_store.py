"""A Workshop that has been used for long: 200 workers, 2,000 runs, one of them of 200,000 executions."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import yaml

from bench.large_runs import LargeRuns, definition, write_large_runs
from bench.setting import Setting

__all__ = ["FullStore", "full_store"]

_WORKERS, _RUNS, _SUITES, _PIPELINES = 200, 2_000, 20, 20
_CASES = 20
_LARGE = (20_000, 10)
_QUICK_LARGE, _QUICK_RUNS = (2_000, 10), 420


@dataclass(frozen=True, slots=True)
class FullStore:
    """A copy that may be written to."""

    folder: Path
    """DATA_DIR, with `configs` beside the database."""

    large: str
    """The id of the run of 200,000 executions."""

    small: str
    before: str
    """The run of the same worker and suite before `small`."""

    worker: str
    suite: str
    """Of `small`."""

    pipeline: str


def full_store(setting: Setting) -> FullStore:
    """The store, made unless it was kept, and copied so that what is kept stays as it was made."""
    made = (setting.kept or setting.folder) / ("store-quick" if setting.quick else "store")
    if not (made / "made.json").exists():
        _make(made, quick=setting.quick)
    folder = setting.folder / "data"
    shutil.copytree(made, folder)
    return FullStore(folder, **json.loads((made / "made.json").read_bytes()))


def _make(folder: Path, *, quick: bool) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    small = [_small(number) for number in range((_QUICK_RUNS if quick else _RUNS) - 1)]
    large = LargeRuns(*(_QUICK_LARGE if quick else _LARGE), worker=_worker(0))
    _write_configs(folder / "configs", small[:_SUITES])
    runs = write_large_runs(f"sqlite:///{folder}/loom.db", *small, large)
    last = small[-1]
    made = {
        "large": runs[-1],
        "small": runs[-2],
        "before": runs[-2 - _WORKERS],
        "worker": last.worker,
        "suite": last.name,
        "pipeline": _pipeline(0),
    }
    (folder / "made.json").write_text(json.dumps(made), encoding="utf-8")


def _write_configs(folder: Path, suites: list[LargeRuns]) -> None:
    definitions = [("workers", definition(_worker(number))) for number in range(_WORKERS)]
    definitions += [("suites", one.suite().to_json()) for one in suites]
    definitions += [("pipelines", _stages(number)) for number in range(_PIPELINES)]
    for kind, content in definitions:
        path = folder / kind / f"{content['name']}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def _stages(number: int) -> dict[str, object]:
    stages = [
        {
            "name": f"step_{step}",
            "worker_type": _worker(number + step),
            "input_mapping": {"text": f"step_{step - 1}.output.label" if step else "goal.context.text"},
        }
        for step in range(4)
    ]
    return {"name": _pipeline(number), "pipeline_stages": stages}


def _small(number: int) -> LargeRuns:
    """Ten evaluations of each worker; each worker has one suite."""
    suite = f"suite_{number % _SUITES:02}"
    return LargeRuns(_CASES, seed=number, worker=_worker(number % _WORKERS), name=suite)


def _worker(number: int) -> str:
    return f"worker_{number:03}"


def _pipeline(number: int) -> str:
    return f"pipeline_{number:02}"
