"""Imports the module that a dotted path in a file names. Importing runs its code: hence the allow-list.

The folder one works in is searched last, so that a project's own classes are found and hide nothing installed.
"""

import os
import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from types import ModuleType

__all__ = ["ImportRefusedError", "importing_only", "module_of", "require_own"]

_allowed: ContextVar[tuple[str, ...] | None] = ContextVar("allowed", default=None)


class ImportRefusedError(ImportError):
    """A path is not on the allow-list."""

    remedy = "have whoever runs this server name it in IMPORT_ALLOW"


@contextmanager
def importing_only(allowed: Iterable[str] | None) -> Generator[None]:
    """Within, `module_of` refuses every path that `allowed` does not name: for files that others have sent.

    An entry names one class, or all of a package and what is below it as `package.*`. None allows everything.
    """
    token = _allowed.set(None if allowed is None else tuple(allowed))
    try:
        yield
    finally:
        _allowed.reset(token)


def module_of(path: str) -> tuple[ModuleType, str]:
    """The module of `package.module.Name`, imported, and the name.

    Raises:
        ImportRefusedError: when an allow-list is in force and does not name `path`.
        ImportError: when `path` has no dot, or there is no such module; besides what the module raises itself.
    """
    module, _, name = path.rpartition(".")
    if not module or not name:
        raise ImportError(f"'{path}' is not fully qualified; write package.module.Class")
    allowed = _allowed.get()
    if allowed is not None and not any(_names(entry, path) for entry in allowed):
        raise ImportRefusedError(f"'{path}' is not on the list of what others may have this server import")
    here = os.getcwd()  # noqa: PTH109 - as it is written on sys.path
    if here not in sys.path and "" not in sys.path:
        sys.path.append(here)
    return import_module(module), name


def require_own(path: str, found: type) -> None:
    """`package.*` allows the classes of a package, and none that one of its modules has imported from elsewhere.

    Raises:
        ImportRefusedError: when `found`, at `path`, is such a one.
    """
    allowed = _allowed.get()
    own = f"{found.__module__}.{found.__qualname__}"
    if allowed is not None and path not in allowed and not any(_names(entry, own) for entry in allowed):
        raise ImportRefusedError(f"'{path}' is '{own}', which others may not have this server import")


def _names(entry: str, path: str) -> bool:
    return path.startswith(entry[:-1]) if entry.endswith(".*") else path == entry
