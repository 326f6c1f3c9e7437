"""Finds the capitalised names in a text and where each begins and ends. Knows nothing of what they name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from loom.calls.simulated.gazetteer import (
    CALENDAR,
    FIRST_NAMES,
    GREETINGS,
    LEGAL_FORMS,
    MONTHS,
    ORG_WORDS,
    PLACES,
    TITLES,
)
from loom.calls.simulated.text import STOPWORDS

__all__ = ["Name", "find_names"]

_CAPITAL = r"(?:(?:[Aa]l|[Ee]l|[dD]['\u2019]|[Oo]['\u2019])-?)?[A-ZÀ-ÖØ-Þ][\w\u2019'À-ÿ-]*(?:/S)?"
_INITIALS = r"(?:[A-Z]\. ?)+"
_LINK = r"(?:(?:of|de|da|do|du|di|van|von|der|den|for|and|the|del|la|le|bin|ibn|&) +){0,3}"
_RUN = re.compile(
    rf"(?<![\w@.])(?:{_INITIALS} ?)?(?:(?:Mr|Mrs|Ms|Dr|Prof|St)\. +)?{_CAPITAL}"
    rf"(?: +{_LINK}(?:{_CAPITAL}|[A-Z]\.(?= [A-Z])))*(?:,? (?:Inc|Ltd|LLC|Corp|Co)\b)?"
)
_WORD = re.compile(r"\S+")
_ORDINARY = re.compile(r"(?<![\w-])[^\W\d_A-Z][\w'-]*")
_OPENING_ENDS = frozenset(["", ".", "!", "?", ":", "\n", "|", "•"])
_POSSESSIVE = re.compile(r"['\u2019]s$|(?<=s)['\u2019]$")


@dataclass(frozen=True, slots=True)
class Name:
    """A run of capitalised words. `opens` says that it begins a sentence, where any word has a capital."""

    text: str
    start: int
    end: int
    opens: bool


def find_names(text: str) -> Iterator[Name]:
    """Names in order of appearance, each mention."""
    ordinary = frozenset(_ORDINARY.findall(text))
    for run in _RUN.finditer(text):
        for piece in _pieces(list(_WORD.finditer(text, *run.span()))):
            words = _trimmed(text, piece, ordinary)
            if words:
                start, end = words[0].start(), words[-1].end()
                yield Name(_tidy(text, start, end), start, end, _opens(text, start))


def _pieces(words: list[re.Match[str]]) -> Iterator[list[re.Match[str]]]:
    """Cuts `Anna and Bob` and `Eva Lind of the Dockers' Union`, but not `Ministry of Health and Welfare`."""
    begin = 0
    for place, word in enumerate(words):
        if place > begin and word[0].islower() and _parts(words[begin:place], words[place:]):
            yield words[begin:place]
            begin = place + 1
    yield words[begin:]


def _parts(left: list[re.Match[str]], right: list[re.Match[str]]) -> bool:
    """Whether the lower-case word that begins `right` stands between two names."""
    link = right[0][0]
    institution = any(word[0] in ORG_WORDS for word in left)
    if link == "and":
        follows_the = len(right) > 1 and right[1][0] == "the"
        other = any(word[0] in ORG_WORDS for word in right[1:])
        return follows_the or other or not institution or left[-1][0].rstrip(".") in LEGAL_FORMS
    if link == "for" and right[-1][0].rstrip(",.") in PLACES:
        return True
    if link in {"of", "for", "the"}:
        return not institution and (len(left) > 1 or left[0][0] in FIRST_NAMES)
    return False


def _trimmed(text: str, words: list[re.Match[str]], ordinary: frozenset[str]) -> list[re.Match[str]]:
    while words and (words[0][0].islower() or _is_calendar(words) or _common_opening(text, words, ordinary)):
        words = words[1:]
    while words and (words[-1][0] in CALENDAR or (words[-1][0].islower() and "-" not in words[-1][0])):
        words = words[:-1]
    return words


def _is_calendar(words: list[re.Match[str]]) -> bool:
    """A month before a surname is a first name; any other day or month is a date."""
    first = words[0][0].rstrip(",.")
    named = first in MONTHS and len(words) == 2 and words[1][0] not in CALENDAR and words[1][0][0].isupper()
    return (first in CALENDAR and not named) or first in GREETINGS


def _common_opening(text: str, words: list[re.Match[str]], ordinary: frozenset[str]) -> bool:
    """An ordinary word that is written with a capital only because a sentence begins."""
    first, start = words[0][0], words[0].start()
    plain = first.lower().rstrip(".")
    if plain in STOPWORDS:
        inside = not _opens(text, start) and len(words) > 1 and words[1][0][0].isupper() and len(first) > 2
        return not inside and (first in {"A", "I"} or not (first.isupper() and len(first) > 1))
    if first in FIRST_NAMES or first in PLACES or first.rstrip(".") in TITLES or not _opens(text, start):
        return False
    return plain in ordinary


def _opens(text: str, start: int) -> bool:
    return text[max(0, start - 8) : start].rstrip(" \"'“(")[-1:] in _OPENING_ENDS


def _tidy(text: str, start: int, end: int) -> str:
    name = (
        _POSSESSIVE.sub("", text[start:end].rstrip(",;:"))
        if not text[start:end].endswith("s' ")
        else text[start:end]
    )
    abbreviated = name.split()[-1] in LEGAL_FORMS and text[end : end + 1] == "."
    return f"{name}." if abbreviated and text[end : end + 3].strip() != "." else name
