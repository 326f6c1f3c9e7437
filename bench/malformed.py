"""How long `loom validate` takes to tell what is wrong in the last case of a large suite, and in how much memory."""

import csv
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from bench.child import bare_environment, measured
from bench.figure import Figure
from bench.setting import Setting
from bench.simulator import LOOM

__all__ = ["malformed"]

_LIMIT_S = 1.0
_LIMIT_MB = 100.0
_LOOMS_OWN_MB = 50.0
"""With Parquet: what may come on top of pyarrow, which alone takes 67 MB, and 84 where it was just installed."""
_TEXT = "I was charged twice for order {} and would like to have one of the payments back, please."
_LABELS = ("billing", "delivery", "returns", "account", "other")

Cases = Sequence[dict[str, object]]


def malformed(setting: Setting) -> Iterator[Figure]:
    """Telling what is wrong at the end of a suite of 8 MB (YAML: 256 kB, its limit), beside 1 s and 100 MB."""
    large = _cases(8_000_000)
    for name, write in _FORMATS.items():
        path = setting.folder / f"wrong.{name}"
        write(path, large)
        yield from _told(setting, path, len(large))
    path, small = setting.folder / "wrong.yaml", _cases(250_000)
    _json(path, small)
    yield from _told(setting, path, len(small))


def _told(setting: Setting, path: Path, size: int) -> Iterator[Figure]:
    command = [LOOM, "validate", str(path)]
    env = bare_environment(setting.folder)
    took = [measured(command, env, status=1) for _ in range(setting.rounds(5))]
    if "input" not in took[-1].output:
        raise RuntimeError(f"something else was told: {took[-1].output[-1000:]}")
    what = f"fault in the last of {size:,}, {path.suffix[1:]}"
    wall_s, peak_mb = median(one.wall_s for one in took), median(one.peak_mb for one in took)
    yield _figure(what, f"{wall_s:.2f} s", f"{_LIMIT_S:.0f} s", wall_s / _LIMIT_S)
    limit_mb, beside = _limit_mb(path, env)
    yield _figure(f"{what}: memory", f"{peak_mb:.0f} MB", beside, peak_mb / limit_mb)


def _limit_mb(path: Path, env: Mapping[str, str]) -> tuple[float, str]:
    if path.suffix != ".parquet":
        return _LIMIT_MB, f"{_LIMIT_MB:.0f} MB"
    alone_mb = measured([sys.executable, "-c", "import pyarrow.parquet"], env).peak_mb
    return alone_mb + _LOOMS_OWN_MB, f"{alone_mb:.0f} MB, pyarrow, and {_LOOMS_OWN_MB:.0f}"


def _figure(what: str, measured: str, beside: str, ratio: float) -> Figure:
    return Figure(name="malformed", what=what, measured=measured, beside=beside, ratio=ratio, bound=1.0)


def _cases(size_bytes: int) -> Cases:
    """As many as a JSON file of that size holds; the last one has a number for its text."""
    cases: list[dict[str, object]] = []
    for number in count():
        given = {"text": _TEXT.format(number)}
        expected = {"category": _LABELS[number % len(_LABELS)], "order": number}
        case: dict[str, object] = {"name": f"m-{number}", "input": given, "expected_output": expected}
        size_bytes -= len(json.dumps(case)) + len(",\n")
        if size_bytes < 0:
            return [*cases, {**case, "input": 3}]
        cases.append(case)
    return cases


def _jsonl(path: Path, cases: Cases) -> None:
    path.write_text("".join(json.dumps(case) + "\n" for case in cases), encoding="utf-8")


def _json(path: Path, cases: Cases) -> None:
    path.write_text("[" + ",\n".join(map(json.dumps, cases)) + "]", encoding="utf-8")


def _csv(path: Path, cases: Cases) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["name", "input", "expected_output"])
        writer.writerows([str(case["name"]), *map(json.dumps, list(case.values())[1:])] for case in cases)


def _parquet(path: Path, cases: Cases) -> None:
    parquet: Any = import_module("pyarrow.parquet")
    table: Any = import_module("pyarrow").Table
    rows = [
        {"name": case["name"], **{key: json.dumps(case[key]) for key in ("input", "expected_output")}}
        for case in cases
    ]
    parquet.write_table(table.from_pylist(rows), path)


_FORMATS: dict[str, Callable[[Path, Cases], None]] = {
    "json": _json,
    "jsonl": _jsonl,
    "csv": _csv,
    "parquet": _parquet,
}
