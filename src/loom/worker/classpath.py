"""Turns the dotted path of a class into that class. Importing runs its code: for trusted files only."""

from collections.abc import Callable
from importlib import import_module
from typing import TypeVar

__all__ = ["load_class"]

T = TypeVar("T")


def load_class(class_path: str, base: type[T]) -> Callable[..., T]:
    """The class at `class_path`, which must derive from `base`.

    Raises:
        ImportError: when the path has no dot, or its module cannot be imported.
        AttributeError: when the module has no such class.
        TypeError: when it is not a `base`.
    """
    module_name, _, name = class_path.rpartition(".")
    if not module_name:
        raise ImportError(f"'{class_path}' is not fully qualified; write package.module.Class")
    found = getattr(import_module(module_name), name, None)
    if found is None:
        raise AttributeError(f"class '{name}' not found in module '{module_name}'")
    if not (isinstance(found, type) and issubclass(found, base)):
        raise TypeError(
            f"'{class_path}' is not a {base.__name__}; derive it from {base.__module__}.{base.__name__}"
        )
    return found
