"""The form of an endpoint, both ways: from what is kept to fields, and from what was posted to what the book takes.

A key that is kept is never put into a field.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from loom.calls.book.models import Listed
from loom.core.errors import Problem
from loom.core.jsonvalue import Json, JsonValue
from loom.core.money import NANO
from loom.workshop.views.feedback import Banner
from loom.workshop.views.forms import Field, FieldKind, all_at_field, grouped
from loom.workshop.views.tones import Tone

__all__ = ["LIMITS", "EndpointForm", "Refused", "base_of", "said_in"]

LIMITS: Mapping[str, str] = {
    "max_concurrent": "Calls in flight",
    "requests_per_minute": "Requests a minute",
    "tokens_per_minute": "Tokens a minute",
}
_KINDS = (
    ("", "Guess from the address"),
    ("openai", "OpenAI API"),
    ("anthropic", "Anthropic API"),
    ("ollama", "Ollama"),
)
_STORED = "stored"
_EMPTY_ROWS = 1
_MOST_ROWS = 100
_PRICE_WORDS = (("input", "Input"), ("output", "Output"), ("cached", "Input, cached"))
_MAIN = (
    Field("label", "Name", required=True, help="How tiers, workers and --endpoint call it."),
    Field(
        "url",
        "Address",
        FieldKind.URL,
        required=True,
        placeholder="http://localhost:11434",
        help="http or https, without a key in it. A new address drops the key and headers.",
    ),
    Field("kind", "Kind", FieldKind.SELECT, options=_KINDS),
    Field("enabled", "In use", FieldKind.CHECKBOX, help="Off: it is kept, and not asked."),
)
_KEY = Field(
    "api_key",
    "Key",
    FieldKind.PASSWORD,
    help="Kept here, encrypted, and never shown again.",
    attributes=(("autocomplete", "off"),),
)
_VARIABLE = Field(
    "api_key_env",
    "or the variable that holds it",
    placeholder="OPENAI_API_KEY",
    mono=True,
    help="Of the server's environment: named ..._API_KEY or LLM_...",
)
_DROP = Field("drop_key", "Forget the key that is kept", FieldKind.CHECKBOX)
_MODELS = Field(
    "models",
    "Models it has",
    FieldKind.TEXTAREA,
    mono=True,
    help="One a line; others are then refused. Empty: those that it lists.",
)
_FOLDS = (
    "Headers, sent beside the key to this address only",
    "Models, where it does not list them",
    "Prices in USD per million tokens, where the public table does not know them",
    "Limits, for each model",
)


@dataclass(frozen=True, slots=True)
class Refused:
    """What was posted and not saved, and why."""

    values: Mapping[str, str]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Fold:
    """A part of the form that few fill in."""

    title: str
    rows: tuple[tuple[Field, ...], ...]

    @property
    def open(self) -> bool:
        """Whether something stands in it, or is wrong."""
        return any(field.value or field.problem for row in self.rows for field in row)


@dataclass(frozen=True, slots=True)
class EndpointForm:
    """All fields of the form, filled."""

    main: tuple[Field, ...]
    key: tuple[Field, ...]
    folds: tuple[Fold, ...]
    hidden: tuple[Field, ...]
    unplaced: tuple[Banner, ...]
    """What is wrong and belongs to no field."""

    wrong: tuple[str, ...]
    """All that is wrong, by the labels of the fields."""

    unsaved: bool
    """Whether it holds what was posted and not saved."""

    @classmethod
    def of(cls, one: Listed | None, refused: Refused | None = None) -> "EndpointForm":
        """The form of `one`, or of a new endpoint, with what was posted where that was refused."""
        values = refused.values if refused else _values(one)
        wrong = grouped(refused.problems if refused else (), lambda one: _field_of(one, values))
        told: list[str] = []

        def fill(field: Field) -> Field:
            found = wrong.pop(field.name, [])
            told.extend(f"{field.label} {replace(one, field=None)}" for one in found)
            said = all_at_field(found)
            return replace(field, value=values.get(field.name, ""), problem=said)

        main, key = tuple(map(fill, _MAIN)), tuple(map(fill, _key_fields(one)))
        rows = (_header_rows(values, one), ((_MODELS,),), _price_rows(values), (tuple(_limit_fields()),))
        folds = tuple(
            Fold(title, tuple(tuple(map(fill, row)) for row in part))
            for title, part in zip(_FOLDS, rows, strict=True)
        )
        hidden = tuple(map(fill, _hidden_fields(one)))
        others = tuple(str(one) for left in wrong.values() for one in left)
        unplaced = tuple(Banner(one, Tone.FAIL) for one in others)
        said = (*told, *others)
        return cls(main, key, folds, hidden, unplaced, said, refused is not None)


def said_in(values: Mapping[str, str], one: Listed | None) -> Json:
    """What a posted form says, as `EndpointBook` takes it; what does not parse is left for the book to refuse."""
    said: Json = {
        "label": values.get("label", ""),
        "url": values.get("url", ""),
        "kind": values.get("kind") or None,
        "enabled": bool(values.get("enabled")),
        "models": [line.strip() for line in values.get("models", "").splitlines() if line.strip()],
        "headers": _posted_headers(values),
        "prices": _posted_prices(values),
        "limits": {name: _number(values[name]) for name in LIMITS if values.get(name, "").strip()},
    }
    return said | _said_of_key(values, one)


def base_of(values: Mapping[str, str]) -> int | None:
    """The revision that the form was made of."""
    base = values.get("base", "")
    return int(base) if base.isdecimal() and len(base) < 10 else None


def _said_of_key(values: Mapping[str, str], one: Listed | None) -> Json:
    """Only what the person changed: a name that stood there already says nothing."""
    key, variable = values.get("api_key", "").strip(), values.get("api_key_env", "").strip()
    kept = (one.entry.key_reference or "") if one and one.entry else ""
    if key:
        return {"api_key": key, **({"api_key_env": variable} if variable != kept else {})}
    if variable != kept:
        return {"api_key_env": variable or None}
    return {"api_key": None} if values.get("drop_key") else {}


def _values(one: Listed | None) -> Mapping[str, str]:
    if one is None or one.entry is None:
        return {"enabled": "true"}
    config, entry = one.config, one.entry
    values = {
        "label": config.name,
        "url": config.url,
        "kind": str(config.kind),
        "enabled": "true" if one.enabled else "",
        "api_key_env": entry.key_reference or "",
        "models": "\n".join(config.models),
        "base": str(entry.revision),
    }
    values |= {name: str(limit) for name in LIMITS if (limit := getattr(config.limits, name)) is not None}
    for number, (name, source, _) in enumerate(one.headers):
        values[f"header-{number}-name"] = name
        values[f"header-{number}-value"] = source if source != _STORED else ""
    for number, (model, price) in enumerate(config.prices.items()):
        values[f"price-{number}-model"] = model
        for word, _ in _PRICE_WORDS:
            nano = getattr(price, word)
            values[f"price-{number}-{word}"] = (
                "" if nano is None else f"{(Decimal(nano) / NANO).normalize():f}"
            )
    return values


def _limit_fields() -> Iterator[Field]:
    for name, label in LIMITS.items():
        yield Field(name, label, FieldKind.NUMBER, attributes=(("min", "1"), ("step", "1")))


def _header_rows(values: Mapping[str, str], one: Listed | None) -> Iterator[tuple[Field, ...]]:
    stored = {name for name, source, _ in one.headers if source == _STORED} if one else set[str]()
    for number in _rows(values, "header", "name"):
        kept = values.get(f"header-{number}-name") in stored
        value = Field(
            f"header-{number}-value",
            "Value",
            placeholder="unchanged" if kept else "env:LLM_PROJECT",
            mono=True,
            help="Kept here, encrypted, and never shown again; or env:NAME.",
            attributes=(("autocomplete", "off"),),
        )
        yield Field(f"header-{number}-name", "Header", mono=True), value


def _rows(values: Mapping[str, str], kind: str, word: str) -> range:
    """The numbers of those that are filled in, and of an empty one."""
    filled = [number for number in range(_MOST_ROWS) if values.get(f"{kind}-{number}-{word}")]
    return range(min(_MOST_ROWS, (filled[-1] + 1 if filled else 0) + _EMPTY_ROWS))


def _price_rows(values: Mapping[str, str]) -> Iterator[tuple[Field, ...]]:
    for number in _rows(values, "price", "model"):
        numbers = (
            Field(
                f"price-{number}-{word}", label, FieldKind.NUMBER, attributes=(("min", "0"), ("step", "any"))
            )
            for word, label in _PRICE_WORDS
        )
        yield (Field(f"price-{number}-model", "Model", mono=True), *numbers)


def _key_fields(one: Listed | None) -> Iterator[Field]:
    stored = one is not None and one.key_source == _STORED
    yield replace(_KEY, placeholder="unchanged") if stored else _KEY
    yield _VARIABLE
    if stored:
        yield _DROP


def _hidden_fields(one: Listed | None) -> Iterator[Field]:
    if one is not None and one.entry is not None:
        yield Field("base", "", FieldKind.HIDDEN)


def _posted_headers(values: Mapping[str, str]) -> list[JsonValue]:
    """An empty value says that the one of before stays."""
    names = ((number, values.get(f"header-{number}-name", "").strip()) for number in range(_MOST_ROWS))
    return [
        {"name": name, "value": values.get(f"header-{number}-value", "").strip() or None}
        for number, name in names
        if name
    ]


def _posted_prices(values: Mapping[str, str]) -> Json:
    prices: Json = {}
    for number in range(_MOST_ROWS):
        model = values.get(f"price-{number}-model", "").strip()
        if model:
            given = {word: values.get(f"price-{number}-{word}", "").strip() for word, _ in _PRICE_WORDS}
            prices[model] = {word: _number(value) for word, value in given.items() if value}
    return prices


def _number(written: str) -> JsonValue:
    try:
        number = Decimal(written.strip())
    except ArithmeticError:
        return written
    if not number.is_finite():
        return written
    return int(number) if number == number.to_integral_value() and abs(number) < 10**15 else float(number)


def _field_of(problem: Problem, values: Mapping[str, str]) -> str:
    """The field of the form that a problem of the book belongs to."""
    where = problem.field or ""
    if (field := _fields_of_rows(values).get(where)) is not None:
        return field
    first, *further = where.split(".")
    return further[-1] if first == "limits" and further else first.split("[")[0]


def _fields_of_rows(values: Mapping[str, str]) -> dict[str, str]:
    """By the book's name for it, the field of each header and price that was posted."""
    named = {number: values.get(f"header-{number}-name", "").strip() for number in range(_MOST_ROWS)}
    found = {f"headers[{place}]": f"header-{row}-name" for place, row in enumerate(filter(named.get, named))}
    for number in range(_MOST_ROWS):
        if model := values.get(f"price-{number}-model", "").strip():
            found[f"prices.{model}"] = f"price-{number}-model"
            found |= {f"prices.{model}.{word}": f"price-{number}-{word}" for word, _ in _PRICE_WORDS}
    return found
