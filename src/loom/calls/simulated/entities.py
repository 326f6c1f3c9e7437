"""Finds people, places and organizations by capital letters, titles, endings, context and a few known names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from loom.calls.simulated.brief import Kind
from loom.calls.simulated.gazetteer import (
    CALENDAR,
    FIRST_NAMES,
    ORG_NAMES,
    ORG_WORDS,
    PERSON_WORDS,
    PLACE_WORDS,
    PLACES,
    TITLES,
)
from loom.calls.simulated.text import STOPWORDS

__all__ = ["Entity", "find_entities"]

_CAPITAL = r"[A-ZÀ-ÖØ-Þ][\w’'À-ÿ-]*(?:\.(?=[A-Z]))?"
_NAME = re.compile(
    rf"\b(?:(?:Mr|Mrs|Ms|Dr|Prof|St)\. +)?{_CAPITAL}"
    rf"(?: +(?:(?:of|de|da|van|von|der|for|and|the|del|la|&) +){{0,2}}(?:{_CAPITAL}|[A-Z]\.(?= [A-Z])))*"
    r"(?:,? (?:Inc|Ltd|LLC|Corp|Co)\b\.?)?"
)
_WORD = re.compile(r"\S+")
_BEFORE = re.compile(r"([\w’'-]+)[\s\"'(“‘]*$")
_AFTER = re.compile(r"^[\s,\"'’)”]*(\w+)")
_PLACE_BEFORE = frozenset(
    "in at near to from across outside around through visited of toward towards leaving".split()
)
_ORG_BEFORE = frozenset("at by joined founded for with by the".split())


@dataclass(frozen=True, slots=True)
class Entity:
    """A name in the text, of kind PEOPLE, PLACES or ORGANIZATIONS."""

    name: str
    kind: Kind
    start: int
    sure: bool
    """Decided by a name, title or ending, not by context alone."""


def find_entities(text: str, depth: int) -> tuple[Entity, ...]:
    """Names in order of appearance, each mention. `depth` 1 to 3 adds context rules and surname links."""
    found = [entity for start, name in _names(text) if (entity := _classified(text, start, name, depth))]
    return tuple(_linked(found) if depth >= 3 else found)


def _names(text: str) -> Iterator[tuple[int, str]]:
    for match in _NAME.finditer(text):
        for piece in _pieces(match):
            words = _trimmed(text, piece)
            if words:
                start, end = words[0].start(), words[-1].end()
                yield start, re.sub(r"['’]s?$", "", text[start:end]).rstrip(".,")


def _pieces(match: re.Match[str]) -> Iterator[list[re.Match[str]]]:
    """`Anna and Bob` is two names; `Ministry of Health and Welfare` is one."""
    words = list(_WORD.finditer(match.string, *match.span()))
    joint = next((place for place, word in enumerate(words) if word[0] in {"and", "for"}), len(words))
    if any(word[0] in ORG_WORDS for word in words[:joint]):
        joint = len(words)
    yield words[:joint]
    if joint < len(words):
        yield words[joint + 1 :]


def _trimmed(text: str, words: list[re.Match[str]]) -> list[re.Match[str]]:
    while words and (words[0][0].islower() or words[0][0] in CALENDAR or _common_opening(text, words)):
        words = words[1:]
    while words and (words[-1][0] in CALENDAR or words[-1][0].islower()):
        words = words[:-1]
    return words


def _common_opening(text: str, words: list[re.Match[str]]) -> bool:
    """An ordinary word that is written with a capital only because a sentence begins."""
    first, start = words[0][0], words[0].start()
    plain = first.lower().rstrip(".")
    if plain in STOPWORDS:
        return not (len(words) == 1 and first.isupper() and len(first) > 1)
    opens = text[:start].rstrip(" \"'“(")[-1:] in {"", ".", "!", "?", ":", "\n"}
    known = first in FIRST_NAMES or first.rstrip(".") in TITLES
    return opens and not known and re.search(rf"\b{re.escape(plain)}\b", text) is not None


def _classified(text: str, start: int, name: str, depth: int) -> Entity | None:
    bare, titled = _without_title(name)
    if not bare or bare in CALENDAR or len(bare) < 2:
        return None
    kind = Kind.PEOPLE if titled else _by_name(bare)
    if kind is None and depth == 1:
        kind = Kind.PEOPLE if " " in bare else None
        return Entity(bare, kind, start, sure=False) if kind else None
    if kind:
        return Entity(bare, kind, start, sure=True)
    kind = _by_context(text, start, name)
    return Entity(bare, kind, start, sure=False) if kind else None


def _without_title(name: str) -> tuple[str, bool]:
    words = name.split()
    titled = False
    while len(words) > 1 and words[0].rstrip(".") in TITLES and (words[1][0].isupper()):
        words, titled = words[1:], True
    return " ".join(words), titled


def _by_name(name: str) -> Kind | None:
    words = [word.rstrip(".,") for word in name.split()]
    if name in PLACES:
        return Kind.PLACES
    if name in ORG_NAMES or any(word in ORG_WORDS for word in words) or "&" in words:
        return Kind.ORGANIZATIONS
    if words[-1] in PLACE_WORDS or words[0] in {"Mount", "Lake", "River", "San", "Port", "Cape"}:
        return Kind.PLACES
    if words[0] in FIRST_NAMES:
        return Kind.PEOPLE
    if name.isupper() and 2 <= len(name) <= 6:
        return Kind.ORGANIZATIONS
    return None


def _by_context(text: str, start: int, name: str) -> Kind | None:
    before = _BEFORE.search(text[max(0, start - 20) : start])
    after = _AFTER.match(text[start + len(name) : start + len(name) + 20])
    previous = before[1].lower() if before else ""
    following = after[1] if after else ""
    if previous in {"in", "near", "outside", "across", "around"}:
        return Kind.PLACES
    if following in PERSON_WORDS and previous not in _ORG_BEFORE:
        return Kind.PEOPLE
    if previous in {"at", "joined", "founded", "acquired", "the"}:
        return Kind.ORGANIZATIONS
    if " " in name:
        return Kind.PEOPLE
    return Kind.PLACES if previous in _PLACE_BEFORE else Kind.ORGANIZATIONS if following else None


def _linked(found: list[Entity]) -> list[Entity]:
    """A surname alone after the full name means the same person; it is written out."""
    full = {
        entity.name.split()[-1]: entity.name
        for entity in found
        if entity.kind is Kind.PEOPLE and " " in entity.name
    }
    return [
        Entity(full[entity.name], Kind.PEOPLE, entity.start, sure=True) if entity.name in full else entity
        for entity in found
    ]
