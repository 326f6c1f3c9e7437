"""Cuts a prompt at its headings, and says what each part is for. Knows nothing of fields or labels."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Purpose", "Section", "split"]


class Purpose(StrEnum):
    """What a part of a prompt is for."""

    INPUT = "input"
    OUTPUT = "output"
    LABELS = "labels"
    RULES = "rules"
    EXAMPLES = "examples"
    STEPS = "steps"
    REFERENCE = "reference"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a prompt. `title` is lower case and empty before the first heading."""

    title: str
    purpose: Purpose
    body: str


_HEADING = re.compile(
    r"\s*(?:#{1,6}\s+(?P<hash>.+?)\s*#*|-{3,}\s*(?P<rule>\S.*?)\s*-{3,}|\*\*(?P<bold>[^*]+)\*\*:?"
    r"|<(?P<tag>[A-Za-z_]+)>|(?P<plain>[A-Za-z][^.!?\n{}]{1,90}):)\s*"
)
_BULLET = re.compile(r"\s*(?:[-*•]|\d+[.)])\s")
_CLOSING_TAG = re.compile(r"\s*</[A-Za-z_]+>\s*")
_EXCHANGE = re.compile(r"(?:input|output|text|answer|user|assistant|question|label|result)\b")
_CUES: tuple[tuple[Purpose, re.Pattern[str]], ...] = (
    (Purpose.EXAMPLES, re.compile(r"\b(?:examples?|few.?shot|demonstrations?)\b")),
    (Purpose.REFERENCE, re.compile(r"\b(?:reference|glossary|terminology|terms|knowledge|vocabulary)\b")),
    (Purpose.STEPS, re.compile(r"\b(?:steps?|procedure|process|how to|method|approach)\b")),
    (
        Purpose.OUTPUT,
        re.compile(r"\b(?:output|respond|response|reply|return|answer format|fields?|keys?|extract|json)\b"),
    ),
    (
        Purpose.LABELS,
        re.compile(
            r"\b(?:categor\w+|labels?|class(?:es)?|definitions?|intents?|topics?|options|types|"
            r"priorit\w+|sentiments?|urgency|levels?|one of)\b"
        ),
    ),
    (
        Purpose.RULES,
        re.compile(r"\b(?:rules?|constraints?|guidelines?|requirements?|notes?|important|instructions?)\b"),
    ),
)
_INPUT = re.compile(r"\b(?:input|you will (?:receive|get|be given)|you receive|you are given)\b")


def split(prompt: str) -> tuple[Section, ...]:
    """The parts of `prompt` in order; what comes before any heading is the first, purpose OTHER."""
    return tuple(_sections(prompt))


def _sections(prompt: str) -> Iterator[Section]:
    title, purpose, lines = "", Purpose.OTHER, list[str]()
    for line in _unfolded(prompt.splitlines()):
        heading = _title(line, purpose)
        if heading is None:
            if not _CLOSING_TAG.fullmatch(line):
                lines.append(line)
            continue
        if title or any(lines):
            yield Section(title, purpose, "\n".join(lines))
        title, lines = heading, []
        purpose = _purpose(heading)
    yield Section(title, purpose, "\n".join(lines))


def _unfolded(lines: Iterable[str]) -> Iterator[str]:
    """Lines with the indented continuation of a bullet joined to it."""
    held: str | None = None
    for line in lines:
        if held is not None and line.startswith((" ", "\t")) and line.strip() and not _BULLET.match(line):
            held = f"{held} {line.strip()}"
            continue
        if held is not None:
            yield held
        held = line if _BULLET.match(line) else None
        if held is None:
            yield line
    if held is not None:
        yield held


def _title(line: str, current: Purpose) -> str | None:
    match = _HEADING.fullmatch(line)
    if match is None or line.lstrip().startswith(("- ", "* ", "• ")):
        return None
    title = next(group for group in match.groups() if group).strip().strip("*:").lower()
    if current is Purpose.EXAMPLES and _EXCHANGE.match(title) and not re.search(r"format|schema", title):
        return None
    return title


def _purpose(title: str) -> Purpose:
    if _INPUT.search(title) and "output" not in title:
        return Purpose.INPUT
    return next((purpose for purpose, cue in _CUES if cue.search(title)), Purpose.OTHER)
