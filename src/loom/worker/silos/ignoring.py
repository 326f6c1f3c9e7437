"""The rules of gitignore for one folder: whether its own `.siloignore` names an entry. Looks at no disk.

Who walks the folder leaves out the folders it names, so that an entry is only judged by what it is itself; a pattern
that names a folder around it has had its effect there. `git ls-files` agrees, which tests ask it.
"""

from collections.abc import Callable, Iterable
from re import Pattern
from typing import Any, cast

__all__ = ["ignoring"]

_FOLDER_MARK = "ps_d"
"""The group in pathspec's expressions for the slash after a folder that a pattern names."""


def ignoring(lines: Iterable[str]) -> Callable[[str], bool]:
    """Whether the patterns leave out a path, of a folder with `/` at its end; the last that names it counts.

    Raises:
        ValueError: for a line that is no pattern.
    """
    from pathspec import GitIgnoreSpec

    compiled = cast("list[Any]", GitIgnoreSpec.from_lines(lines).patterns)
    patterns: list[tuple[bool, Pattern[str]]] = [
        (one.include, one.regex) for one in compiled if one.include is not None
    ]

    def ignored(path: str) -> bool:
        naming = (include for include, expression in reversed(patterns) if _names(expression, path))
        return next(naming, False)

    return ignored


def _names(expression: Pattern[str], path: str) -> bool:
    """Whether a pattern names the entry itself, and not only a folder on the way to it."""
    bare = path.rstrip("/")
    if any(found.groupdict().get(_FOLDER_MARK) is None for found in expression.finditer(bare)):
        return True
    ends = (
        found.end(_FOLDER_MARK) for found in expression.finditer(path) if found.groupdict().get(_FOLDER_MARK)
    )
    return path != bare and len(path) in ends
