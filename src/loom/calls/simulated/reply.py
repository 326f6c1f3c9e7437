"""Turns what was understood into the text of an answer, whichever the task is."""

import json
from dataclasses import replace

from loom.calls.models import ModelRequest, Role
from loom.calls.simulated.answering import answer
from loom.calls.simulated.arithmetic import calculate
from loom.calls.simulated.brief import Kind, Task
from loom.calls.simulated.content import parts_of
from loom.calls.simulated.entities import find_entities
from loom.calls.simulated.judge import prefer, review, review_json
from loom.calls.simulated.solve import Scene, choose_class, fill
from loom.calls.simulated.summarize import summary
from loom.calls.simulated.text import sentences
from loom.calls.simulated.tools import tool_results
from loom.calls.simulated.translate import target_language, translate
from loom.calls.simulated.writing import write_json, write_label

__all__ = ["write_reply"]

_NOTHING_TO_DO = "I am a simulated model. Give me a text, and say what to do with it."


def write_reply(scene: Scene, request: ModelRequest) -> str:
    """The answer's text: a JSON object when fields are asked for, else words."""
    results = tool_results(request)
    if results is not None:
        question = scene.content.question or scene.content.text
        scene.content = replace(scene.content, text=results, question=question)
    elif scene.brief.task in {Task.JUDGE, Task.COMPARE}:
        return _judged(scene, request)
    strict = request.response_format is not None and request.response_format.get("type") != "text"
    if scene.brief.fields:
        return write_json(fill(scene), scene.skill, scene.noise, strict=strict)
    text = _from_results(scene) if results is not None else _plain(scene, request)
    return json.dumps({"answer": text}, ensure_ascii=False) if strict else text


def _judged(scene: Scene, request: ModelRequest) -> str:
    parts = parts_of(
        next(message.text for message in reversed(request.messages) if message.role is Role.USER)
    )
    if scene.brief.task is Task.COMPARE:
        winner, why = prefer(parts, scene.skill, scene.noise)
        shape = scene.brief.fields
        values = {field.name: why if field.kind is Kind.REASON else winner for field in shape}
        return write_json(values, scene.skill, scene.noise, strict=False) if shape else winner
    found = review(parts, scene.skill, scene.noise)
    values = review_json(found, scene.brief.fields, scene.brief.rules.scale)
    return write_json(values, scene.skill, scene.noise, strict=request.response_format is not None)


def _plain(scene: Scene, request: ModelRequest) -> str:
    brief, content = scene.brief, scene.content
    if brief.labels or content.classes:
        chosen = choose_class(scene, brief.labels)
        return write_label(chosen, scene.skill, scene.noise, asked_short=brief.rules.short)
    if brief.task is Task.TRANSLATE:
        told = "\n".join(message.text for message in request.messages)
        return translate(
            content.text, brief.glossary, scene.skill, scene.noise, target=target_language(told) or "german"
        )
    if brief.task in {Task.ENTITIES, Task.EXTRACT}:
        names = dict.fromkeys(entity.name for entity in find_entities(content.text, scene.skill.depth))
        return ", ".join(names) or "Nothing found."
    if brief.task is Task.SUMMARIZE:
        limits = {"max_sentences": brief.rules.max_sentences, "max_words": brief.rules.max_words}
        return summary(content.text, scene.skill, scene.noise, **limits)
    return _answered(scene)


def _answered(scene: Scene) -> str:
    """Arithmetic when there is something to calculate, else the sentence nearest to the question, else a summary."""
    content, short = scene.content, scene.brief.rules.short
    asked = content.question if content.question != content.text else ""
    result = calculate(f"{content.text} {asked}", scene.skill, scene.noise)
    if result is not None and (scene.brief.task is Task.CALCULATE or "?" in content.text or not asked):
        return str(result) if short else f"The result is {result}."
    if asked:
        found = answer(content.text, asked, scene.skill, scene.noise, short=short)
        return found or "The text does not say."
    if len(sentences(content.text)) > 2:
        return summary(content.text, scene.skill, scene.noise, max_sentences=None, max_words=None)
    return _NOTHING_TO_DO


def _from_results(scene: Scene) -> str:
    lines = [line for line in scene.content.text.splitlines() if line.strip()]
    if len(lines) <= 3:
        return ". ".join(line.rstrip(".") for line in lines) + "."
    found = answer(scene.content.text, scene.content.question, scene.skill, scene.noise, short=False)
    return found or lines[0]
