"""Turns the dotted path of a class into that class. Importing runs its code; see `loom.core.imports`."""

from collections.abc import Callable
from typing import TypeVar

from loom.core.imports import module_of, require_own

__all__ = ["load_class"]

T = TypeVar("T")


def load_class(class_path: str, base: type[T]) -> Callable[..., T]:
    """The class at `class_path`, which must derive from `base`.

    Raises:
        ImportRefusedError: when an allow-list is in force and does not name it.
        ImportError: when the path has no dot, or its module cannot be imported.
        AttributeError: when the module has no such class.
        TypeError: when it is not a `base`.
    """
    module, name = module_of(class_path)
    found = getattr(module, name, None)
    if found is None:
        raise AttributeError(f"class '{name}' not found in module '{module.__name__}'")
    if not (isinstance(found, type) and issubclass(found, base)):
        raise TypeError(
            f"'{class_path}' is not a {base.__name__}; derive it from {base.__module__}.{base.__name__}"
        )
    require_own(class_path, found)
    return found
