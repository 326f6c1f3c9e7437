"""Finds dates, amounts, addresses, numbers and names by their shape, with their places in the text."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import ParamSpec

__all__ = [
    "Found",
    "amounts",
    "currency_code",
    "dates",
    "days_of_year",
    "emails",
    "identifiers",
    "numbers",
    "phones",
    "times",
    "urls",
]

_MONTHS = {
    name: number
    for number, names in enumerate(
        ("january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
         "september sept sep", "october oct", "november nov", "december dec"),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DATE = re.compile(
    rf"\b(?P<iso>\d{{4}}-\d{{2}}-\d{{2}})\b"
    rf"|\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{_MONTH})\.?,? (?P<year>\d{{4}})\b"
    rf"|\b(?P<month2>{_MONTH})\.? (?P<day2>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year2>\d{{4}})\b"
    r"|\b(?P<a>\d{1,2})(?P<sep>[/.-])(?P<b>\d{1,2})(?P=sep)(?P<year3>\d{4})\b"
    r"|\b(?P<a2>\d{1,2})(?P<sep2>[/.])(?P<b2>\d{1,2})(?P=sep2)(?P<yy>\d{2})\b"
    r"|\b(?P<y4>\d{4})/(?P<m4>\d{1,2})/(?P<d4>\d{1,2})\b",
    re.IGNORECASE,
)
_DAY = re.compile(
    rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{_MONTH})\b(?!\.?,? \d{{4}})"
    rf"|\b(?P<month2>{_MONTH}) (?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\b(?!,? \d{{4}})",
    re.IGNORECASE,
)
_CODES = {
    "$": "USD",
    "US$": "USD",
    "R$": "BRL",
    "A$": "AUD",
    "AU$": "AUD",
    "C$": "CAD",
    "CA$": "CAD",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "₹": "INR",
    "zł": "PLN",
    "Kč": "CZK",
    "kr": "SEK",
    "Ft": "HUF",
    "dollar": "USD",
    "euro": "EUR",
    "pound": "GBP",
    "yen": "JPY",
    "franc": "CHF",
}
_ISO = (
    "USD|EUR|GBP|JPY|CHF|CAD|AUD|SEK|NOK|DKK|INR|PLN|CZK|NZD|SGD|HKD|BRL|MXN|ZAR|TRY|HUF|RON|KRW|THB|ILS|CNY"
)
_NUMBER = r"\d{1,3}(?:[ ,.'\u2019]\d{3}){1,5}(?:[.,]\d{1,2})?|\d{1,15}(?:[.,]\d{1,2})?"
_AMOUNT = re.compile(
    rf"(?P<before>(?:US|R|A|C|CA|AU)?\$|[€£¥₹]|\b(?:{_ISO}))\s?(?P<number>{_NUMBER})(?![\d%])"
    rf"|(?<![\w.,/-])(?P<number2>{_NUMBER})\s?(?P<after>[€£¥₹]|zł|Kč|kr\b|Ft\b|"
    rf"\b(?:{_ISO})\b|(?:dollars?|euros?|pounds?|yen|francs?)\b)",
    re.IGNORECASE,
)
_PLAIN_AMOUNT = re.compile(r"(?<![\w.,/:-])(?:\d{1,3}(?:,\d{3})+(?:\.\d{2})?|\d{1,15}\.\d{2})(?![\w%./-])")
_NUMBER_IN_TEXT = re.compile(r"(?<![\w.,/:$€£-])-?\d{1,15}(?:,\d{3}){0,5}(?:\.\d+)?(?![\w/:-]|[.,]\d)")
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(
    r"(?<![\w-])(?:\+\d{1,3}[ .-]?)?(?:\(\d{1,4}\)[ .-]?)?\d{2,4}(?:[ .-]\d{2,4}){1,4}(?![\w-])"
)
_URL = re.compile(r"\b(?:https?://|www\.)[^\s<>\"')]+[^\s<>\"').,;]")
_TIME = re.compile(r"\b\d{1,2}(?::\d{2})(?:\s?[ap]\.?m\.?)?|\b\d{1,2}\s?[ap]\.?m\b\.?", re.IGNORECASE)
_NAMED_IDENTIFIER = re.compile(
    r"\b(?:invoice|order|bill|booking|receipt|ticket|notice|note|check|reservation|"
    r"confirmation|code|no|nr|number|ref|reference)\b\.?,?"
    r"(?: (?:no|nr|number|ref|code|id|confirmation|is)\b\.?)*[:#]? ?[#]?"
    r"(?P<code>(?=[\w/-]*\d)[A-Za-z0-9]+(?:[-/][A-Za-z0-9]+)*)(?![\w%]|[.,]\d| (?:EUR|USD|GBP)\b)",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile(
    r"(?<![\w/@.-])(?:[A-Z]{1,8}[-_/#]?(?:\d{2,4}[-/])?\d{2,}(?:[-/][A-Z0-9]+)*|"
    r"[A-Z]{1,6}-[A-Z0-9]*\d[A-Z0-9-]*|#\s?\d{2,}[\w-]*|\d{5,}(?:-\d+)?)(?![\w@/]|\.\d)"
)


@dataclass(frozen=True, slots=True)
class Found:
    """A value with its place. `written` is as in the text; `value` is its plain form."""

    written: str
    value: object
    start: int
    end: int
    unit: str = ""
    """Of an amount: the currency as written."""

    bonus: float = 0.0
    """Of a name: how well its kind fits the field that it is wanted for."""


_Spec = ParamSpec("_Spec")


def _collected(find: Callable[_Spec, Iterator[Found]]) -> Callable[_Spec, tuple[Found, ...]]:
    def found(*args: _Spec.args, **kwargs: _Spec.kwargs) -> tuple[Found, ...]:
        return tuple(find(*args, **kwargs))

    return found


@lru_cache(maxsize=64)
@_collected
def dates(text: str, *, day_first: bool | None = None) -> Iterator[Found]:
    """Calendar dates; `value` is a `date`. All-digit dates follow `day_first`, else `/` is month first."""
    for match in _DATE.finditer(text):
        value = _date(match, day_first=day_first)
        if value:
            yield Found(match[0], value, *match.span())


@lru_cache(maxsize=64)
@_collected
def days_of_year(text: str) -> Iterator[Found]:
    """Days without a year (`17 January`, `March 5`); `value` is `(month, day)`."""
    for match in _DAY.finditer(text):
        month = _MONTHS[(match["month"] or match["month2"]).lower()]
        yield Found(match[0], (month, int(match["day"] or match["day2"])), *match.span())


@lru_cache(maxsize=64)
@_collected
def amounts(text: str) -> Iterator[Found]:
    """Sums of money; `value` is a float. Falls back on bare decimals when nothing carries a currency."""
    matches = list(_AMOUNT.finditer(text))
    for match in matches:
        number = match["number"] or match["number2"]
        yield Found(match[0], plain_number(number), *match.span(), unit=match["before"] or match["after"])
    if not matches:
        for match in _PLAIN_AMOUNT.finditer(text):
            yield Found(match[0], plain_number(match[0]), *match.span())


@lru_cache(maxsize=64)
@_collected
def numbers(text: str) -> Iterator[Found]:
    """Plain numbers that are no part of a date, a code or a sum of money."""
    for match in _NUMBER_IN_TEXT.finditer(text):
        yield Found(match[0], float(match[0].replace(",", "")), *match.span())


@lru_cache(maxsize=64)
@_collected
def identifiers(text: str) -> Iterator[Found]:
    """Codes such as `INV-2041`, `#5521` or `100482`, and whatever follows `invoice no.`; `value` is without `#`."""
    taken = [(found.start, found.end) for found in dates(text)]
    found: set[int] = set()
    for match in _NAMED_IDENTIFIER.finditer(text):
        if not any(start <= match.start("code") < end for start, end in taken):
            found.add(match.start("code"))
            yield Found(match["code"], match["code"].lstrip("#"), *match.span("code"))
    for match in _IDENTIFIER.finditer(text):
        if match.start() not in found and not any(start <= match.start() < end for start, end in taken):
            yield Found(match[0], match[0].lstrip("# "), *match.span())


@_collected
def emails(text: str) -> Iterator[Found]:
    """E-mail addresses."""
    yield from _plain(_EMAIL, text)


@_collected
def phones(text: str) -> Iterator[Found]:
    """Telephone numbers of at least seven digits."""
    taken = [(found.start, found.end) for found in (*dates(text), *amounts(text))]
    for found in _plain(_PHONE, text):
        digits = sum(char.isdigit() for char in found.written)
        if 7 <= digits <= 15 and not any(start <= found.start < end for start, end in taken):
            yield found


@_collected
def urls(text: str) -> Iterator[Found]:
    """Web addresses."""
    yield from _plain(_URL, text)


@_collected
def times(text: str) -> Iterator[Found]:
    """Times of day."""
    yield from _plain(_TIME, text)


def currency_code(unit: str) -> str:
    """The ISO 4217 code of a currency as written."""
    return _CODES.get(unit) or _CODES.get(unit.lower().rstrip("s")) or unit.upper()


def plain_number(written: str) -> float:
    """`1,250.00`, `1.250,00` and `1 250` as a float; the last separator with two digits after it is the decimal one."""
    compact = re.sub(r"[ '\u2019]", "", written)
    match = re.fullmatch(r"(.*?)(?:[.,](\d{1,2}))?", compact)
    assert match is not None
    whole = re.sub(r"\D", "", match[1]) or "0"
    return float(f"{whole}.{match[2] or 0}")


def _plain(pattern: re.Pattern[str], text: str) -> Iterator[Found]:
    for match in pattern.finditer(text):
        yield Found(match[0], match[0], *match.span())


def _date(match: re.Match[str], *, day_first: bool | None) -> date | None:
    try:
        if match["iso"]:
            return date.fromisoformat(match["iso"])
        if match["year3"]:
            return _all_digits(match["a"], match["b"], int(match["year3"]), match["sep"], day_first=day_first)
        if match["yy"]:
            return _all_digits(
                match["a2"], match["b2"], 2000 + int(match["yy"]), match["sep2"], day_first=day_first
            )
        if match["y4"]:
            return date(int(match["y4"]), int(match["m4"]), int(match["d4"]))
        month = _MONTHS[(match["month"] or match["month2"]).lower()]
        return date(int(match["year"] or match["year2"]), month, int(match["day"] or match["day2"]))
    except ValueError:
        return None


def _all_digits(left: str, right: str, year: int, separator: str, *, day_first: bool | None) -> date:
    first, second = int(left), int(right)
    leading_day = separator != "/" if day_first is None else day_first
    if first > 12 or (leading_day and second <= 12):
        return date(year, second, first)
    return date(year, first, second)
