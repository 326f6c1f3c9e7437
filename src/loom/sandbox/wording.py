"""Arguments and answers as JSON text, and failures in words; shared by the engines, knows neither."""

import json
import re
from typing import Any, NoReturn

from loom.core.jsonvalue import Json
from loom.sandbox.models import Failure, FailureKind, Limits, Outcome, Value

__all__ = [
    "arguments_text",
    "missing_function",
    "out_of_memory",
    "out_of_time",
    "outcome_of",
    "printed_too_much",
    "raised",
    "returned_too_much",
]

_LONGEST_SAID = 300
_LONE_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def arguments_text(arguments: Json) -> str | Failure:
    """`arguments` as JSON; a lone surrogate, which is no text, becomes `?`."""
    try:
        text = json.dumps(arguments, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        return Failure(FailureKind.REFUSED, f"the arguments cannot be passed: {error}")
    return text.encode("utf-8", "replace").decode()


def outcome_of(text: str) -> Outcome:
    """The value that a program's answer spells."""
    try:
        value = json.loads(text, parse_constant=_not_json)
        if _LONE_SURROGATE.search(text):
            value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except RecursionError:
        return Failure(FailureKind.ANSWER, "returned something nested too deep")
    except ValueError as error:
        return Failure(FailureKind.ANSWER, f"returned something that is not JSON: {_cut(str(error))}")
    return Value(value)


def _not_json(word: str) -> NoReturn:
    raise ValueError(word)


def raised(kind: str, message: str, line: int | None) -> Failure:
    """The program raised `kind`."""
    return Failure(FailureKind.RAISED, f"raised {_cut(f'{kind}: {message}' if message else kind)}", line)


def missing_function(name: str) -> Failure:
    """The code does not define what is to be called."""
    return Failure(FailureKind.MISSING, f"defines no function '{name}'; add it, or set `function`")


def out_of_time(limits: Limits) -> Failure:
    """It was still running."""
    return Failure(FailureKind.TIMED_OUT, f"did not finish within {limits.time_s:g} s")


def out_of_memory(limits: Limits) -> Failure:
    """It wanted more."""
    return Failure(FailureKind.MEMORY, f"needs more than {limits.memory_bytes // 2**20} MB of memory")


def printed_too_much(limits: Limits) -> Failure:
    """It floods its outputs."""
    return Failure(FailureKind.OUTPUT, f"prints more than {limits.printed_bytes // 2**10} kB")


def returned_too_much(limits: Limits) -> Failure:
    """It answers with a book."""
    return Failure(FailureKind.OUTPUT, f"returned more than {limits.answer_bytes // 2**10} kB")


def _cut(said: Any) -> str:
    text = " ".join(str(said).split())
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= _LONGEST_SAID else text[: _LONGEST_SAID - 1] + "…"
