"""Chooses a class for a text by the words that speak for each class."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from loom.calls.simulated.brief import Label
from loom.calls.simulated.concepts import related
from loom.calls.simulated.lexicon import NEGATIVE, POSITIVE, associations
from loom.calls.simulated.noise import Noise, Skill
from loom.calls.simulated.text import content_stems, stem, words

__all__ = ["Choice", "classify"]

_DEPTH_CUES = {1: 14, 2: 30, 3: 10_000}
_DEPTH_RELATED = {1: 4, 2: 16, 3: 60}
_ENOUGH = {1: 0.01, 2: 0.3, 3: 0.45}
_DOUBT = 1.5
_GRADES = frozenset({"low", "medium", "normal", "high", "urgent", "critical", "minor", "major"})
_RELATED_WEIGHT = 0.4
_WEAK_WEIGHT = 0.25
_WEAK_WORDS = """
need needs want may one thing way time make give get know take ask asked say said come came work like used
using customer something anything not else answer day words concrete set let shop new see look go buy bought
order
"""
_WEAK = frozenset(stem(word) for word in _WEAK_WORDS.split())
_BACKGROUND_WEIGHT = 0.6
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
class Choice:
    """The class chosen, what spoke for it, and how far ahead of the next it was (0 to 1)."""

    label: str
    evidence: tuple[str, ...]
    margin: float


def classify(
    text: str,
    labels: Sequence[Label],
    fallback: str | None,
    skill: Skill,
    noise: Noise,
    *,
    key: str = "label",
) -> Choice:
    """The class of `text`, one of `labels` (at least one). A slip takes the runner-up."""
    counts = _cues_of(text, skill.depth)
    weights = _weights(tuple(labels), skill.depth, skill.background)
    scores = {
        name: sum(weight * counts[cue] for cue, weight in cues.items() if cue in counts)
        for name, cues in weights.items()
    }
    _add_sentiment(scores, text, skill.depth)
    ranked = sorted(scores, key=lambda name: -scores[name])
    otherwise = next((label.name for label in labels if label.otherwise), fallback)
    enough = _ENOUGH[skill.depth] * (_DOUBT if scores.keys() & _GRADES else 1.0)
    best = _default(ranked, otherwise) if scores[ranked[0]] < enough else ranked[0]
    others = [name for name in ranked if name != best]
    margin = (scores[best] - max((scores[name] for name in others), default=0.0)) / (scores[best] or 1.0)
    evidence = tuple(word for word in dict.fromkeys(words(text)) if stem(word) in weights[best])[:4]
    if others and noise.slips(f"class {key}", skill.slip * (0.75 if margin > 0.6 else 1.3)):
        return Choice(others[0], evidence, margin)
    return Choice(best, evidence, margin)


def _cues_of(text: str, depth: int) -> dict[str, float]:
    """How strongly the text uses each stem. Deeper readers weigh a clause that asks, and doubt one that denies."""
    counts: dict[str, float] = {}
    for clause in _CLAUSE.split(text) if depth > 1 else (text,):
        weight = _clause_weight(clause, depth)
        for cue in content_stems(clause):
            counts[cue] = min(2.0, counts.get(cue, 0.0) + weight)
    return counts


def _clause_weight(clause: str, depth: int) -> float:
    if depth == 1:
        return 1.0
    if _DENIED.search(clause):
        return 0.15 if depth == 3 else 0.5
    return 1.6 if _ASKS.search(clause) else 1.0


def _default(ranked: Sequence[str], fallback: str | None) -> str:
    return fallback if fallback is not None and fallback in ranked else ranked[0]


@lru_cache(maxsize=256)
def _weights(labels: tuple[Label, ...], depth: int, background: int) -> dict[str, dict[str, float]]:
    """Cue weights by class; remembered, because a prompt meets many texts."""
    shared = Counter(cue for label in labels for cue, _ in label.cues)
    return {label.name: _weights_of(label, shared, depth, background) for label in labels}


def _weights_of(label: Label, shared: Counter[str], depth: int, background: int) -> dict[str, float]:
    """A cue that speaks for several classes counts less; a small model reads only the first cues."""
    cues = dict(sorted(label.cues, key=lambda cue: -cue[1])[: _DEPTH_CUES[depth]])
    named = {stem(word) for word in words(label.name.replace("_", " "))}
    cues = {
        cue: weight * (_WEAK_WEIGHT if cue in _WEAK and cue not in named else 1.0)
        for cue, weight in cues.items()
    }
    for cue, weight in tuple(cues.items()):
        for known in related(cue, _DEPTH_RELATED[depth]):
            cues.setdefault(known, _RELATED_WEIGHT * weight)
    for word in words(label.name.replace("_", " ")):
        for known in associations(word, background):
            cues.setdefault(known, _BACKGROUND_WEIGHT)
    if depth == 1:
        return cues
    return {cue: weight / max(1, shared[cue]) for cue, weight in cues.items()}


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
