"""Reads the set of classes that a prompt allows, and the words that speak for each."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from loom.calls.simulated.brief import Example, Label, Saying
from loom.calls.simulated.sections import Purpose, Section
from loom.calls.simulated.text import STOPWORDS, content_stems, stem, stems, words

__all__ = [
    "fallback_label",
    "labels_in_prompt",
    "labels_of_field",
    "make_label",
    "options_in",
    "with_examples",
    "with_rules",
]

_NAME_WEIGHT = 2.0
_SAID_WEIGHT = 1.0
_RULE_WEIGHT = 0.8
_EXAMPLE_WEIGHT = 0.5
_MAX_LABELS = 60
_NAME = r"[\"'`*]{0,3}(?P<name>[A-Za-z][\w/&+ -]{0,38}?)[\"'`*]{0,3}"
_DEFINITION = re.compile(
    rf"^\s*(?:[-*•]|\d+[.)])\s+{_NAME}\s*(?:(?:[:=—\u2013]|\s-|->)\s*(?P<text>\S.*)|\((?P<paren>[^)]+)\).*)?$"
)
_ITEM_NAME = r"[\"'`]?[A-Za-z][\w -]{0,30}[\"'`]?"
_LISTED = re.compile(
    r"\b(?:categor(?:y|ies)|labels?|class(?:es)?|intents?|types?|topics?|sentiment|departments?|options|one of|either|"
    r"into|as)(?: (?:is|are|the following|these|following|categories|labels|classes|values|of|one|exactly|either|"
    r"must be|should be))*"
    rf"\s*[:(]?\s*(?P<list>{_ITEM_NAME}(?:\s*(?:,|/|\||;|\bor\b|\band\b)(?:\s*(?:and|or)\b)?\s*{_ITEM_NAME})+)",
    re.IGNORECASE,
)
_ONE_WORD = r"[\"'`]?[A-Za-z][\w-]{1,30}[\"'`]?"
_OR_LIST = re.compile(rf"[(:]\s*(?P<list>{_ONE_WORD}(?:\s*,\s*{_ONE_WORD})+\s*,?\s*or\s+{_ONE_WORD})")
_SPLIT = re.compile(r"\s*(?:,\s*(?:and|or)\s+|[|,;]|\s/\s|/(?=\w)|\bor\b|\band\b)\s*")
_ONE_OF = re.compile(
    r"\b(?:one of|either|any of|allowed(?: values)?|exactly one|must be)\b(?: the"
    r" following)?:?\s*(?P<list>.+)",
    re.IGNORECASE,
)
_OPTION = re.compile(r"\s*[\"'`<]{0,2}[A-Za-z][\w -]{0,30}[\"'`>]{0,2}\s*")
_BETWEEN_OPTIONS = re.compile(r"\||/|\bor\b")
_TYPE_NAMES = frozenset(
    {"string", "null", "number", "true", "false", "integer", "none", "boolean", "yyyy", "mm", "dd"}
)
_ONE_OF_PREFIX = re.compile(r"^(?:exactly )?(?:one of|either)\s+", re.IGNORECASE)
_OTHERWISE = re.compile(
    r"^(?:everything|anything|all) (?:else|the rest|other\w*|not)|^otherwise\b|^(?:the"
    r" )?default\b|\bnone of the (?:above|others)\b",
    re.IGNORECASE,
)
_ITEM = re.compile(r"[,;.]\s+|\s+(?:or|and)\s+")
_SENTENCE = re.compile(r"[.;]\s+|,\s+(?=even|unless|but|not)")
_DEFINING_WORDS = """
example examples everything anything else includes including e.g messages texts text message customer says
asks about mentions
"""
_DEFINING = frozenset(stem(word) for word in _DEFINING_WORDS.split())
_UNSURE = re.compile(r"\b(?:nothing|none|unsure|not sure|no other|unclear|doubt|neither)\b", re.IGNORECASE)


def options_in(text: str) -> tuple[str, ...]:
    """Allowed values spelled inside a skeleton's value or a field's remark: `a | b | c`, `one of: a, b or c`."""
    stated = _ONE_OF.search(text)
    if not stated and not _looks_listed(text):
        return ()
    listed = stated["list"].split(".")[0] if stated else text
    names = [name.strip(" \"'`<>()[].") for name in _SPLIT.split(listed)]
    sound = (name for name in names if name[:1].isalpha() and len(name.split()) <= 4)
    unique = tuple(dict.fromkeys(sound))
    sentence = any(word in STOPWORDS for name in unique for word in name.lower().split()[1:])
    typed = _TYPE_NAMES & {name.lower() for name in unique}
    return () if len(unique) < 2 or sentence or typed else unique


def _looks_listed(text: str) -> bool:
    """Whether `text` is nothing but short values between bars, slashes or the word or."""
    groups = _BETWEEN_OPTIONS.split(text.strip().rstrip(".)"))
    return len(groups) > 1 and all(
        _OPTION.fullmatch(option) for group in groups for option in group.rstrip(" ,").split(",")
    )


def labels_in_prompt(sections: Sequence[Section]) -> tuple[Label, ...]:
    """The classes defined in a labels section, else listed in a sentence; empty when the prompt has none."""
    for section in sections:
        if section.purpose is Purpose.LABELS:
            defined = _defined(section.body.splitlines())
            if len(defined) > 1:
                return defined
    for section in sections:
        if section.purpose in {Purpose.OTHER, Purpose.RULES, Purpose.STEPS}:
            listed = _LISTED.search(section.body) or _OR_LIST.search(section.body)
            names = _names(listed["list"]) if listed else ()
            if len(names) > 1:
                return tuple(make_label(name) for name in names)
    return ()


def labels_of_field(
    name: str, sections: Sequence[Section], *, listed_only: bool = False
) -> tuple[Label, ...]:
    """The classes of one output field: a section of definitions called like it, else a list in a sentence about it.

    `listed_only` accepts only a sentence that says `one of` or `either`.
    """
    wanted = {stem(word) for word in words(name.replace("_", " "))}
    for section in sections:
        if section.purpose is not Purpose.OUTPUT and wanted & set(stems(section.title)):
            defined = _defined(section.body.splitlines())
            if len(defined) > 1:
                return defined
    says = r"one of|either" if listed_only else r"one of|either|as|is|are|:"
    about = re.compile(
        rf"\b{re.escape(name)}\b[^.;\n]{{0,40}}?\b(?:{says})\s*:?\s*(?P<list>[^.;\n]+(?:\n[^.;\n]+)?)",
        re.IGNORECASE,
    )
    for section in sections:
        listed = about.search(section.body) if section.purpose is not Purpose.INPUT else None
        names = _names(_ONE_OF_PREFIX.sub("", " ".join(listed["list"].split()))) if listed else ()
        if len(names) > 1:
            return tuple(make_label(item) for item in names)
    return ()


def make_label(name: str, description: str = "") -> Label:
    """A class with the stems of its own name, and those of what is said about it."""
    cues = dict.fromkeys((stem(word) for word in words(name.replace("_", " "))), _NAME_WEIGHT)
    said = tuple(_sayings(_ITEM.split(description), _SAID_WEIGHT))
    otherwise = bool(_OTHERWISE.search(description))
    return Label(name, tuple(cues.items()), said, defined=bool(description.strip()), otherwise=otherwise)


def with_rules(labels: Sequence[Label], lines: Iterable[str]) -> tuple[Label, ...]:
    """The classes with the words of every rule that speaks of exactly one of them."""
    extra: dict[str, list[Saying]] = defaultdict(list)
    patterns = {
        label.name: re.compile(rf"(?<![\w-]){re.escape(label.name)}(?![\w-])", re.IGNORECASE)
        for label in labels
    }
    for line in (part for whole in lines for part in _SENTENCE.split(whole)):
        named = [name for name, pattern in patterns.items() if pattern.search(line)]
        if len(named) == 1 and not re.search(rf"\bnot (?:to |as |in )?{re.escape(named[0])}\b", line):
            extra[named[0]] += _sayings([patterns[named[0]].sub(" ", line)], _RULE_WEIGHT)
    return tuple(replace(label, sayings=(*label.sayings, *extra[label.name])) for label in labels)


def with_examples(
    labels: Sequence[Label], examples: Sequence[Example], field: str | None
) -> tuple[Label, ...]:
    """The classes with the words of the examples that carry them; classes seen only in examples are added."""
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    known = {label.name.lower(): label.name for label in labels}
    for example in examples:
        answer = _label_of(example, field)
        if answer and len(answer.split()) <= 4:
            seen[known.get(answer.lower(), answer)].update(set(content_stems(example.input)))
    added = () if labels or len(seen) < 2 else tuple(make_label(name) for name in seen)
    everywhere: Counter[str] = sum(seen.values(), Counter[str]())
    return tuple(_taught(label, seen[label.name], everywhere) for label in (*labels, *added))[:_MAX_LABELS]


def _taught(label: Label, seen: Counter[str], everywhere: Counter[str]) -> Label:
    """A word counts the more, the more of its examples are of this class, and the more often it was seen."""
    cues = dict(label.cues)
    for cue, times in seen.items():
        weight = (
            (0.5 if label.defined else 1.0) * _EXAMPLE_WEIGHT * times / everywhere[cue] * (1 - 0.5**times)
        )
        cues[cue] = max(cues.get(cue, 0.0), weight)
    return replace(label, cues=tuple(cues.items()))


def fallback_label(labels: Sequence[Label], text: str) -> str | None:
    """The class that the prompt says to use when nothing fits; else one called `other` or like it."""
    by_name = {label.name.lower(): label.name for label in labels}
    otherwise = next((label.name for label in labels if label.otherwise), None)
    if otherwise:
        return otherwise
    for sentence in re.split(r"[.\n]", text.lower()):
        named = [by_name[word] for word in by_name if word in sentence] if _UNSURE.search(sentence) else []
        if len(named) == 1:
            return named[0]
    return next(
        (
            by_name[name]
            for name in ("other", "general", "neutral", "normal", "medium", "unknown", "misc")
            if name in by_name
        ),
        None,
    )


def _defined(lines: Sequence[str]) -> tuple[Label, ...]:
    matches = [match for line in lines if (match := _DEFINITION.match(line))]
    labels = (make_label(match["name"].strip(), match["text"] or match["paren"] or "") for match in matches)
    found = tuple(labels)[:_MAX_LABELS]
    if len(found) > 1:
        return found
    plain = " ".join(lines).strip().rstrip(".")
    return tuple(make_label(name) for name in _names(plain)) if plain and len(plain) < 400 else ()


def _names(listed: str) -> tuple[str, ...]:
    names = (name.strip(" \"'`.()") for name in _SPLIT.split(listed))
    return tuple(dict.fromkeys(name for name in names if name and len(name.split()) <= 3))


def _label_of(example: Example, field: str | None) -> str | None:
    if isinstance(example.output, str):
        return example.output
    value = example.output.get(field) if field else next(iter(example.output.values()), None)
    return value if isinstance(value, str) else None


def _sayings(items: Iterable[str], weight: float) -> Iterator[Saying]:
    for item in items:
        said = tuple(dict.fromkeys(cue for cue in content_stems(item) if cue not in _DEFINING))
        if said:
            yield Saying(said, weight)
