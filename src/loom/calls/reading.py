"""What every provider's answers are read with: JSON that may be none, texts, counts, tool arguments. Knows no API."""

import json
import math
from typing import cast

from loom.core.errors import Fault, ProviderError
from loom.core.jsonvalue import Json, JsonValue, decoded

__all__ = ["arguments", "as_object", "count", "malformed", "objects", "parsed_object", "sound", "unwrapped"]

_LONGEST_QUOTE = 300


def as_object(body: bytes) -> Json:
    """`body` as a JSON object.

    Raises:
        ProviderError: `MALFORMED`, quoting its beginning.
    """
    try:
        value = decoded(body)
    except (ValueError, RecursionError) as error:
        raise malformed(f"not JSON ({error})", body) from error
    found = unwrapped(value)
    if found is None:
        raise malformed("not a JSON object", body)
    return found


def unwrapped(document: JsonValue) -> Json | None:
    """`document` when it is an object, or a list of one, which is how one provider sends its errors."""
    if isinstance(document, list):
        items = cast("list[JsonValue]", document)
        document = items[0] if len(items) == 1 else None
    return document if document.__class__ is dict else None


def parsed_object(data: bytes) -> Json | None:
    """`data` as a JSON object; None when it is none."""
    try:
        value = decoded(data)
    except (ValueError, RecursionError):
        return None
    return cast("Json", value) if isinstance(value, dict) else None


def malformed(what: str, body: bytes = b"") -> ProviderError:
    """The error for bytes that are not an answer."""
    quote = f": {body[:_LONGEST_QUOTE].decode('utf-8', 'replace')!r}" if body else ""
    return ProviderError(f"the endpoint's answer is {what}{quote}", Fault.MALFORMED)


def objects(entries: JsonValue) -> list[Json]:
    """The objects in a list; none for what is no list."""
    if not isinstance(entries, list):
        return []
    return [cast("Json", entry) for entry in cast("list[JsonValue]", entries) if isinstance(entry, dict)]


def arguments(given: JsonValue) -> tuple[Json | None, str]:
    """A tool's arguments, parsed and as written. None at all is how some models spell an empty object."""
    if not given:
        return {}, ""
    raw = sound(given) if isinstance(given, str) else json.dumps(given, separators=(",", ":"))
    try:
        parsed: JsonValue = json.loads(raw, parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError):
        return None, raw
    return (cast("Json", parsed) if isinstance(parsed, dict) else None), raw


def _finite(number: str) -> float:
    """Refuses what only Python calls JSON: NaN and the infinities, `1e999` among them."""
    value = float(number)
    if not math.isfinite(value):
        raise ValueError(number)
    return value


def sound(text: str) -> str:
    """`text` as UTF-8 can carry it: halves of a character joined, a lone half replaced."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def count(value: JsonValue) -> int | None:
    """`value` as a number of tokens; None when it is none."""
    return value if type(value) is int and value >= 0 else None
