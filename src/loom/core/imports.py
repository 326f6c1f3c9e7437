"""Imports the module that a dotted path in a file names. Importing runs its code: hence the allow-list.

The folder one works in is searched last, so that a project's own classes are found and hide nothing installed.
"""

import os
import sys
from importlib import import_module
from types import ModuleType

from loom.core.reach import current_reach

__all__ = ["ImportRefusedError", "module_of", "require_own"]


class ImportRefusedError(ImportError):
    """A path is not on the allow-list."""

    remedy = "have whoever runs this server name it in IMPORT_ALLOW"


def module_of(path: str) -> tuple[ModuleType, str]:
    """The module of `package.module.Name`, imported, and the name.

    Raises:
        ImportRefusedError: when an allow-list is in force and does not name `path`.
        ImportError: when `path` has no dot, there is no such module, or it ends the process when it is imported;
            besides what the module raises itself.
    """
    module, _, name = path.rpartition(".")
    if not module or not name:
        raise ImportError(f"'{path}' is not fully qualified; write package.module.Class")
    reach = current_reach()
    if reach is not None and not any(_names(entry, path) for entry in reach.imports):
        raise ImportRefusedError(f"'{path}' is not on the list of what others may have this server import")
    here = os.getcwd()  # noqa: PTH109 - as it is written on sys.path
    if here not in sys.path and "" not in sys.path:
        sys.path.append(here)
    try:
        return import_module(module), name
    except BaseException as end:
        if isinstance(end, Exception | KeyboardInterrupt):
            raise
        what = f"'{module}' ended the process when it was imported ({end!r})"
        raise ImportError(f"{what}; put what it runs under `if __name__ == '__main__':`") from end


def require_own(path: str, found: type) -> None:
    """`package.*` allows the classes of a package, and none that one of its modules has imported from elsewhere.

    Raises:
        ImportRefusedError: when `found`, at `path`, is such a one.
    """
    reach = current_reach()
    own = f"{found.__module__}.{found.__qualname__}"
    if reach is None or path in reach.imports:
        return
    if not any(_names(entry, own) for entry in reach.imports):
        raise ImportRefusedError(f"'{path}' is '{own}', which others may not have this server import")


def _names(entry: str, path: str) -> bool:
    return path.startswith(entry[:-1]) if entry.endswith(".*") else path == entry
