"""A DuckDB file, opened for a moment at a time: DuckDB lets one program write or several read, never both."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from loom.core.errors import ConflictError, Problem, StorageError, UsageError

if TYPE_CHECKING:
    import duckdb

__all__ = ["DuckDBFile"]

_PATIENCE_S = 10.0
_PAUSE_S = 0.05
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
"""Nothing but this file is read or written, and nothing is fetched."""


class DuckDBFile:
    """One file. Safe in several threads and programs: each waits for the others a while."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).expanduser()

    def exists(self) -> bool:
        """Whether anything was ever written."""
        return self.path.exists()

    def version(self) -> tuple[int, int]:
        """Something that is another after each writing: programs write back before they close."""
        found = self.path.stat()
        return found.st_mtime_ns, found.st_size

    @contextmanager
    def reading(self) -> "Generator[duckdb.DuckDBPyConnection]":
        """Within: the file, which must exist, shared with others who read.

        Raises:
            ConflictError: when another program goes on writing.
            StorageError: when it cannot be read.
        """
        with self._opened(read_only=True) as connection:
            yield connection

    @contextmanager
    def writing(self) -> "Generator[duckdb.DuckDBPyConnection]":
        """Within: the file, made when there is none, in one transaction.

        Raises:
            ConflictError: when another program goes on using it.
            StorageError: when it cannot be written.
        """
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_new = not self.exists()
        with self._opened(read_only=False) as connection:
            if is_new:
                self.path.chmod(0o600)
            connection.begin()
            yield connection
            connection.commit()

    @contextmanager
    def _opened(self, *, read_only: bool) -> "Generator[duckdb.DuckDBPyConnection]":
        try:
            import duckdb
        except ImportError:
            raise _missing() from None
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                connection = duckdb.connect(self.path, read_only=read_only, config=_CONFIG)
            except (duckdb.IOException, duckdb.ConnectionException) as error:
                self._wait(error, deadline)
            else:
                break
        try:
            with connection:
                yield connection
        except duckdb.Error as error:
            raise StorageError(f"{self.path}: {_first_line(error)}") from error

    def _wait(self, error: Exception, deadline: float) -> None:
        """Until it may be tried again."""
        held = "lock" in str(error) or "different configuration" in str(error)
        if not held:
            raise StorageError(f"{self.path} cannot be opened: {_first_line(error)}") from None
        if time.monotonic() > deadline:
            raise ConflictError(
                f"{self.path} is in use by another program, perhaps `loom rag ingest`; try again when it has ended"
            ) from None
        time.sleep(_PAUSE_S)


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0]


def _missing() -> UsageError:
    what, remedy = "needs the extra 'rag'", "install it with: pip install 'loom-ai[rag]'"
    return UsageError(Problem(what, "a DuckDB store", remedy=remedy))
