"""Fills fields that are copied from the text: dates, sums, codes, addresses, names after cue words."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import cast

from loom.calls.simulated import patterns
from loom.calls.simulated.brief import Field, Kind, Rules
from loom.calls.simulated.entities import find_entities
from loom.calls.simulated.kinds import name_words
from loom.calls.simulated.noise import Noise, Skill
from loom.calls.simulated.patterns import Found, currency_code
from loom.calls.simulated.text import content_stems, stem, stems

__all__ = ["extract"]

_CUE_WORDS: dict[str, str] = {
    "due": "due by until payable before deadline latest",
    "deadline": "due by until deadline before",
    "invoice": "invoice issued dated bill order placed booked",
    "issue": "issued dated",
    "date": "date dated issued on placed booked ordered",
    "start": "from starts begins starting",
    "end": "to until ends ending",
    "birth": "born birth birthday",
    "total": "total due amount pay payable balance sum grand altogether final",
    "amount": "amount total sum pay paid due",
    "subtotal": "subtotal net",
    "tax": "tax vat",
    "vendor": "from seller supplier vendor regards sincerely by",
    "supplier": "from seller supplier vendor",
    "seller": "from seller",
    "customer": "to dear bill customer client for buyer",
    "client": "to dear client customer",
    "recipient": "to dear attention",
    "sender": "from regards sincerely",
    "author": "by author written",
    "number": "number no invoice order reference booking ref",
    "order": "order number",
    "quantity": "quantity qty pieces units",
}
_NEGATIVE_CUES: dict[str, str] = {
    "total": "subtotal net deposit discount voucher tax vat shipping excl before paid each per",
    "date": "due deliver delivery delivered arrival ship stay until payable by",
    "invoice": "due customer tax vat tracking article item phone",
    "vendor": "dear bill customer ship deliver attention",
    "number": "customer tax vat tracking article item account phone iban",
}
_LABELLED = re.compile(
    r"^[ \t*-]*(?P<name>[A-Za-z][\w ./#-]{1,30}?)\**[ \t]*[:=]\**[ \t]*(?P<value>\S[^\n]*)$", re.MULTILINE
)
_TERM = re.compile(
    r"\b(?:within|net|in|payable in|terms?:?)\s+(\d{1,3})(?:\s+(?:calendar |working )?days?)?\b",
    re.IGNORECASE,
)
_GENERIC = frozenset({"date", "name", "value", "of", "the"})
_SELLERS = frozenset(
    {"vendor", "supplier", "seller", "company", "merchant", "issuer", "organization", "employer"}
)
_NEGATION = re.compile(r"\b(?:never|not)\b")
_WINDOW = 48


@dataclass(frozen=True, slots=True)
class _Search:
    """One field looked for in one text."""

    field: Field
    text: str
    rules: Rules
    skill: Skill


def extract(field: Field, text: str, rules: Rules, skill: Skill, noise: Noise) -> object:
    """The field's value in the form that the rules state, or None when the text has none."""
    search = _Search(field, text, rules, skill)
    ranked = _ranked(search, _FINDERS.get(field.kind, _parties)(search))
    slipped = noise.slips(f"value {field.name}", skill.slip)
    if field.many:
        chosen = ranked[:-1] if slipped and ranked else ranked
        return list(
            dict.fromkeys(
                _formed(search, found, slipped=False) for found in sorted(chosen, key=lambda item: item.start)
            )
        )
    if not ranked:
        return _due_from_terms(search)
    if slipped and len(ranked) > 1:
        return _formed(search, ranked[1], slipped=False)
    if slipped and noise.draw(f"lost {field.name}") < 0.5:
        return None
    return _formed(search, ranked[0], slipped=slipped)


def _ranked(search: _Search, candidates: Iterable[Found]) -> list[Found]:
    """Best first: nearest to the field's cue words, away from words that speak of something else, earliest."""
    wanted, unwanted = _cues(search.field.name, search.field.hint, search.skill.depth)
    scored = [(_closeness(search, found, wanted, unwanted), found) for found in candidates]
    if search.field.kind is Kind.DATE and _is_due(search):
        scored = [(score, found) for score, found in scored if score > 0]
    last = search.skill.depth >= 2 and "total" in name_words(search.field.name)
    scored.sort(key=lambda item: (-item[0], -item[1].start if last else item[1].start))
    return [found for _, found in scored]


@lru_cache(maxsize=256)
def _cues(name: str, hint: str, depth: int) -> tuple[frozenset[str], frozenset[str]]:
    """Stems that speak for a value of the field when they stand before it, and stems that speak against it."""
    named = name_words(name)
    telling = [word for word in named if len(named) == 1 or word not in _GENERIC]
    own = {stem(cue) for word in telling for cue in (word, *_CUE_WORDS.get(word, "").split())}
    if depth == 1:
        return frozenset(own), frozenset()
    described, _, excluded = _NEGATION.sub("\0", hint).partition("\0")
    unwanted = {stem(cue) for word in telling for cue in _NEGATIVE_CUES.get(word, "").split()}
    unwanted.update(content_stems(excluded.split(";")[0]))
    return frozenset(own.union(content_stems(described.split(";")[0]))), frozenset(unwanted - own)


def _closeness(search: _Search, found: Found, wanted: frozenset[str], unwanted: frozenset[str]) -> float:
    start = max(search.text.rfind("\n", 0, found.start) + 1, found.start - _WINDOW)
    before = stems(search.text[start : found.start])
    score = found.bonus
    for distance, cue in enumerate(reversed(before)):
        weight = 1.0 / (1 + 0.35 * distance)
        score += weight if cue in wanted else -weight if cue in unwanted else 0.0
    return score


def _is_due(search: _Search) -> bool:
    return bool({"due", "deadline", "payable"} & set(name_words(search.field.name)))


def _due_from_terms(search: _Search) -> object:
    """A due date counted from the date of issue, or a day without its year, for a size that can."""
    if search.skill.depth < 2 or search.field.kind is not Kind.DATE or not _is_due(search):
        return None
    issued = next(iter(_dates(search)), None)
    if issued is None or not isinstance(issued.value, date):
        return None
    due = _counted(search, issued.value) or _next_day(search, issued.value)
    return due.strftime(search.rules.date_pattern or "%Y-%m-%d") if due else None


def _counted(search: _Search, issued: date) -> date | None:
    terms = list(_TERM.finditer(search.text)) if search.rules.count_terms else []
    return issued + timedelta(days=int(terms[-1][1] or terms[-1][2])) if terms else None


def _next_day(search: _Search, issued: date) -> date | None:
    """The next such day after the issue, of a day written without its year after a word of paying."""
    ranked = _ranked(search, patterns.days_of_year(search.text))
    if not ranked or search.skill.depth < 3:
        return None
    month, day = cast("tuple[int, int]", ranked[0].value)
    try:
        due = issued.replace(month=month, day=day)
        return due if due > issued else due.replace(year=issued.year + 1)
    except ValueError:
        return None


def _formed(search: _Search, found: Found, *, slipped: bool) -> object:
    """The value in the stated form; without a statement, or on a slip, as it stands in the text."""
    value, rules, kind = found.value, search.rules, search.field.kind
    if kind is Kind.DATE and isinstance(value, date):
        pattern = rules.date_pattern or ("%Y-%m-%d" if "yyyy-mm-dd" in search.field.hint else None)
        return value.strftime(pattern) if pattern and not slipped else found.written
    if kind is Kind.AMOUNT and isinstance(value, float):
        plain = rules.plain_amounts or search.field.type in {"number", "integer"}
        return _tidy(value) if plain and not slipped else found.written
    if kind is Kind.CURRENCY:
        iso = rules.iso_currency or "iso" in search.field.hint
        return currency_code(found.unit) if iso and not slipped else found.unit
    if kind is Kind.NUMBER and isinstance(value, float):
        return _tidy(value)
    return value


def _tidy(value: float) -> float | int:
    return int(value) if value == int(value) else round(value, 2)


def _dates(search: _Search) -> Iterable[Found]:
    rules = search.rules
    day_first = rules.day_first
    if rules.month_first_currency and search.skill.depth >= 2:
        units = {currency_code(found.unit) for found in patterns.amounts(search.text) if found.unit}
        day_first = False if rules.month_first_currency in units else day_first
    return patterns.dates(search.text, day_first=day_first)


def _amounts(search: _Search) -> Iterable[Found]:
    return patterns.amounts(search.text)


def _currencies(search: _Search) -> Iterable[Found]:
    return (found for found in patterns.amounts(search.text) if found.unit)


def _identifiers(search: _Search) -> Iterable[Found]:
    return patterns.identifiers(search.text)


def _numbers(search: _Search) -> Iterable[Found]:
    return patterns.numbers(search.text)


def _of_pattern(find: Callable[[str], Iterable[Found]]) -> Callable[[_Search], Iterable[Found]]:
    return lambda search: find(search.text)


def _parties(search: _Search) -> Iterator[Found]:
    """Names of people or organizations; a labelled line first."""
    labelled = list(_labelled(search))
    if labelled or search.field.kind is Kind.TEXT:
        yield from labelled
        return
    sells = bool(_SELLERS & set(name_words(search.field.name)))
    for entity in find_entities(search.text, search.skill.depth):
        if entity.kind is not Kind.PLACES:
            bonus = 0.4 if sells and entity.kind is Kind.ORGANIZATIONS else 0.0
            yield Found(entity.name, entity.name, entity.start, entity.start + len(entity.name), bonus=bonus)


def _labelled(search: _Search) -> Iterator[Found]:
    """The value of a line such as `Vendor: Acme Ltd`, when its label shares a word with the field's name."""
    wanted = {stem(word) for word in name_words(search.field.name)}
    for match in _LABELLED.finditer(search.text):
        if wanted & set(stems(match["name"])):
            value = match["value"].strip().rstrip(".,;")
            yield Found(value, value, match.start("value"), match.end())


_FINDERS: dict[Kind, Callable[[_Search], Iterable[Found]]] = {
    Kind.DATE: _dates,
    Kind.TIME: _of_pattern(patterns.times),
    Kind.AMOUNT: _amounts,
    Kind.CURRENCY: _currencies,
    Kind.EMAIL: _of_pattern(patterns.emails),
    Kind.PHONE: _of_pattern(patterns.phones),
    Kind.URL: _of_pattern(patterns.urls),
    Kind.IDENTIFIER: _identifiers,
    Kind.NUMBER: _numbers,
}
