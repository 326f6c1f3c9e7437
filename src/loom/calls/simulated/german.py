"""Writes short English texts in German: word by word, and with what grammar the reader has.

The levels of grammar: 1 words; 2 number, and the verb of an order last; 3 gender, endings, compounds, and words that
may be two things.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from loom.calls.simulated.german_words import ADJECTIVES, ADVERBS, NUMERALS, PLAIN, VERBS, Noun, nouns

__all__ = ["to_german"]

_TOKEN = re.compile(r"\{[^{}]*\}|[^\W\d_]+(?:['\u2019-][^\W\d_]+)*|\d+(?:[.,]\d+)*|[^\w\s]")
_PAUSE = frozenset(".:;!?,")
_LONGEST_TERM = 3
_ARTICLES = frozenset({"the", "a", "an"})
_OWNED = {"my": "mein", "your": "Ihr", "our": "unser", "their": "ihr", "his": "sein", "no": "kein"}
_FEMININE = ("ung", "heit", "keit", "schaft", "tion", "tät", "e")
_IRREGULAR = {
    "finden": "gefunden", "senden": "gesendet", "schreiben": "geschrieben", "lesen": "gelesen",
    "schließen": "geschlossen", "vergessen": "vergessen", "anzeigen": "angezeigt", "abbrechen":
    "abgebrochen", "fehlschlagen": "fehlgeschlagen", "hinzufügen": "hinzugefügt", "herunterladen":
    "heruntergeladen", "hochladen": "hochgeladen", "auswählen": "ausgewählt", "zurückgeben":
    "zurückgegeben", "eingeben": "eingegeben", "entfernen": "entfernt", "bearbeiten": "bearbeitet",
    "bestellen": "bestellt", "bestätigen": "bestätigt", "erstellen": "erstellt", "bezahlen": "bezahlt",
    "anmelden": "angemeldet", "abmelden": "abgemeldet",
}  # fmt: skip
_ENGLISH_PAST = {
    "found": "find",
    "sent": "send",
    "paid": "pay",
    "bought": "buy",
    "forgot": "forget",
    "forgotten": "forget",
}
_STRONG = {"m": "er", "f": "e", "n": "es", "pl": "e"}


class Word(StrEnum):
    """What a word does in its sentence."""

    NOUN = "noun"
    VERB = "verb"
    DONE = "done"
    ADJECTIVE = "adjective"
    OWNER = "owner"
    ARTICLE = "article"
    NUMERAL = "numeral"
    ADVERB = "adverb"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class _Token:
    kind: Word
    text: str
    """German, or as it was."""

    english: str = ""
    noun: Noun | None = None
    plural: bool = False
    pause: bool = False

    @property
    def gender(self) -> str:
        """As endings see it."""
        return "pl" if self.plural or self.noun is None else self.noun.gender


def to_german(
    text: str, glossary: Sequence[tuple[str, str]], level: int, forgets: Callable[[str], bool]
) -> str:
    """`text` in German as far as the words are known; others stay. A term that the reader `forgets` stays, too."""
    tokens = _tokens(text, dict(glossary), level, forgets)
    written: list[_Token] = []
    for phrase in _phrases(tokens):
        written += _grammatical(phrase, level)
    joined = ""
    for token in written:
        joined += token.text if token.pause or not joined else f" {token.text}"
    return joined[:1].upper() + joined[1:] if text[:1].isupper() else joined


def _phrases(tokens: Sequence[_Token]) -> list[list[_Token]]:
    phrases: list[list[_Token]] = [[]]
    for token in tokens:
        phrases[-1].append(token)
        if token.pause:
            phrases.append([])
    return phrases


def _tokens(
    text: str, glossary: Mapping[str, str], level: int, forgets: Callable[[str], bool]
) -> list[_Token]:
    raw: list[str] = _TOKEN.findall(text)
    tokens: list[_Token] = []
    place = 0
    while place < len(raw):
        for length in range(min(_LONGEST_TERM, len(raw) - place), 0, -1):
            term = " ".join(raw[place : place + length])
            found = None if forgets(f"{term} {place}") else _looked_up(term.lower(), glossary, level)
            if found is not None or length == 1:
                tokens.append(found or _Token(Word.OTHER, term, term.lower(), pause=term in _PAUSE))
                place += length
                break
    return tokens


def _looked_up(term: str, glossary: Mapping[str, str], level: int) -> _Token | None:
    """The word list of the prompt comes first, then the dictionary; plurals and past forms by their rules."""
    if term in glossary:
        return _listed(term, glossary[term])
    if level > 1:
        single = next((one for one in _singulars(term) if one in glossary or one in nouns()), None)
        if single is not None:
            token = _listed(single, glossary[single]) if single in glossary else _noun(single)
            if token.noun is not None:
                return replace(token, text=token.noun.plural, plural=True)
        base = next((one for one in _bases(term) if one in glossary or one in VERBS), None)
        if base is not None and term not in ADJECTIVES:
            return _Token(Word.DONE, _participle(glossary.get(base) or VERBS[base]), term)
    return _in_dictionary(term)


def _in_dictionary(term: str) -> _Token | None:
    if term in _ARTICLES:
        return _Token(Word.ARTICLE, {"the": "die"}.get(term, "ein"), term)
    if term in _OWNED:
        return _Token(Word.OWNER, _OWNED[term], term)
    if term == "all":
        return _Token(Word.NUMERAL, "alle", term)
    if term in nouns():
        return _noun(term)
    tables = (
        (ADJECTIVES, Word.ADJECTIVE), (VERBS, Word.VERB), (NUMERALS, Word.NUMERAL), (ADVERBS, Word.ADVERB),
        (PLAIN, Word.OTHER),
    )  # fmt: skip
    return next((_Token(kind, table[term], term) for table, kind in tables if term in table), None)


def _noun(english: str) -> _Token:
    found = nouns()[english]
    return _Token(Word.NOUN, found.singular, english, found)


def _listed(english: str, german: str) -> _Token:
    """A term of the word list: what kind of word it is shows in its spelling."""
    if german[:1].isupper() and " " not in german:
        return _Token(Word.NOUN, german, english, _guessed(german))
    if re.search(r"(?:en|ern|eln)$", german):
        return _Token(Word.VERB, german, english)
    return _Token(Word.ADJECTIVE if german.islower() else Word.OTHER, german, english)


def _guessed(german: str) -> Noun:
    """Gender and plural by the last part of a compound, else by the ending."""
    heads = sorted(nouns().values(), key=lambda noun: -len(noun.singular))
    for head in heads:
        if german.lower().endswith(head.singular.lower()):
            stem = german[: len(german) - len(head.singular)]
            return Noun(head.gender, german, stem + (head.plural.lower() if stem else head.plural))
    if german.endswith(_FEMININE):
        return Noun("f", german, german + ("n" if german.endswith("e") else "en"))
    return Noun("m", german, german if german.endswith(("er", "el", "en")) else f"{german}e")


def _singulars(term: str) -> list[str]:
    if not term.endswith("s") or term.endswith("ss"):
        return []
    return [
        term[:-1],
        *([term[:-2]] if term.endswith("es") else []),
        *([f"{term[:-3]}y"] if term.endswith("ies") else []),
    ]


def _bases(term: str) -> list[str]:
    if term in _ENGLISH_PAST:
        return [_ENGLISH_PAST[term]]
    if not term.endswith("ed"):
        return []
    return [term[:-1], term[:-2], term[:-3], *([f"{term[:-3]}y"] if term.endswith("ied") else [])]


def _participle(infinitive: str) -> str:
    if infinitive in _IRREGULAR:
        return _IRREGULAR[infinitive]
    root = infinitive.removesuffix("en") if infinitive.endswith("en") else infinitive.removesuffix("n")
    ending = "et" if root.endswith(("t", "d")) else "t"
    return f"{root}t" if infinitive.endswith("ieren") else f"ge{root}{ending}"


def _grammatical(phrase: Sequence[_Token], level: int) -> list[_Token]:
    if level == 1:
        return list(phrase)
    tokens = list(phrase)
    if level > 2:
        tokens = _with_compounds(_with_kinds(tokens))
    if tokens and tokens[0].kind is Word.VERB:
        tokens = _verb_last(tokens)
        return _with_endings(tokens, acted_on=True) if level > 2 else tokens
    return _with_endings(tokens, acted_on=False) if level > 2 else tokens


def _with_kinds(tokens: list[_Token]) -> list[_Token]:
    """The first word is a verb when an article, an owner or an adverb follows that a noun could not have."""
    if len(tokens) < 2 or tokens[0].english not in VERBS or tokens[0].kind is Word.VERB:
        return tokens
    if tokens[1].kind in {Word.ARTICLE, Word.OWNER} or (tokens[1].kind is Word.ADVERB and len(tokens) == 2):
        return [_Token(Word.VERB, VERBS[tokens[0].english], tokens[0].english), *tokens[1:]]
    return tokens


def _verb_last(tokens: list[_Token]) -> list[_Token]:
    """As on buttons: no article, when it is to be done first, then the object, the verb at the end."""
    end = len(tokens) - 1 if tokens[-1].pause else len(tokens)
    verb, rest, tail = tokens[0], tokens[1:end], tokens[end:]
    if rest and rest[0].english in ("and", "or"):
        return tokens
    kept = [token for token in rest if token.kind is not Word.ARTICLE]
    when = [token for token in kept if token.kind is Word.ADVERB]
    return [*when, *(token for token in kept if token.kind is not Word.ADVERB), verb, *tail]


def _with_compounds(tokens: list[_Token]) -> list[_Token]:
    joined: list[_Token] = []
    for token in tokens:
        before = joined[-1] if joined else None
        if before and before.kind is Word.NOUN and token.kind is Word.NOUN and not before.plural:
            joined[-1] = _compound(before, token)
        else:
            joined.append(token)
    return joined


def _compound(first: _Token, second: _Token) -> _Token:
    assert second.noun is not None
    link = "n" if first.text.endswith("e") else "s" if first.text.endswith(_FEMININE) else ""
    head = first.text + link
    noun = Noun(second.noun.gender, head + second.noun.singular.lower(), head + second.noun.plural.lower())
    return replace(second, text=head + second.text.lower(), noun=noun)


def _with_endings(tokens: Sequence[_Token], *, acted_on: bool) -> list[_Token]:
    """Articles, owners and adjectives as the noun after them asks; `acted_on`: in the accusative."""
    written: list[_Token] = []
    for place, token in enumerate(tokens):
        noun = _noun_after(tokens, place)
        if noun is None or token.kind not in {Word.ADJECTIVE, Word.OWNER, Word.ARTICLE}:
            written.append(token)
            continue
        ending = "en" if acted_on and noun.gender == "m" else _STRONG[noun.gender]
        if token.kind is Word.ARTICLE:
            written.append(replace(token, text=_article(token, noun.gender, acted_on=acted_on)))
        elif token.kind is Word.OWNER:
            bare = noun.gender == "n" or (noun.gender == "m" and not acted_on)
            written.append(token if bare else replace(token, text=token.text + ending))
        else:
            written.append(replace(token, text=token.text.removesuffix("e") + ending))
    return written


def _article(token: _Token, gender: str, *, acted_on: bool) -> str:
    if token.english == "the":
        return "den" if acted_on and gender == "m" else {"m": "der", "n": "das"}.get(gender, "die")
    return {"f": "eine", "pl": ""}.get(gender, "einen" if acted_on and gender == "m" else "ein")


def _noun_after(tokens: Sequence[_Token], place: int) -> _Token | None:
    """The noun that the word at `place` belongs to: only adjectives and numerals stand between."""
    for token in tokens[place + 1 :]:
        if token.kind is Word.NOUN:
            return token
        if token.kind not in {Word.ADJECTIVE, Word.NUMERAL}:
            return None
    return None
