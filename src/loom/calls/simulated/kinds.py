"""Guesses what belongs into a field from its name and from what the prompt says about it."""

import re

from loom.calls.simulated.brief import Kind

__all__ = ["kind_of", "name_words"]

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PARTIES = """
    name vendor supplier company customer client contact sender recipient author buyer seller organization organisation
    employer person merchant payer payee signer owner manager speaker issuer
"""
_BY_NAME: tuple[tuple[Kind, frozenset[str]], ...] = tuple(
    (kind, frozenset(spelled.split()))
    for kind, spelled in (
        (Kind.CONFIDENCE, "confidence probability certainty"),
        (
            Kind.REASON,
            "reason reasoning rationale explanation justification why evidence feedback comment comments",
        ),
        (Kind.LANGUAGE, "language lang"),
        (Kind.CURRENCY, "currency"),
        (Kind.UNMET, "missing unmet uncovered gaps lacking"),
        (Kind.EMAIL, "email emails mail"),
        (Kind.PHONE, "phone telephone tel mobile phones fax"),
        (Kind.URL, "url link website urls links homepage"),
        (Kind.DATE, "date dates deadline due day birthday dob expiry"),
        (Kind.TIME, "time"),
        (Kind.PREFERENCE, "winner preference preferred better"),
        (Kind.CRITERIA, "criteria"),
        (Kind.SCORE, "score rating grade"),
        (Kind.TRANSLATION, "translation translated"),
        (Kind.SUMMARY, "summary abstract tldr synopsis overview gist"),
        (Kind.POINTS, "points highlights bullets takeaways findings facts actions"),
        (Kind.KEYWORDS, "keywords tags topics keyphrases"),
        (Kind.PEOPLE, "people persons person_names attendees participants"),
        (Kind.PLACES, "places locations cities countries place location city country"),
        (Kind.ORGANIZATIONS, "organizations organisations orgs companies institutions"),
        (Kind.IDENTIFIER, "id number no num reference ref code identifier iban sku serial tracking"),
        (
            Kind.LABEL,
            "category label class intent sentiment tone priority urgency severity type department team topic verdict",
        ),
        (
            Kind.AMOUNT,
            "amount total price cost subtotal tax vat sum fee balance value salary budget discount",
        ),
        (Kind.TITLE, "title headline subject"),
        (Kind.CALCULATION, "result calculation"),
        (Kind.ANSWER, "answer response reply output"),
        (Kind.PARTY, _PARTIES),
    )
)
_NUMERIC_KINDS: frozenset[Kind] = frozenset({Kind.CONFIDENCE, Kind.SCORE, Kind.AMOUNT, Kind.CALCULATION})
_COUNTED = re.compile(r"\b(?:number of|how many|entities|count)\b")
_PRICED = re.compile(r"\b(?:amount|price|cost|money)\b")
_COUNTING = frozenset(
    [
        "count",
        "quantity",
        "qty",
        "age",
        "years",
        "guests",
        "items",
        "units",
        "pages",
        "seats",
        "nights",
        "people",
    ]
)
_BY_HINT: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (Kind.DATE, re.compile(r"\b(?:date|yyyy|deadline)\b")),
    (Kind.EMAIL, re.compile(r"\be-?mail\b")),
    (Kind.PHONE, re.compile(r"\b(?:phone|telephone)\b")),
    (Kind.SUMMARY, re.compile(r"\b(?:summar(?:y|ise|ize)|one.sentence|sentences?)\b")),
    (Kind.REASON, re.compile(r"\b(?:explanation|why|reason|justif\w+)\b")),
    (Kind.AMOUNT, re.compile(r"\b(?:amount|price|cost|money)\b")),
    (Kind.PARTY, re.compile(r"\bname of\b")),
)


def name_words(name: str) -> list[str]:
    """The lower-case words of a field's name, from snake_case, kebab-case or camelCase."""
    return [word for word in re.split(r"[\W_]+", _CAMEL.sub("_", name).lower()) if word]


def kind_of(name: str, json_type: str, hint: str = "", *, labelled: bool = False) -> Kind:
    """What belongs into the field `name`. `labelled` says that its allowed values are listed."""
    if json_type == "boolean":
        return Kind.FLAG
    if labelled:
        return Kind.LABEL
    parts = name_words(name)
    if json_type in {"integer", "number"}:
        return _numeric(parts, hint)
    if parts[-1:] == ["name"] and len(parts) > 1 and parts[0] in {"product", "file", "item"}:
        return Kind.TEXT
    if parts[-1:] in (["name"], ["names"]) and len(parts) > 1:
        return kind_of("_".join(parts[:-1]), json_type) if parts[0] in {"city", "country"} else Kind.PARTY
    found = _first(parts)
    return found or next((kind for kind, cue in _BY_HINT if cue.search(hint)), Kind.TEXT)


def _first(parts: list[str]) -> Kind | None:
    present = set(parts)
    last = set(parts[-1:])
    return next((kind for kind, names in _BY_NAME if names & last), None) or next(
        (kind for kind, names in _BY_NAME if names & present), None
    )


def _numeric(parts: list[str], hint: str) -> Kind:
    present = set(parts)
    if present & {"word", "words"}:
        return Kind.WORD_COUNT
    if parts == ["count"] or (present & {"count", "total"} and _COUNTED.search(hint)):
        return Kind.COUNT
    found = _first(parts)
    if found is not None and found in _NUMERIC_KINDS:
        return found
    if found is Kind.ANSWER:
        return Kind.CALCULATION
    counted = present & _COUNTING or found is Kind.IDENTIFIER or not _PRICED.search(hint)
    return Kind.NUMBER if counted else Kind.AMOUNT
