"""What an endpoint's refusal means: which fault, how long to wait, which parameter to leave out.

Knows the spellings of several providers, from their published pages; none of the transport.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import cast

from loom.calls.reading import unwrapped
from loom.core.errors import Fault, ProviderError
from loom.core.jsonvalue import Json, JsonValue

__all__ = [
    "Reported",
    "fault_of",
    "refuse_unspoken",
    "reported",
    "reported_under_success",
    "retry_after_s",
]

_LONGEST_MESSAGE = 300
_LONGEST_WAIT_S = 86400.0
_BILLING = frozenset(
    {
        "insufficient_quota",
        "billing_hard_limit_reached",
        "billing_not_active",
        "insufficient_balance",
        "billing_error",
    }
)
_UNPAID = re.compile(r"credit balance is too low|reached your specified API usage limits", re.IGNORECASE)
"""How Anthropic says under status 400 that the account cannot pay."""
_RETRIED_STATUSES = frozenset({408, 409, 425})
_KEY_STATUSES = frozenset({401, 402, 403, 407})

_DISTINCT = (
    "temperature|top_p|max_tokens|response_format|tool_choice|stream_options"
    "|stop_sequences|output_config|num_predict"
)
_OURS = {"stop_sequences": "stop", "output_config": "response_format", "num_predict": "max_tokens"}
"""Our name of a parameter that a provider names otherwise."""

_REJECTION = re.compile(
    r"unrecogni[sz]ed|unknown|unsupported|not supported|not support|unexpected|not permitted|extra_forbidden"
    r"|cannot find field|deprecated|not allowed|'response_format\.type' must be",
    re.IGNORECASE,
)
_EXCLUSIVE = re.compile(r"cannot both be specified", re.IGNORECASE)
# "seed" and "stop" are also plain words, so they count only where they stand as names.
_MENTION = re.compile(rf"\b({_DISTINCT})\b|(?:['\"`]|: |param(?:eter)? |argument |^)(seed|stop)\b")

_SIGNS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (429, ("rate_limit", "ratelimit", "too_many", "throttl", "resource_exhausted")),
    (401, ("authentication", "permission", "api_key", "unauthorized", "unauthenticated")),
    (
        400,
        (
            "request_too_large",
            "invalid",
            "bad_request",
            "badrequest",
            "not_found",
            "notfound",
            "context_length",
            "unsupported",
        ),
    ),
)

_SPAN = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SPAN_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_TRY_AGAIN = re.compile(
    r"(?:try again in|retry (?:in|after))\s+((?:\d+(?:\.\d+)?(?:ms|s|m|h)\s?)+)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Reported:
    """An error as an endpoint described it; empty where it said nothing."""

    message: str = ""
    kind: str = ""
    code: str = ""
    parameter: str = ""
    flagged: bool = False
    """This one request was held back by moderation, as OpenRouter reports it; the key is good."""


def reported(document: JsonValue) -> Reported:
    """The error in `{"error": {…}}`, `{"error": "…"}`, `{"message": "…"}` or `{"detail": …}`."""
    outer = unwrapped(document)
    if outer is None:
        return Reported()
    inner = outer.get("error") or outer
    if not isinstance(inner, dict):
        return Reported(str(inner))
    error = cast("Json", inner)
    message = error.get("message") or error.get("detail") or error.get("error") or ""
    metadata: JsonValue = error.get("metadata")
    return Reported(
        message if isinstance(message, str) else repr(message),
        _word(error.get("type") or error.get("status")),
        _word(error.get("code")),
        _word(error.get("param")),
        isinstance(metadata, dict) and "reasons" in metadata,
    )


def _word(value: JsonValue) -> str:
    return str(value) if isinstance(value, str | int) else ""


def fault_of(status: int, error: Reported, sent: bytes) -> tuple[Fault, str | None]:
    """The fault, and with `PARAMETER` the name of the rejected parameter, one that is in the body `sent`."""
    if error.flagged and status == 403:
        return Fault.REFUSED, None
    unpaid = (
        error.code in _BILLING or error.kind in _BILLING or (status == 400 and _UNPAID.search(error.message))
    )
    if unpaid or status in _KEY_STATUSES:
        return Fault.UNAUTHORIZED, None
    if status == 429:
        return Fault.THROTTLED, None
    if status >= 500 or status in _RETRIED_STATUSES:
        return Fault.SERVER, None
    name = _rejected_parameter(error, sent) if status in (400, 422) else None
    return (Fault.PARAMETER, name) if name else (Fault.REFUSED, None)


def _rejected_parameter(error: Reported, sent: bytes) -> str | None:
    text = f"{error.code} {error.message}"
    exclusive = _EXCLUSIVE.search(text)
    if not exclusive and not _REJECTION.search(text):
        return None
    mentions = [f"'{error.parameter}'", error.message] if error.parameter else [error.message]
    names = [name for mention in mentions for found in _MENTION.findall(mention) for name in found if name]
    if exclusive:
        names.reverse()  # of two that exclude each other, the first, the temperature, stays
    name = next((name for name in names if f'"{name}":'.encode() in sent), None)
    return _OURS.get(name, name) if name else None


def refuse_unspoken(body: bytes, names: tuple[str, ...], origin: str) -> None:
    """Refuse a parameter that the API has no word for, so that it is left out and recorded as any rejected one is.

    Raises:
        ProviderError: `PARAMETER`, naming the first of `names` at the top of `body`.
    """
    for name in names:
        if f'"{name}":'.encode() in body and name in json.loads(body):
            said = f"{origin} has no '{name}'; leave it out"
            raise ProviderError(said, Fault.PARAMETER, parameter=name)


def reported_under_success(document: Json, *, begun: bool = False) -> ProviderError:
    """The exception for an error that came with a success status, classed by what it says.

    When an answer had `begun`, its part may have been charged, whatever ended it.
    """
    error = reported(document)
    status = _implied_status(error)
    fault, _ = fault_of(status, error, b"")
    if begun and fault in (Fault.SERVER, Fault.THROTTLED):
        fault = Fault.NO_ANSWER
    said = error.message[:_LONGEST_MESSAGE] or "an error without a message"
    wait = spelled_wait_s(error.message) if fault in (Fault.THROTTLED, Fault.SERVER) else None
    return ProviderError(
        f"the endpoint reported an error in place of an answer: {said}", fault, retry_after_s=wait
    )


def _implied_status(error: Reported) -> int:
    if re.fullmatch("[45][0-9][0-9]", error.code):
        return int(error.code)
    words = f"{error.kind} {error.code}".lower()
    for status, signs in _SIGNS:
        if any(sign in words for sign in signs):
            return status
    return 500


def retry_after_s(headers: Mapping[str, str], now_us: int, message: str = "") -> float | None:
    """How long the endpoint asks to wait, never less than it says; None when it says nothing sensible: up to a day.

    In order of trust: `retry-after-ms`, `Retry-After` (seconds or a date), the reset time of an exhausted
    `x-ratelimit-…` or `anthropic-ratelimit-…` window, and words in the error's message. `now_us` is used when no `Date`
    is sent.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    asked = headers.get("Retry-After")
    waits = (
        None if milliseconds is None else milliseconds / 1000,
        _number(asked),
        _until(asked, headers.get("Date"), now_us) if asked else None,
        _window_reset_s(headers, now_us),
        spelled_wait_s(message),
    )
    return next((wait for wait in waits if _is_sane(wait)), None)


def spelled_wait_s(message: str) -> float | None:
    """The wait in a sentence such as "Please try again in 1m2.5s"."""
    found = _TRY_AGAIN.search(message)
    wait = _span_s(found[1].replace(" ", "")) if found else None
    return wait if _is_sane(wait) else None


def _is_sane(wait_s: float | None) -> bool:
    """Whether somebody means it. Quotas are of a day at most; what is beyond is a bug of the endpoint's."""
    return wait_s is not None and wait_s <= _LONGEST_WAIT_S


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text else None
    except ValueError:
        return None
    return value if value is not None and math.isfinite(value) and value >= 0 else None


def _until(date: str, server_date: str | None, now_us: int) -> float | None:
    """Seconds until an HTTP date, by the server's own clock when it tells it."""
    try:
        end = parsedate_to_datetime(date).timestamp()
        now = parsedate_to_datetime(server_date).timestamp() if server_date else now_us / 1e6
    except (ValueError, OverflowError):
        return None
    return end - now if end > now else None


def _window_reset_s(headers: Mapping[str, str], now_us: int) -> float | None:
    waits = [
        wait
        for name in ("-requests", "-tokens", "")
        if headers.get(f"x-ratelimit-remaining{name}") == "0"
        and (wait := _reset_s(headers.get(f"x-ratelimit-reset{name}"), now_us)) is not None
    ]
    waits += [
        wait
        for name in ("requests", "tokens", "input-tokens", "output-tokens")
        if headers.get(f"anthropic-ratelimit-{name}-remaining") == "0"
        and (wait := _instant_s(headers.get(f"anthropic-ratelimit-{name}-reset"), now_us)) is not None
    ]
    return max(waits, default=None)


def _instant_s(text: str | None, now_us: int) -> float | None:
    """Seconds until an RFC 3339 instant."""
    try:
        end = datetime.fromisoformat(text or "").timestamp()
    except (ValueError, OverflowError):
        return None
    return max(end - now_us / 1e6, 0.0)


def _reset_s(text: str | None, now_us: int) -> float | None:
    """A reset time: a span (`6m0s`), seconds, or an instant in epoch seconds or milliseconds."""
    value = _number(text)
    if value is None:
        return _span_s(text) if text else None
    if value < 1e9:
        return value
    instant = value / 1000 if value >= 1e12 else value
    return max(instant - now_us / 1e6, 0.0)


def _span_s(text: str) -> float | None:
    parts = _SPAN.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _SPAN_S[unit] for number, unit in parts)
