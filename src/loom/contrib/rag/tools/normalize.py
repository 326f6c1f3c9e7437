"""Cleans the text of a post, and says what was in it: links, names, the language of its letters."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from loom.contrib.rag.schemas.posts import Language

__all__ = ["NormalizationResult", "fold", "normalize"]

_PICTURE = (
    "[\U0001f000-\U0001faff\u2190-\u21ff\u2300-\u23ff\u2460-\u24ff\u25a0-\u27bf\u2b00-\u2bff\u3030\u303d]"
)
_EMOJI = re.compile(rf"(?:{_PICTURE}[\ufe0f\u20e3]*(?:\u200d{_PICTURE}\ufe0f?)*|[0-9#*]\ufe0f\u20e3)")
_LINK = re.compile(r"(?:https?://|(?<![\w.])t\.me/)[^\s<>\"'»]+")
_LINK_END = ".,;:!?)]}،؛؟»"
_HASHTAG = re.compile(r"(?<!\w)#(\w[\w\u200c]*)")
_MENTION = re.compile(r"(?<![\w@./])@([A-Za-z]\w{3,31})")
_WORD = re.compile(r"[^\W\d_]{2,}")
_BLANKS = re.compile(r"[^\S\n]+")
_EMPTY_LINES = re.compile(r"\n{3,}")
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f\u00ad\u061c\u0640\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)
"""What only shapes or turns the writing, the lengthening stroke included."""

_ZWNJ = "\u200c"
_ARABIC_LETTER = re.compile("[\u0621-\u064a\u066e-\u06d3\u06fa-\u06ff]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_LATIN_LETTER = re.compile("[A-Za-z\u00c0-\u024f]")
_PERSIAN = frozenset("پچژگکی")
_ARABIC = frozenset("ةىأإؤ")  # ي and ك too are typed in Persian, where a keyboard has no others
_DIGITS = {ord(sign): str(unicodedata.decimal(sign)) for sign in "٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹"}
_PERSIAN_SPELLING = str.maketrans("يىك", "ییک")
_ONE_SPELLING = str.maketrans("يىكةأإآؤ", "ییکهاااو")
_MARKS = re.compile("[\u064b-\u065f\u0670]")
_MOST_FOOTER_WORDS = 3
_MINORITY = 0.25
"""From this share of its letters on, a second script makes a text mixed."""


@dataclass(frozen=True, slots=True)
class NormalizationResult:
    """A text, cleaned, and what was in it."""

    text_clean: str
    text_raw: str
    emojis_found: tuple[str, ...]
    hashtags: tuple[str, ...]
    mentions: tuple[str, ...]
    links: tuple[str, ...]
    is_rtl: bool
    language_hint: Language


def normalize(
    text: str,
    *,
    strip_emojis: bool = True,
    normalize_digits: bool = True,
    strip_tg_footer: bool = True,
    preserve_zwnj: bool = True,
    links: Iterable[str] | None = None,
) -> NormalizationResult:
    """`text` cleaned: one spelling of digits and blanks, no invisible signs.

    `links` are those hidden behind words. A footer is what a channel puts under every post: its handle, a link to
    itself, an invitation of a few words.
    """
    composed = _UNSEEN.sub("", unicodedata.normalize("NFC", text))
    language = _language(composed)
    clean = _without_footer(composed) if strip_tg_footer else composed
    clean = _EMOJI.sub("", clean) if strip_emojis else clean
    clean = clean.translate(_DIGITS) if normalize_digits else clean
    clean = clean if preserve_zwnj else clean.replace(_ZWNJ, " ")
    clean = clean.translate(_PERSIAN_SPELLING) if language is Language.PERSIAN else clean
    written = [found.rstrip(_LINK_END) for found in _LINK.findall(composed)]
    return NormalizationResult(
        _tidy(clean),
        text,
        tuple(_EMOJI.findall(composed)),
        _once(_HASHTAG.findall(composed)),
        _once(_MENTION.findall(composed)),
        _once((*(links or ()), *written)),
        _is_rtl(composed),
        language,
    )


def fold(text: str) -> str:
    """`text` in the one spelling in which it is compared: Persian and Arabic forms of a letter are the same, vowel
    marks and joiners are left out, as are capitals."""
    bare = _MARKS.sub("", unicodedata.normalize("NFKC", text).translate(_ONE_SPELLING))
    return bare.replace(_ZWNJ, "").translate(_DIGITS).casefold()


def _tidy(text: str) -> str:
    lines = (_BLANKS.sub(" ", line).strip() for line in text.split("\n"))
    return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip()


def _without_footer(text: str) -> str:
    lines = text.rstrip().split("\n")
    end = len(lines)
    while end > 0 and _may_be_footer(lines[end - 1]):
        end -= 1
    return "\n".join(lines[:end]) if end else text


def _may_be_footer(line: str) -> bool:
    """A line that points somewhere in few words, or has neither words nor figures."""
    bare = _HASHTAG.sub("", _MENTION.sub("", _LINK.sub("", line)))
    words = len(_WORD.findall(bare))
    if _MENTION.search(line) or "t.me/" in line:
        return words <= _MOST_FOOTER_WORDS
    return not words and not any(sign.isdigit() for sign in bare)


def _is_rtl(text: str) -> bool:
    return len(_RIGHT_TO_LEFT.findall(text)) > len(_LATIN_LETTER.findall(text))


def _language(text: str) -> Language:
    """By letters alone; those that only Persian, or only Arabic, writes decide between the two."""
    bare = _MENTION.sub("", _LINK.sub("", text))
    arabic, latin = len(_ARABIC_LETTER.findall(bare)), len(_LATIN_LETTER.findall(bare))
    if not arabic + latin:
        return Language.UNKNOWN
    if min(arabic, latin) > _MINORITY * (arabic + latin):
        return Language.MIXED
    if latin > arabic:
        return Language.ENGLISH
    persian, own = sum(sign in _PERSIAN for sign in bare), sum(sign in _ARABIC for sign in bare)
    return Language.PERSIAN if persian > own else Language.ARABIC


def _once(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))
