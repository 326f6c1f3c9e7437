"""Words, stems and sentences of plain English text. Knows nothing of prompts or tasks."""

import re
from functools import lru_cache

__all__ = ["STOPWORDS", "content_stems", "overlap", "sentences", "squeezed", "stem", "stems", "words"]

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?|\d+(?:[.,]\d+)*")
_BREAK = re.compile(r"(?<=[.!?])[\"')\]”\u2019]*\s+(?=[\"'(“\u2018]?[A-Z0-9])|\n+")
_BLANKS = re.compile(r"[^\S\n]{3,}")
_LINE_END = re.compile(r"[^\S\n]+\n")
_EMPTY_LINES = re.compile(r"\n{3,}")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|Sr|Jr|St|vs|etc|No|Inc|Ltd|Co|Corp|Gen|Sen|Gov|Rev|approx|"
    r"e\.g|i\.e)|\b[A-Z])\.$"
)
_SUFFIXES = (
    "ations",
    "ation",
    "ments",
    "ment",
    "ings",
    "ing",
    "ies",
    "ied",
    "ed",
    "es",
    "ers",
    "er",
    "ly",
    "s",
)

_STOPWORDS_WORDS = """
a about after again all also am an and any are as at be because been before being below between both but by
can could did do does doing done down during each either etc few for from further get got had has have
having he her here hers him his how i if in into is it its itself just let me more most much my no nor of
off on once only or other our out over own per please same shall she should so some such than that the their
them then there these they this those through to too under until up upon us use used using very via was we
were what when where which while who whom whose why will with within would yes you your yours i'm i've it's
don't doesn't can't isn't
"""
STOPWORDS = frozenset(_STOPWORDS_WORDS.split())


def words(text: str) -> list[str]:
    """Lower-case words and numbers, in order."""
    return _WORD.findall(text.lower())


@lru_cache(maxsize=32_768)
def stem(word: str) -> str:
    """A crude common form: `charged`, `charges` and `charging` all give `charg`."""
    if len(word) <= 3:
        return word
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3 and not word.endswith("ss"):
            word = word[: -len(suffix)]
            break
    if len(word) > 3 and word[-1] in "ey":
        word = word[:-1]
    if len(word) > 3 and word[-1] == word[-2]:
        word = word[:-1]
    return word


def stems(text: str) -> list[str]:
    """Stems of all words, in order."""
    return [stem(word) for word in words(text)]


def content_stems(text: str) -> list[str]:
    """Stems of the words that carry meaning, in order."""
    return [stem(word) for word in words(text) if word not in STOPWORDS and len(word) > 1]


def sentences(text: str) -> list[str]:
    """Sentences in order; a line break ends one, an abbreviation does not."""
    found: list[str] = []
    for piece in _BREAK.split(text):
        part = piece.strip()
        if not part:
            continue
        if found and _ABBREVIATION.search(found[-1][-12:]):
            found[-1] = f"{found[-1]} {part}"
        else:
            found.append(part)
    return found


def squeezed(text: str) -> str:
    """`text` without long runs of blanks and empty lines, which say nothing and cost much."""
    return _EMPTY_LINES.sub("\n\n", _LINE_END.sub("\n", _BLANKS.sub("  ", text)))


def overlap(left: str, right: str) -> float:
    """Token F1 of the two texts' stems as sets, 0 to 1; two empty texts are equal."""
    first, second = set(stems(left)), set(stems(right))
    if not first and not second:
        return 1.0
    return 2 * len(first & second) / (len(first) + len(second))
