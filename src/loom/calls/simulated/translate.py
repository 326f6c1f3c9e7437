"""Translation with a glossary: the prompt's first, then a small one of its own; into German with some grammar."""

import re
from collections.abc import Sequence

from loom.calls.simulated.german import to_german
from loom.calls.simulated.noise import Noise, Skill
from loom.calls.simulated.text import words

__all__ = ["language_of", "target_language", "translate"]

_ENTRIES = (
    "hello:hallo:bonjour:hola|goodbye:auf wiedersehen:au revoir:adiós|thank"
    " you:danke:merci:gracias|please:bitte:s'il vous plaît:por favor|"
    "yes:ja:oui:sí|no:nein:non:no|the:die:le:el|a:ein:un:un|and:und:et:y|or:oder:ou:o|"
    "is:ist:est:es|are:sind:sont:son|not:nicht:pas:no|"
    "i:ich:je:yo|you:sie:vous:usted|we:wir:nous:nosotros|with:mit:avec:con|"
    "for:für:pour:para|in:in:dans:en|on:auf:sur:en|from:von:de:de|"
    "to:zu:à:a|of:von:de:de|house:haus:maison:casa|water:wasser:eau:agua|"
    "bread:brot:pain:pan|book:buch:livre:libro|day:tag:jour:día|"
    "night:nacht:nuit:noche|morning:morgen:matin:mañana|good:gut:bon:bueno|"
    "big:groß:grand:grande|small:klein:petit:pequeño|"
    "new:neu:nouveau:nuevo|old:alt:vieux:viejo|red:rot:rouge:rojo|blue:blau:bleu:azul|"
    "green:grün:vert:verde|one:eins:un:uno|two:zwei:deux:dos|"
    "three:drei:trois:tres|dog:hund:chien:perro|cat:katze:chat:gato|"
    "friend:freund:ami:amigo|city:stadt:ville:ciudad|street:straße:rue:calle|"
    "order:bestellung:commande:pedido|invoice:rechnung:facture:factura|"
    "price:preis:prix:precio|today:heute:aujourd'hui:hoy|"
    "tomorrow:morgen:demain:mañana|open:offen:ouvert:abierto|"
    "closed:geschlossen:fermé:cerrado|train:zug:train:tren|station:bahnhof:gare:estación"
)
_LANGUAGES = ("german", "french", "spanish")
_OWN: dict[str, dict[str, str]] = {
    language: {entry.split(":")[0]: entry.split(":")[column] for entry in _ENTRIES.split("|")}
    for column, language in enumerate(_LANGUAGES, start=1)
}
_TARGET = re.compile(r"\b(?:into|to)\s+(german|french|spanish|english)\b", re.IGNORECASE)
_TOKEN = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?|[^\w]+|\d+|_+")
_COMMON = {
    "English": "the and of to is in that for with was",
    "German": "der die das und ist nicht mit ein zu von",
    "French": "le la les et est une des dans pour que",
    "Spanish": "el la los y es una que de para con",
}
_LONGEST_TERM = 3


def target_language(text: str) -> str | None:
    """The language that an instruction asks for, lower case."""
    match = _TARGET.search(text)
    return match[1].lower() if match else None


def translate(
    text: str,
    glossary: Sequence[tuple[str, str]],
    skill: Skill,
    noise: Noise,
    *,
    target: str = "german",
    told_rules: bool = False,
) -> str:
    """`text` with every known term replaced, longest terms first; unknown words stay as they are.

    German gets as much grammar as the size has, and one level more when the prompt states rules.
    """
    if target == "german":
        level = min(3, skill.depth + told_rules)
        return to_german(text, glossary, level, lambda term: noise.slips(f"term {term}", skill.slip))
    if target == "english":
        known = {word: english for table in _OWN.values() for english, word in table.items()}
    else:
        known = dict(_OWN.get(target, {}))
    known |= dict(glossary)
    tokens: list[str] = _TOKEN.findall(text)
    written: list[str] = []
    place = 0
    while place < len(tokens):
        length = _known_at(tokens, place, known)
        term = "".join(tokens[place : place + max(1, length)])
        place += max(1, length)
        forgotten = length and noise.slips(f"term {term} {place}", skill.slip)
        written.append(term if forgotten or not length else _cased(term, known[term.lower()]))
    return "".join(written)


def language_of(text: str) -> str:
    """The language whose most common words the text uses most."""
    used = set(words(text))
    return max(_COMMON, key=lambda language: len(used & set(_COMMON[language].split())))


def _known_at(tokens: Sequence[str], place: int, known: dict[str, str]) -> int:
    spans = (length for length in range(2 * _LONGEST_TERM - 1, 0, -2) if place + length <= len(tokens))
    return next((length for length in spans if "".join(tokens[place : place + length]).lower() in known), 0)


def _cased(term: str, translated: str) -> str:
    return (
        translated[:1].upper() + translated[1:]
        if term[:1].isupper() and translated[:1].islower()
        else translated
    )
