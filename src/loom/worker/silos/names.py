"""Which names a model may give a file: those that mean the same one file on every system. Looks at no disk."""

import unicodedata
from collections.abc import Callable, Iterable

__all__ = ["TEXT_SUFFIXES", "colliding", "name_fault"]

TEXT_SUFFIXES = frozenset({".md", ".txt", ".yaml", ".yml", ".json", ".csv", ".toml"})
"""Of the files that are read into a prompt; no other is written."""

_LONGEST = 200
"""Bytes of a whole name, and of each part with room to spare below the 255 that file systems allow."""

_DEEPEST = 8
_PUNCTUATION = frozenset(" -_.,+=@()[]'")
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{port}{n}" for port in ("com", "lpt") for n in range(10)}
)
"""Devices on Windows, whatever their ending."""

_LOOK_ALIKES = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC"})
"""Scripts whose letters are taken for each other's."""


def name_fault(name: object) -> str | None:
    """Why `name` is not the name of a text file in a folder or below it, as the end of a sentence; None when it is."""
    if not isinstance(name, str) or not name:
        return "is no file name"
    parts = name.split("/")
    if len(name.encode("utf-8", "surrogatepass")) > _LONGEST or len(parts) > _DEEPEST:
        return f"is longer than {_LONGEST} bytes or deeper than {_DEEPEST} folders"
    wrong = next(filter(None, map(_part_fault, parts)), None)
    if wrong:
        return wrong
    stem, dot, suffix = parts[-1].rpartition(".")
    if not (stem and dot + suffix in TEXT_SUFFIXES):
        return f"must end in one of {' '.join(sorted(TEXT_SUFFIXES))}"
    return None


def _part_fault(part: str) -> str | None:
    return next((fault for holds, fault in _FAULTS if holds(part)), None)


def _is_plain(character: str) -> bool:
    return character in _PUNCTUATION or unicodedata.category(character)[0] in "LMN"


def _scripts(part: str) -> set[str]:
    """Those of the look-alike scripts that its letters are from; the ending does not count."""
    stem = part.rpartition(".")[0] or part
    first_words = {unicodedata.name(letter, "").partition(" ")[0] for letter in stem if letter.isalpha()}
    return first_words & _LOOK_ALIKES


_FAULTS: tuple[tuple[Callable[[str], bool], str], ...] = (
    (lambda part: part in ("", ".", ".."), "leads out of the folder, or nowhere (like a/../b, /a or a//b)"),
    (lambda part: part.startswith("."), "is hidden: a part of it begins with a dot"),
    (
        lambda part: part.strip() != part or part.endswith("."),
        "has a part that begins or ends with a space, or ends with a dot",
    ),
    (lambda part: part.startswith(("-", "~")), "has a part that begins with '-' or '~'"),
    (
        lambda part: not all(map(_is_plain, part)),
        f"holds a character other than letters, digits and {''.join(sorted(_PUNCTUATION))!r}",
    ),
    (
        lambda part: unicodedata.normalize("NFKC", part) != part,
        "is not in the composed form of Unicode (NFKC)",
    ),
    (
        lambda part: part.partition(".")[0].rstrip().casefold() in _RESERVED,
        "is the name of a device on some systems",
    ),
    (lambda part: len(_scripts(part)) > 1, "mixes letters of scripts that look alike"),
)


def colliding(name: str, existing: Iterable[str]) -> str | None:
    """A file or folder among `existing` that some systems take for `name`, or a folder it is in, spelled otherwise."""
    spelled = {_folded(path): path for other in existing for path in _paths(other)}
    for path in _paths(name):
        other = spelled.get(_folded(path), path)
        if other != path:
            return other
    return None


def _paths(name: str) -> list[str]:
    """`a/b/c` as `a`, `a/b`, `a/b/c`."""
    parts = name.split("/")
    return ["/".join(parts[: end + 1]) for end in range(len(parts))]


def _folded(path: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", path).casefold())
