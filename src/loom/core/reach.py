"""What of this machine a definition may have read and imported, by whose wish it is used. Reads and imports nothing.

Files that others have sent name classes and files as they like; whoever follows such a name asks here first.
"""

import os
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from errno import EACCES
from pathlib import Path

from loom.core.errors import Problem

__all__ = ["FileRefusedError", "Reach", "current_reach", "reaching", "require_readable"]


@dataclass(frozen=True, slots=True)
class Reach:
    """What is allowed; nothing at all unless given."""

    imports: tuple[str, ...] = ()
    """Classes, or all of a package and what is below it as `package.*`."""

    folders: tuple[Path, ...] = ()
    """Below them files may be read, but for hidden ones."""

    withheld: tuple[Path, ...] = ()
    """Below them not, also where they are in one of `folders`; where one of `folders` is in them, that counts."""


_current: ContextVar[Reach | None] = ContextVar("_current", default=None)


class FileRefusedError(PermissionError):
    """A path leads to where others may not have this machine read."""

    def __init__(self, path: str) -> None:
        super().__init__(EACCES, "it is not below a folder that others may have this server read", path)

    def problem(self, field: str) -> Problem:
        """What is wrong with the `field` that names the path."""
        remedy = (
            "put it below the folder of the definitions, or have who runs the server name it in FILES_ALLOW"
        )
        return Problem(f"may not be read: {self.strerror}", field, value=self.filename, remedy=remedy)


@contextmanager
def reaching(reach: Reach | None) -> Generator[None]:
    """Within, nothing outside `reach` is imported or read because a definition names it. None allows everything."""
    token = _current.set(reach)
    try:
        yield
    finally:
        _current.reset(token)


def current_reach() -> Reach | None:
    """What is allowed now; None: everything."""
    return _current.get()


def require_readable(path: str | os.PathLike[str]) -> None:
    """Before a file or folder is opened that a definition, or data, names. Links are followed first.

    Raises:
        FileRefusedError: when it may not be read.
    """
    reach = _current.get()
    if reach is None:
        return
    real = Path(os.path.realpath(path))
    allowed, withheld = _around(real, reach.folders), _around(real, reach.withheld)
    holds_withheld = any(_real(one).is_relative_to(real) for one in reach.withheld)
    if allowed is None or holds_withheld or (withheld and withheld.is_relative_to(allowed)):
        raise FileRefusedError(os.fspath(path))
    if any(_hidden(part) for part in real.relative_to(allowed).parts):
        raise FileRefusedError(os.fspath(path))


def _around(path: Path, folders: tuple[Path, ...]) -> Path | None:
    """The nearest of `folders` that `path` is in."""
    around = [real for one in folders if path.is_relative_to(real := _real(one))]
    return max(around, key=lambda real: len(real.parts), default=None)


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path.expanduser()))


def _hidden(part: str) -> bool:
    """Also where Kubernetes mounts a ConfigMap, whose real folder begins with two dots, nothing is hidden."""
    return part.startswith(".") and not part.startswith("..")
