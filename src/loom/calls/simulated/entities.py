"""Says of each name whether it is a person, a place or an organization, by its words and by what stands around it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from loom.calls.simulated.brief import Kind
from loom.calls.simulated.gazetteer import (
    CALENDAR,
    FIRST_NAMES,
    GREETINGS,
    LEGAL_FORMS,
    ORG_NAMES,
    ORG_WORDS,
    PERSON_WORDS,
    PLACE_WORDS,
    PLACES,
    TITLES,
)
from loom.calls.simulated.names import Name, find_names

__all__ = ["Entity", "find_entities"]

_BEFORE = re.compile(r"([\w\u2019'-]+)[\s\"'(“\u2018,]*$")
_AFTER = re.compile(r"^[\s,\"'\u2019)”]*(\w+)")
_JOINED = re.compile(r"(?:,|;|,? and|,? or|&)\s*(?:in |on )?(?:the )?")
_INITIALS = re.compile(r"(?:[A-Z]\. ?)+[A-Z]\w")
_PLACE_BEFORE_WORDS = """
in near outside across around between toward towards to from through over along leaves off past beyond
reaches overlooking visited via of left form
"""
_PLACE_BEFORE = frozenset(_PLACE_BEFORE_WORDS.split())
_ORG_BEFORE_WORDS = """
at joined founded acquired with by band company firm newspaper startup club agency against
"""
_ORG_BEFORE = frozenset(_ORG_BEFORE_WORDS.split())


@dataclass(frozen=True, slots=True)
class Entity:
    """A name in the text, of kind PEOPLE, PLACES or ORGANIZATIONS."""

    name: str
    kind: Kind
    start: int
    sure: bool
    """Decided by its own words, not by context alone."""


@lru_cache(maxsize=64)
def find_entities(text: str, depth: int) -> tuple[Entity, ...]:
    """Entities in order of appearance, each mention. `depth` 1 knows words only, 2 reads context, 3 links surnames."""
    found = list(_classified(text, depth))
    return tuple(_linked(found) if depth >= 3 else found)


def _classified(text: str, depth: int) -> Iterator[Entity]:
    previous: Entity | None = None
    end = 0
    for name in find_names(text):
        bare, titled = _without_title(name.text)
        kind = Kind.PEOPLE if titled else _by_words(bare)
        sure = kind is not None
        if kind is None and depth > 1 and previous and _continues(text, end, previous, name):
            kind = previous.kind
        if kind is None:
            kind = _by_context(text, name, bare) if depth > 1 else Kind.PEOPLE if " " in bare else None
        end, previous = name.end, Entity(bare, kind, name.start, sure) if kind else None
        if previous and bare not in CALENDAR and len(bare) > 1 and not (bare.isupper() and " " in bare):
            yield previous


def _continues(text: str, end: int, previous: Entity, name: Name) -> bool:
    """Whether `name` goes on a list that `previous` began; names of a list are all one word, or all several."""
    after = _AFTER.match(text[name.end : name.end + 24])
    acts = after is not None and after[1] in PERSON_WORDS
    alike = (" " in previous.name) == (" " in name.text)
    return alike and not acts and _JOINED.fullmatch(text[end : name.start]) is not None


def _without_title(name: str) -> tuple[str, bool]:
    words = name.split()
    titled = False
    while len(words) > 1 and words[0].rstrip(".") in TITLES and words[1][0].isupper():
        words, titled = words[1:], True
    institution = any(word.rstrip(".,") in ORG_WORDS for word in words)
    return (name, False) if institution else (" ".join(words), titled)


def _by_words(name: str) -> Kind | None:
    words = [word.rstrip(".,") for word in name.split()]
    if not words:
        return None
    if name in PLACES:
        return Kind.PLACES
    if name in ORG_NAMES or "&" in words or any(word in ORG_WORDS or word in LEGAL_FORMS for word in words):
        return Kind.ORGANIZATIONS
    if words[-1] in PLACE_WORDS or (
        len(words) > 1 and words[0] in {"Mount", "Lake", "River", "San", "Port", "Cape", "Isle"}
    ):
        return Kind.PLACES
    if words[0] in FIRST_NAMES or _INITIALS.match(name):
        return Kind.PEOPLE
    return Kind.ORGANIZATIONS if name.isupper() and 2 <= len(name) <= 5 else None


def _by_context(text: str, name: Name, bare: str) -> Kind | None:
    before, after = (
        _BEFORE.search(text[max(0, name.start - 24) : name.start]),
        _AFTER.match(text[name.end : name.end + 24]),
    )
    previous, following = before[1] if before else "", after[1] if after else ""
    if previous in GREETINGS or previous in PERSON_WORDS or following in PERSON_WORDS:
        return Kind.PEOPLE
    if " " not in bare:
        return None if name.opens else _single(previous.lower(), text[: name.start])
    if previous.lower() in {"in", "near", "outside", "across", "around", "between"}:
        return Kind.PLACES
    return (
        Kind.ORGANIZATIONS
        if previous.lower() in _ORG_BEFORE - {"with", "by", "against"} | {"the"}
        else Kind.PEOPLE
    )


def _single(previous: str, before: str) -> Kind | None:
    """One unknown word with a capital inside a sentence: `the Danube`, `on Gotland`, `at Novacell`."""
    if previous in _PLACE_BEFORE or previous == "on":
        return Kind.PLACES
    if previous == "the":
        governed = _BEFORE.search(before.rstrip()[:-3])
        moves = governed is not None and governed[1].lower() in _PLACE_BEFORE | {"on", "of"}
        return Kind.PLACES if moves or governed is None else Kind.ORGANIZATIONS
    return Kind.ORGANIZATIONS if previous in _ORG_BEFORE else Kind.PEOPLE


def _linked(found: list[Entity]) -> list[Entity]:
    """A surname or first part alone after the full name means the same; it is written out."""
    full: dict[str, Entity] = {}
    for entity in found:
        if " " in entity.name and entity.kind is not Kind.PLACES:
            words = entity.name.split()
            full.setdefault(words[-1] if entity.kind is Kind.PEOPLE else words[0], entity)
    return [
        replace(entity, name=whole.name, kind=whole.kind)
        if (whole := full.get(entity.name)) and entity.kind is not Kind.PLACES
        else entity
        for entity in found
    ]
