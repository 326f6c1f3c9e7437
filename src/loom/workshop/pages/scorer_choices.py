"""Scorers to choose from: a tick for each, the form of what is ticked, and YAML for what no form can say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from loom.core.errors import Problem
from loom.core.jsonvalue import JsonValue
from loom.evaluation.scoring.case_scorers import DEFAULT_SCORER
from loom.workshop.sent.scorers import FURTHER, Offered, SentScorers, offered
from loom.workshop.views.forms import Field, FieldKind, by_field
from loom.workshop.views.schema_form import SchemaForm

__all__ = ["ScorerChoice", "ScorerChoices", "newly_ticked", "scorer_choices", "scorer_label"]


@dataclass(frozen=True, slots=True)
class ScorerChoice:
    """A scorer that can be ticked."""

    name: str
    summary: str
    ticked: bool
    problem: str
    """What is wrong with it as a whole."""

    form: SchemaForm | None
    """Of its parameters; None: neither ticked nor ever filled in."""

    address: str
    """Where its fields are, for when it is ticked."""


@dataclass(frozen=True, slots=True)
class ScorerChoices:
    """All of them."""

    choices: tuple[ScorerChoice, ...]
    further: Field
    suite: bool
    """The form names a suite: what is ticked begins as that has it."""

    fields: frozenset[str]
    """Their names: what is wrong with one of them is told at it."""


def scorer_choices(
    chosen: SentScorers, problems: Sequence[Problem] = (), *, suite: bool = False
) -> ScorerChoices:
    """The form as `chosen`, with `problems` at their fields; `suite`: one names the scorers where nobody does."""
    words = by_field(problems)
    fields = {f"{one.prefix}.{param.name}" for one in offered().values() for param in one.params}
    further = _further(chosen, words.get(FURTHER, ""), suite=suite)
    wholes = (one.prefix for one in offered().values())
    choices = tuple(_choice(one, chosen, words) for one in offered().values())
    return ScorerChoices(choices, further, suite, frozenset((*fields, *wholes, FURTHER)))


def newly_ticked(one: Offered, specs: Sequence[JsonValue]) -> ScorerChoice:
    """A scorer of which nothing is filled in yet: it begins as `specs` have it, else as where nobody names any."""
    return _choice(one, SentScorers((one.name,)).beginning_as((*specs, DEFAULT_SCORER)), {})


def scorer_label(field: str) -> str:
    """`regex, Pattern`: how the form names the `field` of a scorer; empty for any other."""
    _, name, param = (*field.split(".", 2), "", "")[:3]
    if not field.startswith("scorer.") or name not in offered():
        return ""
    titles = {key: one["title"] for key, one in offered()[name].schema["properties"].items()}
    return f"{name}, {titles[param]}" if param in titles else name


def _choice(one: Offered, chosen: SentScorers, words: Mapping[str, str]) -> ScorerChoice:
    ticked = one.name in chosen.ticked
    form = _form(one, chosen, words) if ticked or one.name in chosen.values else None
    address = f"/scorers/{quote(one.name, safe='')}/fields"
    return ScorerChoice(one.name, one.summary, ticked, words.get(one.prefix, ""), form, address)


def _form(one: Offered, chosen: SentScorers, words: Mapping[str, str]) -> SchemaForm:
    start = f"{one.prefix}."
    wrong = {field.removeprefix(start): said for field, said in words.items() if field.startswith(start)}
    return SchemaForm.of(one.schema, chosen.values.get(one.name), wrong, one.prefix)


def _further(chosen: SentScorers, problem: str, *, suite: bool) -> Field:
    words = "For experts: as in a suite, in YAML; one scorer twice, or with what no field above can say"
    return Field(
        FURTHER,
        "Further scorers",
        FieldKind.TEXTAREA,
        chosen.further,
        f"{words}. Nothing chosen at all: those of the suite" if suite else words,
        problem,
        placeholder="- {scorer: length, max_words: 60}",
        rows=3,
        mono=True,
    )
