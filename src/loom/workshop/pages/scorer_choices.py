"""Scorers to choose from: a tick for each, its parameters as a small form, and YAML for what no form can say."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from loom.core.errors import Problem
from loom.workshop.sent.scorers import FURTHER, SentScorers, offered
from loom.workshop.views.forms import Field, FieldKind
from loom.workshop.views.schema_form import SchemaForm

__all__ = ["ScorerChoice", "ScorerChoices", "scorer_choices"]


@dataclass(frozen=True, slots=True)
class ScorerChoice:
    """A scorer that can be ticked, and the form of its parameters."""

    name: str
    summary: str
    ticked: bool
    problem: str
    """What is wrong with it as a whole."""

    form: SchemaForm


@dataclass(frozen=True, slots=True)
class ScorerChoices:
    """All of them."""

    choices: tuple[ScorerChoice, ...]
    further: Field
    fields: frozenset[str]
    """Their names: what is wrong with one of them is told at it."""


def scorer_choices(chosen: SentScorers, problems: Sequence[Problem] = (), *, none: str = "") -> ScorerChoices:
    """The form as `chosen`, with `problems` at their fields; `none`: what holds when nothing is chosen."""
    words = {one.field or "": _words(one) for one in problems}
    fields = {f"{one.prefix}.{param.name}" for one in offered().values() for param in one.params}
    further = _further(chosen, words.get(FURTHER, ""), none)
    wholes = (one.prefix for one in offered().values())
    return ScorerChoices(tuple(_choices(chosen, words)), further, frozenset((*fields, *wholes, FURTHER)))


def _choices(chosen: SentScorers, words: dict[str, str]) -> Iterable[ScorerChoice]:
    for name, one in offered().items():
        start = f"{one.prefix}."
        wrong = {field.removeprefix(start): said for field, said in words.items() if field.startswith(start)}
        form = SchemaForm.of(one.schema, chosen.values.get(name), wrong, one.prefix)
        yield ScorerChoice(name, one.summary, name in chosen.ticked, words.get(one.prefix, ""), form)


def _further(chosen: SentScorers, problem: str, none: str) -> Field:
    words = "For experts: as in a suite, in YAML; one scorer twice, or with what no field above can say"
    return Field(
        FURTHER,
        "Further scorers",
        FieldKind.TEXTAREA,
        chosen.further,
        f"{words}. {none}" if none else words,
        problem,
        placeholder="- {scorer: length, max_words: 60}",
        rows=3,
        mono=True,
    )


def _words(problem: Problem) -> str:
    return f"{problem.what}; {problem.remedy}" if problem.remedy else problem.what
