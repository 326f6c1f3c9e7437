"""Text as YAML reads it back, and the names of new definitions. Knows no kind of file."""

import json
import re

from loom.core.errors import Problem, UsageError

__all__ = ["block", "require_name", "scalar"]

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_PLAIN = re.compile(r"[A-Za-z][\w .,'()/-]*[\w.)]", re.ASCII)
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off"})


def require_name(name: str) -> str:
    """`name`, when a worker or pipeline can be called that.

    Raises:
        UsageError: when it cannot.
    """
    if _NAME.fullmatch(name):
        return name
    what = "is no name: it takes lowercase letters, digits and '_', beginning with a letter"
    raise UsageError(Problem(what, "name", value=name, remedy="write it as in my_worker"))


def scalar(text: str) -> str:
    """Text as YAML reads it back: plain where that is safe."""
    one_line = " ".join(text.split())
    if _PLAIN.fullmatch(one_line) and one_line.lower() not in _WORDS:
        return one_line
    return json.dumps(one_line, ensure_ascii=False)


def block(key: str, text: str) -> list[str]:
    """Text of several lines as YAML reads it back."""
    lines = text.strip("\n").split("\n")
    if lines[0].startswith((" ", "\t")) or not all(line.replace("\t", " ").isprintable() for line in lines):
        return [f"{key}: {json.dumps(text, ensure_ascii=True)}"]
    return [f"{key}: |", *(f"  {line}".rstrip() for line in lines)]
