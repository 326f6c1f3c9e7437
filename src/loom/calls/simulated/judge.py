"""Reviews an output against what was expected or asked for, and compares two outputs."""

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from loom.calls.simulated.brief import Field, Kind
from loom.calls.simulated.noise import Noise, Skill
from loom.calls.simulated.text import content_stems, overlap, sentences
from loom.core.jsonvalue import Json

__all__ = ["Review", "prefer", "review", "review_json"]

_EXPECTED = (
    "expected output",
    "expected answer",
    "expected",
    "reference answer",
    "reference",
    "ideal",
    "gold",
    "correct answer",
)
_ACTUAL = (
    "actual output",
    "actual answer",
    "actual",
    "output",
    "response",
    "answer",
    "candidate",
    "submission",
    "model output",
    "result",
)
_ASKED = (
    "criteria",
    "rubric",
    "question",
    "task",
    "input",
    "instructions",
    "prompt",
    "worker instructions",
    "worker input",
)
_FIRST = (
    "answer a",
    "response a",
    "output a",
    "option a",
    "a",
    "answer 1",
    "response 1",
    "output 1",
    "first",
)
_SECOND = (
    "answer b",
    "response b",
    "output b",
    "option b",
    "b",
    "answer 2",
    "response 2",
    "output 2",
    "second",
)
_SPREAD = {1: 0.16, 2: 0.08, 3: 0.03}
_POSITION_BIAS = {1: 0.09, 2: 0.03, 3: 0.0}
_TIE = 0.02
_MAIN_WORDS = 10
_DEFAULT_CRITERIA = ("correctness", "completeness", "format_compliance")


@dataclass(frozen=True, slots=True)
class Review:
    """Three views of one output, each 0 to 1, and the findings in words."""

    correctness: float
    completeness: float
    format_compliance: float
    finding: str

    @property
    def score(self) -> float:
        """Correctness counts half, the other two a quarter each; a wrong output is not saved by its form."""
        blend = 0.5 * self.correctness + 0.25 * self.completeness + 0.25 * self.format_compliance
        return min(blend, self.correctness + 0.25)


def review(parts: Mapping[str, str], skill: Skill, noise: Noise) -> Review:
    """Judges the actual output in `parts` against the expected one, or against what was asked without one."""
    actual = _first(parts, _ACTUAL)
    expected = _first(parts, _EXPECTED)
    asked = _first(parts, _ASKED)
    given = parts.get("input") or parts.get("worker input") or ""
    if expected:
        plain = _compared(expected, actual)
    else:
        plain = _grounded(asked, given, actual) if given and actual.strip() else _unaided(asked, actual)
    shift = _SPREAD[skill.depth] * _bell(noise, "judge")
    return Review(
        _clip(plain.correctness + shift),
        _clip(plain.completeness + shift * 0.8),
        plain.format_compliance,
        plain.finding,
    )


def review_json(found: Review, fields: tuple[Field, ...], scale: tuple[float, float]) -> Json:
    """The review in the shape that the prompt asks for; by default score, reasoning and criteria."""
    if not fields:
        criteria = {name: _scaled(getattr(found, name), scale) for name in _DEFAULT_CRITERIA}
        return {"score": _scaled(found.score, scale), "reasoning": found.finding, "criteria": criteria}
    return {field.name: _field(found, field, scale) for field in fields}


def prefer(parts: Mapping[str, str], skill: Skill, noise: Noise) -> tuple[str, str]:
    """`A`, `B` or `tie` and why; a small judge leans a little towards the first."""
    expected = _first(parts, _EXPECTED) or _first(parts, _ASKED)
    left, right = _quality(expected, _first(parts, _FIRST)), _quality(expected, _first(parts, _SECOND))
    lead = left - right + _POSITION_BIAS[skill.depth] + _SPREAD[skill.depth] * 0.6 * _bell(noise, "prefer")
    if abs(lead) < _TIE:
        return "tie", "Both cover the same points."
    winner, loser = ("A", "B") if lead > 0 else ("B", "A")
    return winner, f"{winner} covers more of what was asked for than {loser}."


def _field(found: Review, field: Field, scale: tuple[float, float]) -> object:
    if field.children:
        return {child.name: _field(found, child, scale) for child in field.children}
    if field.kind is Kind.LABEL and field.labels:
        return _verdict(found.score, [label.name for label in field.labels])
    if field.many:
        return [] if found.score > 0.9 else [found.finding]
    numeric = field.type in {"number", "integer"} or field.kind in {Kind.SCORE, Kind.CRITERIA}
    value = _scaled(_view(found, field), scale) if numeric else found.finding
    return found.score >= 0.5 if field.kind is Kind.FLAG else value


def _view(found: Review, field: Field) -> float:
    """The one of the review's numbers that the field's name asks for."""
    if field.kind is Kind.SCORE:
        return found.score
    if "format" in field.name:
        return found.format_compliance
    return found.completeness if field.name.startswith("complet") else found.correctness


def _verdict(score: float, names: list[str]) -> str:
    good = {"pass", "correct", "yes", "good", "true", "accept"}
    wanted = [name for name in names if (name.lower() in good) is (score >= 0.5)]
    return (wanted or names)[0]


def _compared(expected: str, actual: str) -> Review:
    wanted, got = _json(expected), _json(actual)
    if wanted is None:
        same = overlap(expected, actual)
        covered = _coverage(expected, actual)
        return Review(same, covered, 1.0 if actual.strip() else 0.0, _in_words(same))
    if got is None:
        return Review(
            0.5 * overlap(expected, actual), 0.0, 0.0, "The output is not the JSON object that was expected."
        )
    scores = {key: _alike(value, got.get(key)) for key, value in wanted.items()}
    correct = sum(scores.values()) / len(scores) if scores else 1.0
    present = sum(key in got for key in wanted) / len(wanted) if wanted else 1.0
    wrong = [key for key, score in scores.items() if score < 0.8]
    finding = (
        f"These fields differ from what was expected: {', '.join(wrong)}." if wrong else _in_words(correct)
    )
    return Review(correct, present, 1.0 if got.keys() >= wanted.keys() else 0.5, finding)


def _unaided(asked: str, actual: str) -> Review:
    if not actual.strip():
        return Review(0.0, 0.0, 0.0, "The output is empty.")
    wanted = set(content_stems(asked))
    covered = len(wanted & set(content_stems(actual))) / len(wanted) if wanted else 0.5
    grounded = _clip(0.45 + 0.75 * covered)
    wants_json = "json" in asked.lower()
    well_formed = 1.0 if not wants_json or _json(actual) is not None else 0.3
    finding = (
        f"The output covers {covered:.0%} of the points asked for in {len(sentences(actual))} sentence(s)."
    )
    return Review(grounded, _clip(0.3 + covered), well_formed, finding)


def _grounded(asked: str, given: str, actual: str) -> Review:
    """By what was worked on: does the output say what stands there, and does it hold the words used most there?"""
    answer = _json(actual)
    said = set(content_stems(" ".join(_texts(answer)) if answer is not None else actual))
    there = Counter(content_stems(given))
    main = [word for word, _ in there.most_common(_MAIN_WORDS)]
    grounded = len(said & there.keys()) / len(said) if said else 0.0
    covered = sum(word in said for word in main) / len(main) if main else 0.5
    well_formed = 1.0 if answer is not None or "json" not in asked.lower() else 0.3
    finding = (
        f"{grounded:.0%} of its words stand in the input, and {covered:.0%} of the input's main words in it."
    )
    return Review(grounded, _clip(0.2 + covered), well_formed, finding)


def _texts(value: Any) -> list[str]:
    """Every text in a JSON value, without its keys."""
    if isinstance(value, dict):
        value = list(cast("Json", value).values())
    if isinstance(value, list):
        return [text for item in cast("list[Any]", value) for text in _texts(item)]
    return [value] if isinstance(value, str) else []


def _alike(wanted: Any, got: Any) -> float:
    if wanted == got:
        return 1.0
    if isinstance(wanted, list) and isinstance(got, list):
        expected = {str(item).lower() for item in cast("list[Any]", wanted)}
        actual = {str(item).lower() for item in cast("list[Any]", got)}
        return 2 * len(expected & actual) / (len(expected) + len(actual) or 1)
    return overlap(wanted, got) if isinstance(wanted, str) and isinstance(got, str) else 0.0


def _quality(expected: str, actual: str) -> float:
    return 0.5 * overlap(expected, actual) + 0.5 * _coverage(expected, actual)


def _coverage(expected: str, actual: str) -> float:
    wanted = set(content_stems(expected))
    return len(wanted & set(content_stems(actual))) / len(wanted) if wanted else 1.0


def _in_words(score: float) -> str:
    if score > 0.85:
        return "The output agrees with what was expected."
    return (
        "The output agrees in part with what was expected."
        if score > 0.4
        else "The output differs from what was expected."
    )


def _first(parts: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((parts[name] for name in names if name in parts), "")


def _json(text: str) -> Json | None:
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        return None
    try:
        return json.loads(text[start : end + 1])
    except (ValueError, RecursionError):
        return None


def _bell(noise: Noise, key: str) -> float:
    """A standard normal number (Box-Muller)."""
    first, second = 1.0 - noise.draw(f"{key} radius"), noise.draw(f"{key} angle")
    return math.sqrt(-2 * math.log(first)) * math.cos(2 * math.pi * second)


def _clip(value: float) -> float:
    return min(1.0, max(0.0, value))


def _scaled(value: float, scale: tuple[float, float]) -> float | int:
    low, high = scale
    return round(value, 2) if high == 1.0 else round(low + value * (high - low))
