"""Whether a suite can be meant for a worker, by what its contract says. Asks no model and refuses nothing."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, cast

from loom.core.contracts import Contract
from loom.core.errors import Problem
from loom.core.worker_config import WorkerConfig
from loom.evaluation.models import Case

if TYPE_CHECKING:
    from loom.core.jsonvalue import Json

__all__ = ["misfits"]

_MOST_NAMES = 6


def misfits(worker: WorkerConfig, cases: Iterable[Case]) -> Iterator[Problem]:
    """Why all of `cases` are lost on `worker`; nothing where any of them is not."""
    chosen = list(cases)
    admits = Contract(worker.input_schema or {}, "input").problems
    if chosen and all(admits(case.input) for case in chosen):
        what = f"admits the input of no case: {admits(chosen[0].input)[0]}"
        yield Problem(what, "input_schema", worker.file, remedy="choose the suite of this worker")
    promised = cast("Json", (worker.output_schema or {}).get("properties") or {})
    outputs = [case.expected_output for case in chosen if case.has_expected]
    wanted = {key: None for output in outputs if isinstance(output, dict) for key in cast("Json", output)}
    if promised and wanted and not promised.keys() & wanted.keys():
        what = f"promises {_names(promised)}, and the cases expect {_names(wanted)}"
        yield Problem(what, "output_schema", worker.file, remedy="choose the suite of this worker")


def _names(fields: Iterable[str]) -> str:
    names = list(fields)
    return ", ".join(names[:_MOST_NAMES]) + ", …" * (len(names) > _MOST_NAMES)
