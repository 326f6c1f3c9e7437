"""Reads a prompt: which task, which fields and classes, which rules and examples, and how clearly it is put."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from loom.calls.simulated.brief import Brief, Example, Field, Kind, Label, Rules, Task
from loom.calls.simulated.examples import examples_in_text
from loom.calls.simulated.fields import (
    fields_of_example,
    fields_of_list,
    fields_of_schema,
    fields_of_skeleton,
    with_notes,
)
from loom.calls.simulated.labels import (
    fallback_label,
    labels_in_prompt,
    labels_of_field,
    make_label,
    with_examples,
    with_rules,
)
from loom.calls.simulated.rules import read_rules
from loom.calls.simulated.sections import Purpose, Section, split
from loom.calls.simulated.skeleton import Node, read_skeleton
from loom.calls.simulated.translate import target_language

__all__ = ["fields_of_schema_text", "read_prompt", "task_in", "with_turns"]

_TASKS: tuple[tuple[Task, re.Pattern[str]], ...] = tuple(
    (task, re.compile(pattern, re.IGNORECASE))
    for task, pattern in (
        (Task.COMPARE, (r"\b(?:which (?:answer|response|output|one) is better|compare (?:the )?two|pairwise|"
r"prefer(?:red)?\b.*\b(?:a|b)\b)")),
        (Task.JUDGE, (r"\b(?:judge|grader?|evaluat(?:e|or|ing)|score the|assess|rate (?:the|this|how)|"
r"rubric|impartial)\b")),
        (Task.TRANSLATE, r"\btranslat(?:e|ion|or|ing)\b"),
        (Task.CLASSIFY, (r"\b(?:classif\w+|sorts?|sorting|categori[sz]e|label (?:the|each|this)|which category|"
r"sentiment|triage|route (?:the|each)|assign)\b")),
        (Task.ENTITIES, r"\b(?:named entit\w+|entity|entities)\b"),
        (Task.EXTRACT, r"\b(?:extract\w*|pull out|find (?:the|all|every)|identify (?:the|all)|parse)\b"),
        (Task.SUMMARIZE, r"\b(?:summar\w+|condense|tl;?dr|shorten|key points|digest)\b"),
        (Task.CALCULATE, r"\b(?:calculat\w+|comput\w+|arithmetic|add up|sum of|solve|math\w*)\b"),
        (Task.ANSWER, r"\b(?:answer\w*|questions?|look up)\b"),
    )
)  # fmt: skip
_FOREMOST = frozenset({Task.COMPARE, Task.JUDGE, Task.ENTITIES})
_OUTPUT_CUE = re.compile(r"\b(?:output|respond|return|reply|answer|format|json|produce)\b", re.IGNORECASE)
_GLOSSARY_LINE = re.compile(
    r"^\s*(?:[-*•]\s*)?[\"'`*]{0,2}([^\W\d_][\w' -]{0,40}?)[\"'`*]{0,2}\s*(?:=>|->|→|=|"
    r":)\s*[\"'`]?([^\W\d_][\w' -]{0,40}?)[\"'`]?\s*$"
)


@lru_cache(maxsize=256)
def read_prompt(text: str) -> Brief:
    """Everything that `text` asks for. Pure, and remembered for the prompts used last."""
    sections = split(text)
    examples = examples_in_text("\n\n".join(_bodies(sections, Purpose.EXAMPLES)) or text)
    instructions = _without_examples(sections) if examples else sections
    said = "\n".join(section.title + "\n" + section.body for section in instructions)
    task = task_in(said)
    labels = labels_in_prompt(instructions) if task in {Task.CLASSIFY, Task.REPLY, Task.ANSWER} else ()
    rules = read_rules(said)
    stating = {Purpose.OTHER, Purpose.RULES, Purpose.STEPS}
    lines = [
        line for section in instructions if section.purpose in stating for line in section.body.splitlines()
    ]
    labels = with_rules(labels, lines)
    fields = tuple(
        _with_own_labels(field, instructions, lines) for field in _fields(instructions, examples, labels)
    )
    glossary = _glossary(sections) if task is Task.TRANSLATE else ()
    target = target_language(said) if task is Task.TRANSLATE else None
    brief = Brief(_refined(task, fields, labels), fields, labels, rules, examples, glossary, target)
    return _settled(replace(brief, clarity=_clarity(instructions, rules, fields, labels)), said)


def with_turns(brief: Brief, examples: Sequence[Example]) -> Brief:
    """The brief with the examples that earlier turns of the conversation give."""
    if not examples:
        return brief
    known = brief.fields or next(
        (fields_of_example(item.output) for item in examples if isinstance(item.output, dict)), ()
    )
    return _settled(replace(brief, fields=known, examples=(*brief.examples, *examples)), "")


@lru_cache(maxsize=256)
def fields_of_schema_text(schema: str) -> tuple[Field, ...]:
    """The fields of a JSON Schema given as text."""
    return fields_of_schema(json.loads(schema))


def task_in(text: str) -> Task:
    """The work that `text` names first in its opening, else anywhere."""
    opening = text[:240]
    found = [(match.start(), task) for task, cue in _TASKS if (match := cue.search(opening))]
    if found:
        ranks = {task: rank for rank, (task, _) in enumerate(_TASKS)}
        return min(found, key=lambda item: (item[1] not in _FOREMOST, item[0], ranks[item[1]]))[1]
    return next((task for task, cue in _TASKS if cue.search(text)), Task.REPLY)


def _bodies(sections: Sequence[Section], purpose: Purpose) -> list[str]:
    return [section.body for section in sections if section.purpose is purpose]


def _without_examples(sections: Sequence[Section]) -> tuple[Section, ...]:
    return tuple(section for section in sections if section.purpose is not Purpose.EXAMPLES)


def _fields(
    sections: Sequence[Section], examples: Sequence[Example], labels: Sequence[Label]
) -> tuple[Field, ...]:
    usable = [section for section in sections if section.purpose not in {Purpose.INPUT, Purpose.REFERENCE}]
    skeleton = _skeleton(usable)
    if skeleton:
        fields = fields_of_skeleton(skeleton)
    else:
        shown = next((item.output for item in examples if isinstance(item.output, dict)), None)
        listed = (fields_of_list(section.body) for section in usable if section.purpose is Purpose.OUTPUT)
        fields = fields_of_example(shown) if shown else next((found for found in listed if found), ())
    if not fields and not labels and any("json" in section.body.lower() for section in usable):
        fields = next((found for section in usable if (found := fields_of_list(section.body))), ())
    return with_notes(fields, (line for section in usable for line in section.body.splitlines()))


def _with_own_labels(field: Field, sections: Sequence[Section], lines: Sequence[str]) -> Field:
    """A class field with what the prompt says of its classes in a section or sentence of their own."""
    if field.kind not in {Kind.LABEL, Kind.TEXT}:
        return field
    own = labels_of_field(field.name, sections, listed_only=field.kind is Kind.TEXT)
    allowed = {label.name.lower() for label in field.labels}
    known = tuple(label for label in own if not allowed or label.name.lower() in allowed)
    if len(known) < max(2, len(allowed)):
        return field
    return replace(field, kind=Kind.LABEL, labels=with_rules(known, lines))


def _skeleton(sections: Sequence[Section]) -> dict[str, Node] | None:
    ranked = sorted(sections, key=lambda section: section.purpose is not Purpose.OUTPUT)
    for section in ranked:
        for match in re.finditer(r"\{", section.body):
            before = section.title + section.body[max(0, match.start() - 240) : match.start()]
            found = read_skeleton(section.body, match.start()) if _OUTPUT_CUE.search(before) else None
            if found:
                return found[0]
    return None


def _refined(task: Task, fields: Sequence[Field], labels: Sequence[Label]) -> Task:
    if task is Task.REPLY and (labels or any(field.kind is Kind.LABEL for field in fields)):
        return Task.CLASSIFY
    return Task.EXTRACT if task is Task.REPLY and fields else task


def _settled(brief: Brief, said: str) -> Brief:
    """Gives the class field its classes and everything the examples teach."""
    target = next((field for field in brief.fields if field.kind is Kind.LABEL and not field.labels), None)
    labels = brief.labels
    if not brief.fields or target:
        classify = brief.task is Task.CLASSIFY or target is not None
        labels = (
            with_examples(labels, brief.examples, target.name if target else None) if classify else labels
        )
    fields = tuple(_with_labels(field, labels, brief) for field in brief.fields)
    used = labels or next((field.labels for field in fields if field.labels), ())
    return replace(brief, fields=fields, labels=labels, fallback=brief.fallback or fallback_label(used, said))


_DEFAULT_CLASSES = {
    "sentiment": ("positive", "negative", "neutral"),
    "tone": ("positive", "negative", "neutral"),
    "priority": ("high", "medium", "low"),
    "urgency": ("high", "medium", "low"),
    "severity": ("high", "medium", "low"),
}


def _with_labels(field: Field, labels: Sequence[Label], brief: Brief) -> Field:
    if field.kind is not Kind.LABEL:
        return field
    own = {label.name.lower() for label in field.labels}
    defined = [label for label in labels if label.name.lower() in own] if own else list(labels)
    fallback = tuple(make_label(name) for name in _DEFAULT_CLASSES.get(field.name.lower(), ()))
    chosen = tuple(defined) if len(defined) >= max(2, len(own)) else field.labels or fallback or tuple(labels)
    return replace(field, labels=with_examples(chosen, brief.examples, field.name))


def _glossary(sections: Sequence[Section]) -> tuple[tuple[str, str], ...]:
    lines = (
        line
        for section in sections
        if section.purpose is not Purpose.INPUT
        for line in section.body.splitlines()
    )
    pairs = (match.groups() for line in lines if (match := _GLOSSARY_LINE.match(line)))
    return tuple((left.lower(), right) for left, right in pairs)


def _clarity(
    sections: Sequence[Section], rules: Rules, fields: Sequence[Field], labels: Sequence[Label]
) -> float:
    classes = labels or next((field.labels for field in fields if field.labels), ())
    hinted = sum(len(field.hint) > 12 for field in fields) / len(fields) if fields else 0.0
    defined = sum(label.defined for label in classes) / len(classes) if classes else hinted
    purposes = {section.purpose for section in sections}
    points = (
        0.3 * defined
        + 0.2 * bool(fields)
        + 0.1 * rules.json_only
        + 0.08 * min(rules.stated, 3)
        + 0.1 * (Purpose.INPUT in purposes)
        + 0.1 * (Purpose.STEPS in purposes)
        + 0.1 * (Purpose.RULES in purposes)
        + 0.05 * bool(classes)
    )
    return min(1.0, points)
