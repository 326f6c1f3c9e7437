"""Which names a definition may have: the same file on every system, in no folder but its own. Touches no file."""

import re
from collections.abc import Callable, Iterable

from loom.core.errors import Problem, UsageError

__all__ = ["is_text", "require_new", "require_safe"]

_MOST_CHARACTERS = 80
_MOST_BYTES = 200
"""A file name may have 255 bytes; the rest is for endings and for the names of files in the making."""

_RESERVED = re.compile(r"con|prn|aux|nul|(com|lpt)[0-9]", re.IGNORECASE)
_UNSTORABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def is_text(name: str) -> bool:
    """Whether a database can hold `name`: not with control characters, nor with bytes that were no UTF-8."""
    return not _UNSTORABLE.search(name)


def require_safe(name: str) -> None:
    """Raise unless `name` can be the name of a new definition.

    Raises:
        UsageError: saying what is wrong with it.
    """
    for suffers, what, remedy in _FAULTS:
        if suffers(name):
            problem = Problem(what, "name", value=name, remedy=remedy.format(normal=_normal(name)))
            raise UsageError(problem)


def require_new(name: str, taken: Iterable[str]) -> None:
    """Raise when one of the names `taken` is `name`, or differs from it only in case.

    Raises:
        UsageError: naming the other.
    """
    folded = name.casefold()
    for other in taken:
        if other == name:
            raise UsageError(Problem("exists already", "name", value=name, remedy="choose another name"))
        if _normal(other).casefold() == folded:
            what = f"differs only in case from '{other}': on some systems they are one file"
            raise UsageError(Problem(what, "name", value=name, remedy="choose another name"))


def _normal(name: str) -> str:
    if name.isascii():
        return name
    import unicodedata  # a megabyte, which few need

    return unicodedata.normalize("NFKC", name)


_PLAIN = "use letters, digits, '_' and '-'"
_FAULTS: tuple[tuple[Callable[[str], object], str, str], ...] = (
    (lambda name: not name.strip(), "is empty", _PLAIN),
    (lambda name: not is_text(name), "has a character that no file name may have", _PLAIN),
    (lambda name: re.search(r"^\.+$|[/\\:]", name), "would lead to another folder", _PLAIN),
    (lambda name: "%" in name, "has a '%', and escapes are not decoded", _PLAIN),
    (lambda name: _normal(name) != name, "has characters that look like others", "write '{normal}'"),
    (lambda name: not all(letter.isalnum() or letter in "_-" for letter in name), "is no name", _PLAIN),
    (lambda name: not name[0].isalnum(), "is no name", "begin with a letter or a digit"),
    (lambda name: name.casefold() == "new", "is where the Workshop makes another", "choose another name"),
    (_RESERVED.fullmatch, "is a name that Windows keeps for itself", "choose another name"),
    (
        lambda name: len(name) > _MOST_CHARACTERS or len(name.encode()) > _MOST_BYTES,
        f"is longer than {_MOST_CHARACTERS} characters",
        "shorten it",
    ),
)
"""What a name may suffer from, and what to do about it; the first that holds is said."""
