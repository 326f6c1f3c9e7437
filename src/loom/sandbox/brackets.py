"""Finds the bracket that a program never closes, where a parser stumbles only further down. Runs nothing."""

import io
import tokenize
from typing import NamedTuple

__all__ = ["Unclosed", "unclosed"]

_CLOSES = {")": "(", "]": "[", "}": "{"}


class Unclosed(NamedTuple):
    """An opening bracket."""

    bracket: str
    line: int
    """1-based."""


def unclosed(code: str) -> Unclosed | None:
    """The innermost bracket of `code` that is never closed; None when something else is wrong."""
    opened: list[Unclosed] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type == tokenize.ERRORTOKEN:
                return None
            if token.type != tokenize.OP:
                continue
            if token.string in _CLOSES.values():
                opened.append(Unclosed(token.string, token.start[0]))
            elif token.string in _CLOSES and (not opened or opened.pop().bracket != _CLOSES[token.string]):
                return None
    except (tokenize.TokenError, SyntaxError, ValueError) as error:
        if "multi-line statement" not in str(error):  # it ends otherwise than within a bracket
            return None
    return opened[-1] if opened else None
