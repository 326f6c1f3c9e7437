"""What makes the headers of an endpoint right or wrong, wherever they are written; sends none, never shows a value."""

import re
from typing import Any, Final, cast

from loom.core.findings import Report, Steps
from loom.core.key_reference import REFERENCE, reference_problem
from loom.core.rule import described

__all__ = ["MOST_HEADERS", "header_name_fault", "header_value_fault", "headers_by_name"]

MOST_HEADERS: Final = 20
_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_LONGEST: Final = 4096
_KEYS = frozenset(
    ("authorization", "proxy-authorization", "x-api-key", "api-key", "cookie", "set-cookie", "x-goog-api-key")
)
_OURS = frozenset(
    (
        *("host", "content-length", "content-type", "content-encoding", "accept-encoding", "expect"),
        *("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"),
        *("x-client-request-id", "anthropic-version"),
    )
)
_SECRET_NAME: Final = re.compile(r"key|token|secret|auth|passw|credential", re.IGNORECASE)
_SECRET_VALUE: Final = re.compile(r"(sk|pk|gsk)-|bearer ", re.IGNORECASE)


def header_name_fault(name: object) -> tuple[str, str] | None:
    """What keeps `name` from being sent, and the remedy; None when nothing does."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return "is no name of a header", "use letters, digits and '-'"
    if name.lower() in _KEYS:
        return "carries a key", "give it as the endpoint's key"
    return ("is set by Loom, or by the connection", "leave it out") if name.lower() in _OURS else None


def header_value_fault(value: object) -> tuple[str, str] | None:
    """What keeps `value`, a text or `env:NAME`, from being sent, and the remedy; None when nothing does."""
    if not isinstance(value, str):
        return "has a value that is not text", "write env:NAME, or the value"
    value = value.strip()
    if value.startswith(REFERENCE):
        wrong = reference_problem(value)
        return (wrong.what, wrong.remedy or "write env:NAME") if wrong else None
    if len(value) > _LONGEST or not (value.isascii() and (value.isprintable() or not value)):
        return "has a value that no header may carry", "copy it again, without line breaks"
    return None


@described({"type": "object", "maxProperties": MOST_HEADERS, "additionalProperties": {"type": "string"}})
def headers_by_name(report: Report, steps: Steps, value: Any) -> None:
    """Of a file that people may share: what looks like a secret is named, not written."""
    if not isinstance(value, dict):
        report.error(steps, "must be a dict of header: value", remedy="write 'header: value' lines")
        return
    headers = cast("dict[object, object]", value)
    if len(headers) > MOST_HEADERS:
        report.error(steps, f"has more than {MOST_HEADERS} headers", remedy="leave some out")
    names = [str(name).lower() for name in headers]
    for name, written in headers.items():
        wrong = header_name_fault(name) or _file_value_fault(str(name), written)
        if names.count(str(name).lower()) > 1:
            wrong = "is given twice", "leave one out"
        if wrong:
            report.error((*steps, str(name)), wrong[0], remedy=wrong[1])


def _file_value_fault(name: str, value: object) -> tuple[str, str] | None:
    fault = header_value_fault(value)
    if fault or not isinstance(value, str) or value.startswith(REFERENCE):
        return fault
    if not value.strip():
        return "is empty", "write env:NAME, or the value"
    if _SECRET_NAME.search(name) or _SECRET_VALUE.match(value):
        return "looks like a secret", "put it in an environment variable and write env:NAME"
    return None
