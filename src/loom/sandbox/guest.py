"""Runs inside the jail: one program, many inputs, a line of JSON each way. Stands alone, on the standard library.

It knows no secret and guards nothing: the program shares this process and may do to it what it likes. What holds it
is the jail around it, and the limits that are set here before the first line of the program runs.

The first line in is `{code, function, filter, memory_bytes, time_s, answer_bytes}`, the first out `["ready"]`. Then
for each `[number, arguments]` there is a `[number, kind, ...]`: `"value", text`, `"raised", type, message, line`,
`"syntax", message, line`, `"missing"`, `"memory"` or `"long"`.
"""

import base64
import ctypes
import json
import os
import random
import resource
import sys
from types import CodeType
from typing import Any

_FILE = "<scorer>"
_INTERPRETER = 96 * 2**20
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2


class _FilterProgram(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def main() -> None:
    """Serve until nothing more comes in."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.dup(1)
    os.dup2(2, 1)
    nothing, end = os.pipe()
    os.dup2(nothing, 0)
    for spare in (nothing, end):
        os.close(spare)
    header: dict[str, Any] = json.loads(requests.readline())
    _limit(header["memory_bytes"])
    _filter_calls(base64.b64decode(header["filter"]))
    _say(answers, ["ready"])
    compiled: CodeType | None = None
    for line in requests:
        number, arguments = json.loads(line)
        _allow_time(header["time_s"])
        try:
            compiled = compiled or compile(header["code"], _FILE, "exec", dont_inherit=True)
            answer = _call(compiled, header, arguments)
        except MemoryError:
            answer = ["memory"]
        except SyntaxError as error:
            answer = _not_python(error)
        except BaseException as error:  # noqa: BLE001 - whatever the program raises, be it the wish to exit
            answer = ["raised", type(error).__name__, _message(error), _line(error)]
        _say(answers, [number, *answer])


def _call(compiled: CodeType, header: dict[str, Any], arguments: dict[str, Any]) -> list[Any]:
    random.seed(0)
    space: dict[str, Any] = {"__name__": "scorer"}
    exec(compiled, space)  # noqa: S102 - this is what the jail is for
    if header["function"] not in space:
        return ["missing"]
    text = json.dumps(space[header["function"]](**arguments))
    return ["value", text] if len(text) <= header["answer_bytes"] else ["long"]


def _not_python(error: SyntaxError) -> list[Any]:
    # The program may raise one as well, about other code.
    line = error.lineno if error.filename == _FILE else _line(error)
    return ["syntax", error.msg, line]


def _message(error: BaseException) -> str:
    try:
        return str(error)[:1000]
    except BaseException:  # noqa: BLE001 - its `__str__` is the program's
        return ""


def _line(error: BaseException) -> int | None:
    found, place = None, error.__traceback__
    while place is not None:
        if place.tb_frame.f_code.co_filename == _FILE:
            found = place.tb_lineno
        place = place.tb_next
    return found


def _say(answers: int, value: list[Any]) -> None:
    rest = json.dumps(value).encode() + b"\n"
    while rest:
        rest = rest[os.write(answers, rest) :]


def _limit(memory: int) -> None:
    for kind, most in (
        (resource.RLIMIT_AS, memory + _INTERPRETER),
        (resource.RLIMIT_FSIZE, 16 * 2**20),
        (resource.RLIMIT_NOFILE, 32),
        (resource.RLIMIT_NPROC, 1),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (allowed, allowed))


def _allow_time(seconds: float) -> None:
    """Processor time for one input: for when the process outside, which watches the clock, is itself stopped."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime + seconds) + 2
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(
        resource.RLIMIT_CPU, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard)
    )


def _filter_calls(instructions: bytes) -> None:
    if not instructions:
        return
    kernel = ctypes.CDLL(None, use_errno=True)
    program = _FilterProgram(len(instructions) // 8, instructions)
    kernel.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if kernel.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program)):
        sys.exit(f"seccomp: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    main()
