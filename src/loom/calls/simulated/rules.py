"""Reads the formats and limits that a prompt states; what it does not state is not assumed."""

import re

from loom.calls.simulated.brief import Choosing, Missing, Rules, Wording

__all__ = ["read_rules"]

_JSON_ONLY = re.compile(
    r"\b(?:only|nothing but|just|exactly|solely)\s+(?:with\s+)?(?:a|an|the|one|this|valid|"
    r"single|raw|\s)*\s*json"
    r"|\bjson (?:object )?only\b|never output anything (?:except|but|other)|nothing else|"
    r"no (?:other )?(?:prose|"
    r"commentary|explanations?|extra text|markdown)|without (?:any )?(?:commentary|"
    r"markdown|code fences?|explanation)",
    re.IGNORECASE,
)
_DATE_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"yyyy-mm-dd|iso[ -]?8601|iso (?:date|format)", re.IGNORECASE), "%Y-%m-%d"),
    (re.compile(r"\bdd/mm/yyyy\b", re.IGNORECASE), "%d/%m/%Y"),
    (re.compile(r"\bmm/dd/yyyy\b", re.IGNORECASE), "%m/%d/%Y"),
    (re.compile(r"\bdd\.mm\.yyyy\b", re.IGNORECASE), "%d.%m.%Y"),
)
_DAY_FIRST = re.compile(
    r"day (?:comes |is |are )?(?:first|before)|days? first|day/month|european date|dd/mm", re.IGNORECASE
)
_MONTH_FIRST = re.compile(
    r"month (?:comes |is )?(?:first|before)|month/day|\bus dates?\b|american date", re.IGNORECASE
)
_EXCEPTED_CURRENCY = re.compile(r"\bexcept\b[^.\n]{0,50}\b(USD|CAD|GBP|EUR)\b")
_COUNT_TERMS = re.compile(
    r"\b(?:counts? from|add the days|compute the (?:due )?date|from the (?:invoice )?date)\b", re.IGNORECASE
)
_PLAIN_AMOUNT = re.compile(
    r"(?:without|no|not include|strip|omit|remove)\s+(?:the |any |a )?(?:thousands?"
    r" separators?,? (?:or|and|nor) )?"
    r"(?:currency|symbols?|thousands)|\b(?:amounts?|totals?|prices?|"
    r"values?)\b[^.\n]{0,40}\b(?:plain |as an? |are |is an? )"
    r"(?:plain |json |decimal )*numbers?\b|\bnumbers? only\b",
    re.IGNORECASE,
)
_ISO_CURRENCY = re.compile(
    r"\biso(?:[ -]?4217)? (?:currency )?code|three-letter|3-letter|\b(?:USD|EUR|GBP)\b", re.IGNORECASE
)
_LOWER = re.compile(r"\b(?:in )?lower.?case\b", re.IGNORECASE)
_DEDUPE = re.compile(
    r"\bde-?duplicat|\bduplicates?\b|\bonly once\b|\bone entry\b|\bunique\b|\bdistinct\b", re.IGNORECASE
)
_ABSENT = r"\b(?:missing|absent|not (?:present|found|stated|mentioned|given|in the text))\b[^.\n]{0,60}"
_MISSING: tuple[tuple[Missing, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        (Missing.NULL, r"\bnull\b[^.\n]{0,60}\b(?:if|when|for|where)\b"),
        (Missing.NULL, _ABSENT + r"\bnull\b"),
        (Missing.NULL, r"\b(?:unknown|cannot|does not|is no)\b[^.\n]{0,60}\bnull\b"),
        (Missing.EMPTY, _ABSENT + r"\bempty\b"),
        (
            Missing.EMPTY,
            r"\bdo(?:es)? not (?:say|state|mention|hold|contain|give|answer)\b[^.\n]{0,60}(?:\"\"|\bempty\b)",
        ),
        (
            Missing.EMPTY,
            r"\bno \w+ (?:(?:are|is|were) )?found\b[^.\n]{0,60}\bempty\b|\bempty (?:string|text)\b",
        ),
        (Missing.EMPTY, r"\b(?:use|answer|set|return|write|to) (?:an? )?\"\"(?!\w)"),
        (Missing.UNKNOWN, _ABSENT + r"\"unknown\""),
        (Missing.OMIT, r"\bomit\b[^.\n]{0,40}\b(?:field|key)s?\b|\bleave (?:it|them) out\b"),
    )
)
_NUMBER_WORDS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "ten": 10,
}
_COUNT = (
    r"(?:(?:at most|up to|no more than|maximum(?: of)?|max\.?|within|under|in|exactly|"
    r"fewer than|\d{1,4}\s*(?:-|\u2013|to))\s+)?"
)
_LIMIT = re.compile(
    _COUNT
    + r"\b(\d{1,4}|one|two|three|four|five|six|seven|eight|ten)(?:[ -](?:short |key |main |bullet |complete )*)"
    r"(words?|sentences?|items?|points?|bullets?|keywords?|entries)\b",
    re.IGNORECASE,
)
_SHORT = re.compile(
    r"\b(?:only|just)\s+(?:with\s+)?(?:the|an?)\s+(?:short |final |exact )*(?:answer|"
    r"label|category|number|name|word|result)\b"
    r"|\bshort answer\b|\bas short as possible\b|\bone word\b|\bsingle word\b|\bnothing else\b",
    re.IGNORECASE,
)
_SCALE = re.compile(
    r"\b(?:from|between|scale of|score)?\s*(?:an? )?(?:integer |number )?(0(?:\.0)?|"
    r"1)\s*(?:to|-|\u2013|and)\s*(1\.0|1|5|10|100)\b",
    re.IGNORECASE,
)
_OTHER_WORDS = re.compile(r"\bother words\b|\bparaphras|\bsynonym|\bin substance\b", re.IGNORECASE)
_OPPOSITES = re.compile(r"\b(?:opposite|contrary|negated|denie[sd]|refuse[sd]?)\b", re.IGNORECASE)
_ANNOUNCED = re.compile(r"\b(?:announced?|promised?|for later)\b", re.IGNORECASE)
_ASKED = re.compile(
    r"\b(?:choose|take|pick|use|goes|belongs)\b[^.\n]{0,50}\b(?:asks?|requests?|requested|wants?|act on)\b"
    r"|\b(?:asks?|requests?|requested|wants?)\b[^.\n]{0,30}\b(?:decides?|counts?)\b",
    re.IGNORECASE,
)
_RULED_OUT = re.compile(
    r"\b(?:rule[sd]? out|denie[sd]|excludes?|excluded|settled|not about)\b[^.\n]{0,60}"
    r"\b(?:(?:does|do) not count|never counts?|(?:is|are) (?:not (?:counted|chosen)|ignored))\b"
    r"|\bignore\b[^.\n]{0,50}\b(?:rule[sd]? out|denie[sd]|excluded|settled|not about)\b",
    re.IGNORECASE,
)
_LISTED = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+\S", re.MULTILINE)


def read_rules(text: str) -> Rules:
    """Every format, limit and convention that `text` states."""
    limits = _limits(text)
    return Rules(
        json_only=bool(_JSON_ONLY.search(text)),
        date_pattern=next((pattern for cue, pattern in _DATE_PATTERNS if cue.search(text)), None),
        day_first=True if _DAY_FIRST.search(text) else False if _MONTH_FIRST.search(text) else None,
        month_first_currency=excepted[1] if (excepted := _EXCEPTED_CURRENCY.search(text)) else None,
        count_terms=bool(_COUNT_TERMS.search(text)),
        plain_amounts=bool(_PLAIN_AMOUNT.search(text)),
        iso_currency=bool(_ISO_CURRENCY.search(text)),
        lower_case=bool(_LOWER.search(text)),
        dedupe=bool(_DEDUPE.search(text)),
        missing=next((kind for kind, cue in _MISSING if cue.search(text)), Missing.UNSAID),
        max_words=limits.get("word"),
        max_sentences=limits.get("sentence"),
        max_items=limits.get("item"),
        short=bool(_SHORT.search(text)),
        scale=_scale(text),
        wording=Wording(
            other_words=bool(_OTHER_WORDS.search(text)),
            opposites=bool(_OPPOSITES.search(text)),
            announced=bool(_ANNOUNCED.search(text)),
        ),
        choosing=Choosing(asked=bool(_ASKED.search(text)), ruled_out=bool(_RULED_OUT.search(text))),
        stated=len(_LISTED.findall(text)),
    )


def _limits(text: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for match in _LIMIT.finditer(text):
        spelled = match[1].lower()
        unit = match[2].lower().rstrip("s")
        kind = unit if unit in {"word", "sentence"} else "item"
        if not (kind == "word" and spelled in {"one", "1"}):
            found.setdefault(kind, _NUMBER_WORDS.get(spelled) or int(spelled))
    return found


def _scale(text: str) -> tuple[float, float]:
    match = _SCALE.search(text)
    return (float(match[1]), float(match[2])) if match else (0.0, 1.0)
