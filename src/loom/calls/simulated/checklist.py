"""Reads a text against the points of a checklist: which of them does it not cover? Knows no prompt and no field."""

import re
from collections.abc import Sequence
from itertools import pairwise

from loom.calls.simulated.answering import shape_asked_for
from loom.calls.simulated.brief import Wording
from loom.calls.simulated.concepts import related
from loom.calls.simulated.noise import Noise, Skill
from loom.calls.simulated.text import content_stems, sentences, stem, words

__all__ = ["unmet"]

_ENOUGH = 0.5
_RELATED = {1: 6, 2: 24, 3: 60}
_REPORTING_WORDS = (
    "says say names mentions explains states tells confirms lists gives describes includes points"
)
_REPORTING = frozenset(stem(word) for word in _REPORTING_WORDS.split())
_ACTS = {
    stem(act): frozenset(stem(word) for word in signs.split())
    for act, signs in (
        ("apologizes", "apologize apologise sorry excuse apologies regret pardon"),
        ("thanks", "thank thanks grateful"),
        ("offers", "offer shall gladly would can choose happy like accept enclose pay"),
        ("asks", "please ask could would"),
        ("invites", "invite invitation come"),
        ("warns", "never warn careful attention beware not"),
        ("suggests", "suggest recommend like try instead"),
        ("promises", "promise will"),
    )
}
"""What people say when they do what the verb names: nobody who apologizes writes that he apologizes."""

_DENIAL = re.compile(
    r"\b(?:not|no|never|cannot|can't|don't|doesn't|won't|without|unfortunately|nor)\b", re.IGNORECASE
)
_OPEN = re.compile(r"\bwhether\b", re.IGNORECASE)
_ANNOUNCED = re.compile(
    r"\b(?:as soon as|let you know|(?:do(?:es)?|can) ?not (?:know|say)|later|soon|in time|"
    r"(?:will|shall) (?:\w+ )?(?:tell|write|inform|announce|be announced|look|check|see|speak|call|find out))\b",
    re.IGNORECASE,
)


def unmet(points: Sequence[str], text: str, wording: Wording, skill: Skill, noise: Noise) -> list[int]:
    """The numbers, from 1, of the `points` that `text` does not cover. A slip misjudges a point."""
    parts = sentences(text)
    found: list[int] = []
    for number, point in enumerate(points, start=1):
        covered = any(_covers(part, point, wording, skill.depth) for part in _windows(parts, skill.depth))
        if covered is noise.slips(f"point {number} {point}", skill.slip):
            found.append(number)
    return found


def _windows(parts: Sequence[str], depth: int) -> list[str]:
    """Sentences; a deeper reader also takes two neighbours together."""
    pairs = [f"{first} {second}" for first, second in pairwise(parts)]
    return [*parts, *pairs] if depth > 2 else list(parts)


def _covers(part: str, point: str, wording: Wording, depth: int) -> bool:
    """Whether `part` says what `point` asks for, as the prompt defines it, or a deep reader takes it to be meant."""
    if wording.announced and _ANNOUNCED.search(part):
        return False
    if wording.opposites and not _OPEN.search(point) and _denies(point) is not _denies(part):
        return False
    shape = shape_asked_for(point)
    if depth > 1 and shape is not None and not shape.search(part):
        return False
    wanted = [cue for cue in dict.fromkeys(content_stems(point)) if cue not in _REPORTING]
    return not wanted or _share(wanted, part, wording, depth) >= _ENOUGH


def _denies(said: str) -> bool:
    return _DENIAL.search(said) is not None


def _share(wanted: Sequence[str], part: str, wording: Wording, depth: int) -> float:
    """How much of the point stands in the part, verbs of doing by what people say when they do it."""
    said = {stem(word) for word in words(part)}
    near = _RELATED[depth] if wording.other_words or depth == 3 else 0
    hits = [
        bool(said & _ACTS[cue])
        if cue in _ACTS
        else cue in said or bool(near and said & set(related(cue, near)))
        for cue in wanted
    ]
    return sum(hits) / len(hits)
