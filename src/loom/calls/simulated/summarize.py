"""Extractive summaries, key points, titles and keywords: chooses sentences, writes none of its own."""

import re
from collections import Counter
from functools import lru_cache

from loom.calls.simulated.noise import Noise, Skill
from loom.calls.simulated.text import STOPWORDS, content_stems, sentences, stem, words

__all__ = ["key_points", "keywords", "summary", "title"]

_ASIDE = re.compile(
    r"^(?:dear|hello|hi|thank|thanks|regards|best|click|subscribe|visit|sign up|follow us|"
    r"by the way|don't miss)\b",
    re.IGNORECASE,
)
_TOO_MANY = 4
_DIGIT = re.compile(r"\d")


def summary(
    text: str, skill: Skill, noise: Noise, *, max_sentences: int | None, max_words: int | None
) -> str:
    """The sentences that say most, in their order, inside the stated limits (default: two sentences).

    A slip forgets the limits and goes on for too long.
    """
    count = max_sentences or 2
    if noise.slips("summary length", skill.slip):
        return " ".join(_chosen(text, count + _TOO_MANY, skill, noise, "summary"))
    chosen = _chosen(text, count, skill, noise, "summary")
    while max_words and len(chosen) > 1 and sum(len(item.split()) for item in chosen) > max_words:
        chosen = chosen[:-1]
    joined = " ".join(chosen)
    return _cut(joined, max_words) if max_words else joined


def key_points(
    text: str, skill: Skill, noise: Noise, *, limit: int | None, max_words: int | None
) -> list[str]:
    """One sentence per point, the most telling ones, in their order (default: three).

    A slip makes one point of two sentences, or stops after two points.
    """
    points = _chosen(text, limit or 3, skill, noise, "points")
    if max_words:
        points = [_cut(point, max_words) for point in points]
    if len(points) > 2 and noise.slips("points joined", skill.slip):
        return [f"{points[0]} {points[1]}", *points[2:]]
    return points[:2] if noise.slips("points forgotten", skill.slip * 0.5) else points


def title(text: str, *, max_words: int | None) -> str:
    """A heading made of the beginning of the most telling sentence."""
    parts = sentences(text)
    if not parts:
        return ""
    return " ".join(re.split(r"[,;:]", parts[0])[0].split()[: max_words or 8]).rstrip(".!?")


def keywords(text: str, limit: int | None) -> list[str]:
    """The content words used most, as written first, lower case."""
    spelled: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for word in words(text):
        if word not in STOPWORDS and len(word) > 3 and not word[0].isdigit():
            spelled.setdefault(stem(word), word)
            counts[stem(word)] += 1
    return [spelled[root] for root, _ in counts.most_common(limit or 5)]


def _chosen(text: str, count: int, skill: Skill, noise: Noise, key: str) -> list[str]:
    parts = tuple(sentences(text))
    scores = _scores(parts, skill.depth)
    ranked = sorted(range(len(parts)), key=lambda place: -scores[place])
    kept = ranked[:count]
    for slot in range(len(kept)):
        if noise.slips(f"{key} {slot}", skill.slip) and len(ranked) > count:
            kept[slot] = ranked[count + noise.pick(f"{key} other {slot}", len(ranked) - count)]
    return [parts[place] for place in sorted(set(kept))]


@lru_cache(maxsize=64)
def _scores(parts: tuple[str, ...], depth: int) -> tuple[float, ...]:
    """Mean frequency of a sentence's content words; deeper readers weigh the opening and figures, and drop asides."""
    rooted = [set(content_stems(part)) for part in parts]
    counts = Counter(root for roots in rooted for root in roots)
    scores: list[float] = []
    for place, (part, roots) in enumerate(zip(parts, rooted, strict=True)):
        score = sum(counts[root] for root in roots) / (len(roots) + 3)
        if depth >= 2:
            score *= 1.5 if place == 0 else 1.15 if place < 3 else 1.0
            score *= 0.3 if _ASIDE.search(part) or part.endswith("?") else 1.0
        if depth >= 3 and _DIGIT.search(part):
            score *= 1.15
        scores.append(score)
    return tuple(scores)


def _cut(text: str, max_words: int) -> str:
    pieces = text.split()
    return text if len(pieces) <= max_words else " ".join(pieces[:max_words]).rstrip(",;:") + "."
