"""Finds in a text what answers a question: the sentence, then the fewest words of it that are of the kind asked for."""

import re
from collections import Counter
from collections.abc import Sequence

from loom.calls.simulated.noise import Noise, Skill
from loom.calls.simulated.text import STOPWORDS, content_stems, sentences, stem

__all__ = ["answer", "shape_asked_for"]

_LONGEST_QUESTION = 400
_NUMERAL = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|fifty"
_NUMBER = rf"(?:\d{{1,3}}(?:,\d{{3}})+|\d+(?:[.,]\d+)?|\b(?:{_NUMERAL}))\b"
_UNIT = (
    r"(?:(?:square |cubic )?(?:millimet|centimet|kilomet|met|lit)(?:re|er)s?|seconds?|minutes?|hours?|days?|weeks?|"
    r"months?|years?|mm|cm|km|m|miles?|kg|g|grams?|kilos?|tonnes?|ml|l|hectares?|acres?|degrees|per cent|percent|%)"
)
_PROPER = r"[A-Z]\w+(?: [A-Z]\w+)*"
_MONTH = "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_YEAR = r"\b(?:1\d|20)\d\d\b"
_WEEKDAY = r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?\b"
_DATE = rf"\b\d{{1,2}} {_MONTH}(?: \d{{4}})?|\b{_MONTH} \d{{1,2}}(?:, \d{{4}})?|{_WEEKDAY}|{_YEAR}"
_ASKED_FOR: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = tuple(
    (re.compile(asked, re.IGNORECASE), re.compile(shape))
    for asked, shape in (
        (
            (
                r"\bhow (?:expensive|much\b.*\b(?:costs?|pay|paid|price|fee|rent|earns?))\b|"
                r"\b(?:price|costs?|fee|rent|amount)\b"
            ),
            r"[$€£]\s?\d[\d.,]*\d|(?<![\d.,])\d[\d.,]*\s?(?:USD|EUR|GBP|dollars?|euros?|pounds?|cents?)\b",
        ),
        (
            r"\bhow (?:long|far|tall|high|deep|wide|large|big|heavy|old|hot|fast|much|often)\b|\btemperature\b",
            rf"{_NUMBER}(?: ?(?P<unit>{_UNIT})(?!\w))?",
        ),
        (r"\bhow many\b|\bnumber of\b", rf"{_NUMBER}|\b(?:nobody|none|no one)\b"),
        (r"\b(?:what|which) year\b", _YEAR),
        (r"\b(?:what|which) time\b", r"\b\d{1,2}:\d{2}\b|\b\d{1,2} ?[ap]m\b|\b(?:noon|midnight)\b"),
        (r"\bday of the week\b|\bweekday\b", _WEEKDAY),
        (
            r"\b(?:what|which|the) (?:date|day)\b",
            _DATE,
        ),
        (
            r"\bwhen\b",
            rf"{_DATE}|\b\d{{1,2}}:\d{{2}}\b|\b(?:today|tomorrow|tonight)\b|\bwithin {_NUMBER} {_UNIT}",
        ),
        (r"\b(?:phone|telephone|number)\b.*\bcall\b|\bphone number\b", r"\+?\d[\d ]{5,}\d"),
        (r"\b(?:what|which) (?:gate|platform|flight|room|terminal|line)\b", r"\b[A-Z]{1,3} ?\d+\b|\b\d+\b"),
        (
            r"^\s*who\b|\bwhose\b|\bwhom\b",
            rf"\b(?:(?:Mr|Mrs|Ms|Dr)\.? )?{_PROPER}",
        ),
        (r"\bname of\b", rf"\b(?:(?:Mr|Mrs|Ms|Dr)\.? )?{_PROPER}"),
        (
            r"^\s*where\b|\b(?:what|which) (?:city|country|place|town)\b",
            rf"(?<=\bin )(?:the )?{_PROPER}|(?<=\bat )(?:the )?{_PROPER}",
        ),
    )
)
_OF_THE_KIND_WORDS = "name number year date day time week many much long"
_OF_THE_KIND = frozenset(stem(word) for word in _OF_THE_KIND_WORDS.split())
_ENOUGH_COVERED = 0.5


def answer(
    text: str, question: str, skill: Skill, noise: Noise, *, short: bool, strict: bool = False
) -> str | None:
    """The sentence that answers best, or only the words asked for; None when nothing in the text is near.

    `strict` refuses a sentence that holds nothing of the kind asked for, or speaks of something else.
    """
    parts = sentences(text)
    shape = shape_asked_for(question)
    scores = _scores(parts, question, shape, skill.depth)
    ranked = sorted(range(len(parts)), key=lambda place: (-scores[place], place))
    asked = set(content_stems(question))
    if not ranked or scores[ranked[0]] < (1.0 if len(asked) > 1 and skill.depth == 1 else 0.5):
        return None
    slip = noise.slips("answer", skill.slip) and len(ranked) > 1
    best = parts[ranked[1] if slip else ranked[0]]
    if strict and not slip and not _answers(best, asked, question, shape):
        return None
    return _span(best, question, shape, skill.depth) if short else best


def shape_asked_for(question: str) -> re.Pattern[str] | None:
    """What answers to such a question look like."""
    opening = question[:_LONGEST_QUESTION]
    return next((shape for asked, shape in _ASKED_FOR if asked.search(opening)), None)


def _scores(parts: Sequence[str], question: str, shape: re.Pattern[str] | None, depth: int) -> list[float]:
    """Words shared with the question; deeper readers give more to those that few sentences have."""
    asked = set(content_stems(question))
    rooted = [set(content_stems(part)) for part in parts]
    counts = Counter(root for roots in rooted for root in roots & asked)
    found: list[float] = []
    for part, roots in zip(parts, rooted, strict=True):
        shared = roots & asked
        score = sum(1.0 if depth == 1 else counts[root] ** -0.5 for root in shared)
        has_one = shape is not None and bool(_fresh(shape, part, question))
        found.append(score + (0.6 if depth < 3 else 0.9) * has_one)
    return found


def _answers(part: str, asked: set[str], question: str, shape: re.Pattern[str] | None) -> bool:
    if shape is not None and not _fresh(shape, part, question):
        return False
    subject = asked - _OF_THE_KIND
    return not subject or len(subject & set(content_stems(part))) / len(subject) >= _ENOUGH_COVERED


def _span(sentence: str, question: str, shape: re.Pattern[str] | None, depth: int) -> str:
    """The words of the asked kind that stand nearest to what the question speaks of."""
    if shape is None:
        return _unasked(sentence, question) if depth > 1 else sentence
    fresh = _fresh(shape, sentence, question)
    if not fresh:
        return sentence
    asked = set(content_stems(question)) - _OF_THE_KIND
    places = [found.start() for found in re.finditer(r"\w+", sentence) if stem(found[0].lower()) in asked]
    if depth == 1 or not places:
        return fresh[0][1]
    return min(fresh, key=lambda found: sum(abs(found[0] - place) for place in places))[1]


def _fresh(shape: re.Pattern[str], sentence: str, question: str) -> list[tuple[int, str]]:
    """What has the shape, with its unit if any has one, and is not said in the question already; with its place."""
    said = question.lower()
    matches = [match for match in shape.finditer(sentence) if match[0].lower() not in said]
    if "unit" in shape.groupindex:
        matches = [match for match in matches if match["unit"]] or matches
    found = ((match.start(), _without_lead(match[0])) for match in matches)
    return [(place, words) for place, words in found if words and words.lower() not in said]


def _without_lead(words: str) -> str:
    """A name without the small word that begins its sentence."""
    first, _, rest = words.partition(" ")
    return rest if rest and first.lower() in STOPWORDS else "" if words.lower() in STOPWORDS else words


def _unasked(sentence: str, question: str) -> str:
    """The longest run of words that the question does not hold."""
    known = {stem(word) for word in re.findall(r"\w+", question.lower())}
    runs: list[list[str]] = [[]]
    for word in sentence.rstrip(".!?").split():
        bare = word.strip(",;:").lower()
        if stem(bare) in known or (not runs[-1] and bare in STOPWORDS):
            runs.append([])
        else:
            runs[-1].append(word)
    return " ".join(max(runs, key=len)).strip(",;: ") or sentence
