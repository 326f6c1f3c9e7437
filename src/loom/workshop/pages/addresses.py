"""The addresses of pages about runs. The state of a page is its address."""

from collections.abc import Iterable, Mapping
from urllib.parse import quote, urlencode

from loom.evaluation.store import RunRow
from loom.workshop.views.tables import PAGE_ROWS

__all__ = [
    "address",
    "bench_address",
    "case_address",
    "cases_address",
    "comparison_address",
    "leaderboard_address",
    "run_address",
    "size_word",
    "suite_address",
    "worker_address",
]


def address(path: str, query: Mapping[str, str | None] | None = None, **more: str | None) -> str:
    """`path` with what is not empty of `query` and `more`."""
    given = {name: value for name, value in {**(query or {}), **more}.items() if value}
    return f"{path}?{urlencode(given)}" if given else path


def run_address(run: RunRow | bytes) -> str:
    """The page of a run."""
    return f"/runs/{(run if isinstance(run, bytes) else run.id).hex()}"


def case_address(run: RunRow, key: bytes, repetition: int = 0) -> str:
    """The page of a case in a run; an address counts repetitions from 1."""
    path = f"{run_address(run)}/cases/{key.hex()}"
    return f"{path}?repetition={repetition + 1}" if repetition else path


def cases_address(run: RunRow | bytes, field: str, value: str) -> str:
    """The cases of a run whose `field` is `value`, as the filter of the page spells it."""
    spelt = value if value.split() == [value] else f'"{value}"'
    return f"{address(run_address(run), q=f'{field}:{spelt}')}#cases"


def comparison_address(a: bytes, b: bytes) -> str:
    """The page of two runs side by side."""
    return address("/compare", a=a.hex(), b=b.hex())


def leaderboard_address(runs: Iterable[bytes], ending: str = "", *, measure: str | None = None) -> str:
    """The page of several runs in order; `ending` is `.csv` or `.json` for its twins."""
    given = [("run", run.hex()) for run in runs] + ([("measure", measure)] if measure else [])
    return f"/leaderboard{ending}?{urlencode(given)}"


def size_word(size: int) -> str | None:
    """How many rows a page has, as addresses of a list say it; None for as many as usual."""
    return None if size == PAGE_ROWS else str(size)


def worker_address(name: str, rest: str = "") -> str:
    """The page of a worker."""
    return f"/workers/{quote(name, safe='')}{rest}"


def suite_address(name: str, rest: str = "", **query: str | None) -> str:
    """The page of a suite."""
    return address(f"/suites/{quote(name, safe='')}{rest}", query)


def bench_address(worker: str, test: bytes | None = None, before: str = "") -> str:
    """The test bench of a worker, with one of its tests open; where that came to nothing, with the one `before`."""
    return address(worker_address(worker, "/test"), test=test.hex() if test else None, before=before)
