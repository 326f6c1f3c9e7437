"""Fills the fields of an answer, each by the ability that its kind needs."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from loom.calls.simulated.answering import answer
from loom.calls.simulated.arithmetic import calculate
from loom.calls.simulated.brief import Brief, Field, Kind, Label, Missing, Task
from loom.calls.simulated.checklist import unmet
from loom.calls.simulated.classify import Choice, Classes, classify
from loom.calls.simulated.content import Content
from loom.calls.simulated.entities import find_entities
from loom.calls.simulated.extract import extract
from loom.calls.simulated.labels import fallback_label, make_label
from loom.calls.simulated.noise import Noise, Skill
from loom.calls.simulated.summarize import key_points, keywords, summary, title
from loom.calls.simulated.text import content_stems, sentences, words
from loom.calls.simulated.translate import language_of, translate
from loom.core.jsonvalue import Json, JsonValue

__all__ = ["Scene", "choose_class", "fill"]

_ENTITY_KINDS = frozenset({Kind.PEOPLE, Kind.PLACES, Kind.ORGANIZATIONS})
_ABSENT = object()
_LATE_KINDS = frozenset({Kind.COUNT, Kind.REASON, Kind.CONFIDENCE})
_FAVOURABLE = frozenset(
    {"pass", "passed", "accept", "accepted", "approve", "approved", "ok", "yes", "complete"}
)
_UP_TO = re.compile(
    r"\b(?:at most|up to|to|max(?:imum)?(?: of)?|-)\s*(\d+|two|three|four|five|six|seven|eight|ten)\b"
)
_SPELLED = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "ten": 10}
_FIELD_LIMIT = re.compile(
    r"\b(\d+|two|three|four|five|six|seven|eight|ten)\s+(?:whole |short |full |complete"
    r" )?(words?|sentences?)\b"
)


@dataclass(slots=True)
class Scene:
    """One request being answered. `choices` collects what was decided, for the fields that explain it."""

    brief: Brief
    content: Content
    skill: Skill
    noise: Noise
    choices: list[Choice] = field(default_factory=list[Choice])


def fill(scene: Scene) -> Json:
    """The whole answer object, fields in their stated order."""
    return _filled(scene, scene.brief.fields)


def choose_class(scene: Scene, labels: Sequence[Label], key: str = "label") -> str:
    """The class of the text among `labels`, or among those that came with the input."""
    allowed = tuple(make_label(name) for name in scene.content.classes) or tuple(labels)
    stated = scene.brief.fallback
    fallback = stated if any(label.name == stated for label in allowed) else fallback_label(allowed, "")
    classes = Classes(allowed, scene.brief.rules.choosing, fallback)
    choice = classify(scene.content.text, classes, scene.skill, scene.noise, key=key)
    scene.choices.append(choice)
    return choice.label


def _filled(scene: Scene, fields: Sequence[Field]) -> Json:
    values: Json = {}
    for wanted in sorted(fields, key=lambda item: item.kind in _LATE_KINDS):
        values[wanted.name] = _value(scene, wanted, values)
    return {wanted.name: values[wanted.name] for wanted in fields if values[wanted.name] is not _ABSENT}


def _value(scene: Scene, wanted: Field, values: Json) -> JsonValue:
    if wanted.kind is Kind.LABEL and (wanted.labels or scene.content.classes):
        verdict = _verdict(scene, wanted)
        if verdict is not None:
            return verdict
        chosen = choose_class(scene, wanted.labels, wanted.name)
        return [chosen] if wanted.many else chosen
    if wanted.kind is Kind.COUNT:
        return _count(scene, values)
    if wanted.children:
        group = _filled(scene, wanted.children)
        return [group] if wanted.many else group
    found = _SOLVERS.get(wanted.kind, _copied)(scene, wanted)
    if found is None:
        return _missing(scene, wanted)
    return (
        found.lower()
        if scene.brief.rules.lower_case and isinstance(found, str) and wanted.kind is Kind.LABEL
        else found
    )


def _verdict(scene: Scene, wanted: Field) -> str | None:
    """The class that says whether all points of a checklist are covered, if there is a list and such a class."""
    good = next((label.name for label in wanted.labels if label.name.lower() in _FAVOURABLE), None)
    bad = next((label.name for label in wanted.labels if label.name != good), None)
    if not scene.content.points or good is None or bad is None:
        return None
    return bad if _unmet_points(scene) else good


def _unmet_points(scene: Scene) -> list[int]:
    content = scene.content
    return unmet(content.points, content.text, scene.brief.rules.wording, scene.skill, scene.noise)


def _missing(scene: Scene, wanted: Field) -> JsonValue:
    """What the prompt says to write; a shallow reader who was not told guesses."""
    if wanted.many:
        return []
    stated = scene.brief.rules.missing
    if "null" in wanted.hint or stated is Missing.NULL:
        return None
    if stated is Missing.OMIT:
        return _ABSENT
    if stated is Missing.UNKNOWN:
        return "unknown"
    if stated is Missing.EMPTY or "empty string" in wanted.hint:
        return ""
    guesses = scene.skill.depth == 1 and scene.noise.slips(f"guess {wanted.name}", 0.5)
    return "N/A" if guesses else None


def _count(scene: Scene, values: Json) -> int:
    total = sum(len(cast("list[Any]", value)) for value in values.values() if isinstance(value, list))
    return total + 1 if scene.noise.slips("count", scene.skill.slip * 0.5) else total


def _entities(scene: Scene, wanted: Field) -> JsonValue:
    found = [
        entity
        for entity in find_entities(scene.content.text, scene.skill.depth)
        if entity.kind is wanted.kind
    ]
    names = [
        entity.name
        for place, entity in enumerate(found)
        if not scene.noise.slips(
            f"entity {entity.name} {place}", scene.skill.slip * (0.5 if entity.sure else 1.2)
        )
    ]
    if not wanted.many:
        return names[0] if names else None
    twice_is_fine = scene.brief.rules.dedupe or scene.skill.depth >= 3
    return list(dict.fromkeys(names)) if twice_is_fine else names


def _summary(scene: Scene, wanted: Field) -> JsonValue:
    rules, limits = scene.brief.rules, _limits(wanted.hint)
    return summary(
        scene.content.text,
        scene.skill,
        scene.noise,
        max_sentences=limits.get("sentence") or rules.max_sentences,
        max_words=limits.get("word") or rules.max_words,
    )


def _points(scene: Scene, wanted: Field) -> JsonValue:
    limits = _limits(wanted.hint)
    bound = _UP_TO.search(wanted.hint)
    count = (
        (int(bound[1]) if bound[1].isdigit() else _SPELLED[bound[1]])
        if bound
        else scene.brief.rules.max_items
    )
    return key_points(scene.content.text, scene.skill, scene.noise, limit=count, max_words=limits.get("word"))


def _limits(hint: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for match in _FIELD_LIMIT.finditer(hint):
        found[match[2].rstrip("s")] = int(match[1]) if match[1].isdigit() else _SPELLED[match[1]]
    return found


def _title(scene: Scene, wanted: Field) -> JsonValue:
    return title(scene.content.text, max_words=_limits(wanted.hint).get("word"))


def _keywords(scene: Scene, wanted: Field) -> JsonValue:
    bound = _UP_TO.search(wanted.hint)
    count = (
        (int(bound[1]) if bound[1].isdigit() else _SPELLED[bound[1]])
        if bound
        else scene.brief.rules.max_items
    )
    return keywords(scene.content.text, count)


def _confidence(scene: Scene, wanted: Field) -> JsonValue:
    margin = scene.choices[-1].margin if scene.choices else 0.5
    value = round(min(0.99, 0.55 + 0.4 * max(0.0, margin) + 0.04 * scene.noise.draw("confidence")), 2)
    if wanted.type == "string":
        return "high" if value > 0.85 else "medium" if value > 0.65 else "low"
    return value


def _reason(scene: Scene, wanted: Field) -> JsonValue:
    if scene.choices and scene.choices[-1].evidence:
        chosen = scene.choices[-1]
        quoted = ", ".join(f"'{word}'" for word in chosen.evidence)
        return f"The text mentions {quoted}, which points to {chosen.label}."
    opening = next(iter(sentences(scene.content.text)), "")
    return [opening] if wanted.many else f'The text says: "{opening}"'


def _flag(scene: Scene, wanted: Field) -> JsonValue:
    """Whether the text speaks of what the field is about: most of its words, none of them denied."""
    about = set(content_stems(wanted.name.replace("_", " "))) - {"is", "has", "need", "contain"}
    asked = scene.content.question
    if asked and about & {"found", "answerabl", "answer"}:
        return _found(scene, asked, short=False) is not None
    present = about.union(content_stems(wanted.hint) if scene.skill.depth > 1 else ())
    hit = bool(present & set(content_stems(scene.content.text)))
    return not hit if scene.noise.slips(f"flag {wanted.name}", scene.skill.slip) else hit


def _answer(scene: Scene, wanted: Field) -> JsonValue:
    question = scene.content.question
    if scene.brief.task is Task.CALCULATE or not question:
        result = calculate(scene.content.text, scene.skill, scene.noise)
        if result is not None:
            return result if wanted.type in {"number", "integer"} else str(result)
    short = scene.brief.rules.short or (scene.skill.depth == 3 and "sentence" not in wanted.hint)
    return _found(scene, question or scene.content.text, short=short)


def _found(scene: Scene, question: str, *, short: bool) -> str | None:
    """Who was told what to write when there is no answer looks twice before giving one."""
    strict = scene.brief.rules.missing is not Missing.UNSAID
    return answer(scene.content.text, question, scene.skill, scene.noise, short=short, strict=strict)


def _calculation(scene: Scene, wanted: Field) -> JsonValue:
    result = calculate(f"{scene.content.question} {scene.content.text}".strip(), scene.skill, scene.noise)
    return (
        result
        if result is not None
        else extract(wanted, scene.content.text, scene.brief.rules, scene.skill, scene.noise)
    )


def _translation(scene: Scene, _: Field) -> JsonValue:
    brief = scene.brief
    return translate(
        scene.content.text,
        brief.glossary,
        scene.skill,
        scene.noise,
        target=brief.target_language or "german",
        told_rules=brief.rules.stated > 2,
    )


def _language(scene: Scene, _: Field) -> JsonValue:
    return language_of(scene.content.text)


def _word_count(scene: Scene, _: Field) -> JsonValue:
    return len(words(scene.content.text))


def _copied(scene: Scene, wanted: Field) -> JsonValue:
    found = extract(wanted, scene.content.text, scene.brief.rules, scene.skill, scene.noise)
    if found is not None or wanted.kind is not Kind.TEXT or not wanted.hint:
        return found
    return answer(
        scene.content.text,
        f"{wanted.name.replace('_', ' ')} {wanted.hint}",
        scene.skill,
        scene.noise,
        short=False,
    )


def _unmet(scene: Scene, wanted: Field) -> JsonValue:
    """By number when numbers are wanted, else in the list's own words."""
    if not scene.content.points:
        return _copied(scene, wanted)
    numbers = _unmet_points(scene)
    if re.search(r"number|integer|\d", wanted.hint):
        return cast("JsonValue", numbers)
    return [scene.content.points[number - 1] for number in numbers]


_SOLVERS: dict[Kind, Callable[[Scene, Field], JsonValue]] = {
    **dict.fromkeys(_ENTITY_KINDS, _entities),
    Kind.SUMMARY: _summary,
    Kind.POINTS: _points,
    Kind.TITLE: _title,
    Kind.KEYWORDS: _keywords,
    Kind.CONFIDENCE: _confidence,
    Kind.REASON: _reason,
    Kind.FLAG: _flag,
    Kind.ANSWER: _answer,
    Kind.CALCULATION: _calculation,
    Kind.TRANSLATION: _translation,
    Kind.LANGUAGE: _language,
    Kind.WORD_COUNT: _word_count,
    Kind.UNMET: _unmet,
}
