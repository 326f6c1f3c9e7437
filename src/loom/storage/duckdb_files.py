"""Tells a DuckDB file, as Loom 0.9 kept its store in, from one that can be opened here. Reads twelve bytes."""

from pathlib import Path

from loom.core.errors import Problem, UsageError

__all__ = ["is_duckdb", "refuse_duckdb"]

_MARK = slice(8, 12)


def is_duckdb(path: Path) -> bool:
    """Whether there is a DuckDB file at `path`."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(_MARK.stop)[_MARK] == b"DUCK"


def refuse_duckdb(path: Path) -> None:
    """Raises UsageError when there is a DuckDB file at `path`."""
    if is_duckdb(path):
        what = "is a DuckDB file, the store of Loom 0.9"
        remedy = f"take over what is in it with: loom import {path}; and name another file here, or none"
        raise UsageError(Problem(what, str(path), remedy=remedy))
