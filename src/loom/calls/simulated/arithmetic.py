"""Calculates: written expressions, sums and averages of stated numbers, short word problems."""

import ast
import operator
import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

from loom.calls.simulated.noise import Noise, Skill

__all__ = ["calculate"]

_EXPRESSION = re.compile(r"(?<![\d.,])[-+]?\(*\d[\d.,]*\)*(?:\s*[-+*/\u00d7x÷^]\s*\(*-?\d[\d.,]*\)*)+")
_NUMBER = re.compile(r"(?<![\w.])-?\d{1,15}(?:,\d{3}){0,5}(?:\.\d{1,15})?(?!\d)")
_PERCENT = re.compile(
    r"(?<![\d.,])(\d{1,15}(?:\.\d{1,15})?)\s*(?:%|percent) of (?:[$€£]\s?)?(\d{1,15}(?:,\d{3}){0,5}(?:\.\d{1,15})?)",
    re.IGNORECASE,
)
_Combine: TypeAlias = Callable[[Sequence[float]], float]


def _cue(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{words})\b", re.IGNORECASE)


def _quotient(values: Sequence[float]) -> float:
    return values[0] / values[1] if values[1] else 0.0


_AIMS: tuple[tuple[re.Pattern[str], _Combine], ...] = (
    (_cue("average|mean"), lambda values: sum(values) / len(values)),
    (
        _cue("difference|how many more|how much more|minus|subtract"),
        lambda values: abs(values[0] - values[1]),
    ),
    (_cue(r"product|multipl\w+|times|each"), lambda values: values[0] * values[1]),
    (_cue("divided?|split|shared?"), _quotient),
    (_cue("sum|total|altogether|in all|add|plus|combined"), sum),
)
_STORY = re.compile(r"\b(?:left|remain\w*|now|does (?:he|she|it|\w+) have|in the end)\b", re.IGNORECASE)
_LOSING = re.compile(
    r"\b(?:gave|gives|give|lost|loses|sold|sells|spent|spends|ate|eats|used|uses|removed?|"
    r"minus|leave|left|took|pays?|paid|break|broke)\b",
    re.IGNORECASE,
)
_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda left, right: left / right,
}
_LONGEST = 200


def calculate(text: str, skill: Skill, noise: Noise) -> float | int | None:
    """The result that `text` asks for, or None when it holds nothing to calculate. A slip is off by a little."""
    result = _percent(text)
    result = _expression(text) if result is None else result
    result = _problem(text, skill.depth) if result is None else result
    if result is None:
        return None
    if noise.slips("calculation", skill.slip):
        result += (1, -1, 10, -10)[noise.pick("calculation by", 4)]
    return int(result) if result == int(result) else round(result, 4)


def _percent(text: str) -> float | None:
    match = _PERCENT.search(text)
    return float(match[1]) / 100 * _number(match[2]) if match else None


def _expression(text: str) -> float | None:
    match = _EXPRESSION.search(text)
    if match is None or len(match[0]) > _LONGEST:
        return None
    plain = match[0].replace("\u00d7", "*").replace("x", "*").replace("÷", "/").replace(",", "").rstrip(".")
    try:
        return _evaluate(ast.parse(plain, mode="eval").body)
    except (SyntaxError, ValueError, ZeroDivisionError, OverflowError):
        return None


def _evaluate(node: ast.expr) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_evaluate(node.operand)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_evaluate(node.left), _evaluate(node.right))
    raise ValueError("not arithmetic")


def _problem(text: str, depth: int) -> float | None:
    values = [_number(match[0]) for match in _NUMBER.finditer(text)]
    if len(values) < 2:
        return None
    if depth >= 2 and _STORY.search(text):
        return _story(text)
    return next((combine(values) for cue, combine in _AIMS if cue.search(text)), None)


def _story(text: str) -> float:
    """Each number is gained, or lost when a verb of losing stands before it in its clause."""
    total = 0.0
    for clause in re.split(r"[.;?]|,\s+(?:and|then)\s|\band\b|\bthen\b", text):
        sign = -1 if _LOSING.search(clause) else 1
        total += sign * sum(_number(match[0]) for match in _NUMBER.finditer(clause))
    return total


def _number(written: str) -> float:
    return float(written.replace(",", ""))
