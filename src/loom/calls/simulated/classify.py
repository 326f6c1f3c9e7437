"""Chooses a class for a text by the words that speak for each class."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from loom.calls.simulated.brief import Choosing, Label
from loom.calls.simulated.evidence import evidence
from loom.calls.simulated.lexicon import NEGATIVE, POSITIVE
from loom.calls.simulated.noise import Noise, Skill
from loom.calls.simulated.text import content_stems, stem, words

__all__ = ["Choice", "Classes", "classify"]

_ENOUGH = 0.25
_GRADE_ENOUGH = 0.375
_HINT = 0.01
_GRADES = frozenset({"low", "medium", "normal", "high", "urgent", "critical", "minor", "major"})
_ASKED = {1: 1.0, 2: 1.3, 3: 1.3}
_ASKED_TOLD = 1.6
_RULED_OUT = {1: 1.0, 2: 0.5, 3: 0.3}
_RULED_OUT_TOLD = {1: 0.25, 2: 0.1, 3: 0.0}
_CLAUSE = re.compile(
    r"(?<=[.!?;])\s+|,\s+(?=but|and|so|because|that)|\s+(?=but\b|because\b|although\b)|:\s+|\n+"
)
_ASKS = re.compile(
    r"\?|\b(?:please|could you|can you|would you|i(?:'d| would) like|i want|i need|need"
    r" to|how (?:do|can|long|many|much)|"
    r"my (?:problem|question) is|where is|what about|send me|tell me)\b",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:not|n't|isn't|never mind|nothing to do with|no longer) (?:(?:asking|talking|about|for|the)\b ?)+|"
    r"\b(?:don't|do not|didn't) want\b|\b(?:all |is |was |are )(?:fine|good|okay|ok|in"
    r" order|perfect)\b|\bno (?:need|problem)\b",
    re.IGNORECASE,
)
_NEGATIONS_WORDS = """
not no never isn't wasn't don't doesn't didn't won't can't cannot hardly without nothing
"""
_NEGATIONS = frozenset(_NEGATIONS_WORDS.split())
_CONTRAST = re.compile(r"\b(?:but|however|although|though|yet)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Classes:
    """The classes to choose from, at least one, and what the prompt says about choosing."""

    labels: tuple[Label, ...]
    choosing: Choosing
    fallback: str | None = None
    """The class for what nothing speaks for."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The class chosen, what spoke for it, and how far ahead of the next it was (0 to 1)."""

    label: str
    evidence: tuple[str, ...]
    margin: float


def classify(text: str, classes: Classes, skill: Skill, noise: Noise, *, key: str = "label") -> Choice:
    """The class of `text`. A slip takes the runner-up."""
    known = evidence(classes.labels, skill.depth, skill.background)
    counts = _counts(text, classes.choosing, skill.depth)
    scores = {name: one.score(counts) for name, one in known.items()}
    _add_sentiment(scores, text, skill.depth)
    ranked = sorted(scores, key=lambda name: -scores[name])
    best = ranked[0]
    if scores[best] < _enough(classes, skill.depth) and (otherwise := _otherwise(classes)) in scores:
        best = otherwise
    others = [name for name in ranked if name != best]
    margin = (scores[best] - max((scores[name] for name in others), default=0.0)) / (scores[best] or 1.0)
    spoke = tuple(word for word in dict.fromkeys(words(text)) if stem(word) in known[best])[:4]
    if others and noise.slips(f"class {key}", skill.slip * (0.75 if margin > 0.6 else 1.3)):
        return Choice(others[0], spoke, margin)
    return Choice(best, spoke, margin)


def _otherwise(classes: Classes) -> str | None:
    return next((label.name for label in classes.labels if label.otherwise), classes.fallback)


def _enough(classes: Classes, depth: int) -> float:
    """How much has to speak for a class before it is chosen; a small model takes any hint, unless told better."""
    if depth == 1 and not any(label.otherwise for label in classes.labels):
        return _HINT
    return _GRADE_ENOUGH if any(label.name in _GRADES for label in classes.labels) else _ENOUGH


def _counts(text: str, choosing: Choosing, depth: int) -> Mapping[str, float]:
    """How strongly the text uses each stem."""
    counts: dict[str, float] = {}
    for clause in _CLAUSE.split(text):
        weight = _clause_weight(clause, choosing, depth)
        for cue in content_stems(clause):
            counts[cue] = min(2.0, counts.get(cue, 0.0) + weight)
    return counts


def _clause_weight(clause: str, choosing: Choosing, depth: int) -> float:
    """Deeper readers weigh a clause that asks, and doubt one that denies; who is told to does so more."""
    if _DENIED.search(clause):
        return (_RULED_OUT_TOLD if choosing.ruled_out else _RULED_OUT)[depth]
    if _ASKS.search(clause):
        return _ASKED_TOLD if choosing.asked else _ASKED[depth]
    return 1.0


def _add_sentiment(scores: dict[str, float], text: str, depth: int) -> None:
    """Judges praise and blame as such when the classes are those of sentiment; deeper readers see negation."""
    names = {name.lower(): name for name in scores}
    if not {"positive", "negative"} <= names.keys():
        return
    balance, seen = _sentiment(text, depth)
    scores[names["positive"]] += max(0.0, balance)
    scores[names["negative"]] += max(0.0, -balance)
    middle = names.get("mixed") if seen > 1 else None
    middle = middle or names.get("neutral")
    if middle and abs(balance) < 0.5:
        scores[middle] += 1.0 + max(scores.values())


def _sentiment(text: str, depth: int) -> tuple[float, int]:
    tokens = words(text)
    balance, seen = 0.0, 0
    turn = len(words(text[: match.start()])) if depth >= 3 and (match := _CONTRAST.search(text)) else -1
    for place, word in enumerate(tokens):
        cue = stem(word)
        value = (cue in POSITIVE) - (cue in NEGATIVE)
        if not value:
            continue
        seen += 1
        negated = depth >= 2 and any(before in _NEGATIONS for before in tokens[max(0, place - 3) : place])
        balance += (-value if negated else value) * (1.4 if 0 <= turn < place else 1.0)
    return balance, seen
