"""The page that makes a worker: of a few answers, or of a text that is there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from loom.catalog.models import Entry
from loom.core.errors import Problem
from loom.core.worker_config import Tier, WorkerKind
from loom.workshop.views.actions import Crumb, Header
from loom.workshop.views.feedback import Banner
from loom.workshop.views.forms import Field, FieldKind, by_field, marked
from loom.workshop.views.tones import Tone

__all__ = ["TEMPLATE", "NewWorkerPage", "new_worker_page"]

TEMPLATE = "template"
"""What `start` says for the template that explains every field."""

_NEW_NAME = "new_name"
"""What the form of a copy calls the name."""

_FIELDS_HELP = (
    "Separated by commas. A type follows a colon: text, number, integer, boolean, list, object, or a|b|c."
)


@dataclass(frozen=True, slots=True)
class NewWorkerPage:
    """Two forms."""

    header: Header
    banners: tuple[Banner, ...]
    answers: tuple[Field, ...]
    """For the form that asks."""

    choices: tuple[Field, ...]
    """Beside each other, below them."""

    prompt: Field
    copy: tuple[Field, ...]
    """For the form that begins with what is there."""

    unsaved: bool
    """The answers were refused, and are still in the form."""


def new_worker_page(
    workers: Sequence[Entry], given: Mapping[str, str] | None = None, problems: Sequence[Problem] = ()
) -> NewWorkerPage:
    """The page; `given` and `problems` are of a first try."""
    values = given or {}
    is_copy = "start" in values
    wrong = by_field(problems, lambda one: _NEW_NAME if is_copy and one.field == "name" else one.field or "")
    answers, choices = _answers({} if is_copy else values), _choices(values)
    prompt, copy = _prompt(values), _copy(workers, values if is_copy else {})
    shown = {one.name for one in (copy if is_copy else (*answers, *choices, prompt))}
    return NewWorkerPage(
        Header("New worker", (Crumb("Workers", "/workers"), Crumb("New"))),
        tuple(Banner(said, Tone.FAIL) for field, said in wrong.items() if field not in shown),
        marked(answers, wrong),
        marked(choices, wrong),
        replace(prompt, problem=wrong.get(prompt.name, "")),
        marked(copy, wrong),
        bool(wrong) and not is_copy,
    )


def _answers(values: Mapping[str, str]) -> tuple[Field, ...]:
    return (
        _name(values),
        Field("does", "What it does", value=values.get("does", ""), help="In a sentence.", required=True),
        Field(
            "inputs", "Fields of the input", value=values.get("inputs", ""), help=_FIELDS_HELP,
            placeholder="text, language:english|german", required=True, mono=True,
        ),
        Field(
            "outputs", "Fields of the output", value=values.get("outputs", ""),
            placeholder="label:order|refund|other, reason", required=True, mono=True,
        ),
    )  # fmt: skip


def _name(values: Mapping[str, str], name: str = "name") -> Field:
    rule = "Lowercase letters, digits and '_', a letter first; the file is called so."
    return Field(
        name,
        "Name",
        value=values.get(name, ""),
        help=rule,
        required=True,
        attributes=(("autocomplete", "off"),),
    )


def _choices(values: Mapping[str, str]) -> tuple[Field, ...]:
    tiers = tuple((tier.value, tier.value) for tier in Tier)
    kinds = ((WorkerKind.LLM.value, "a model"), (WorkerKind.PROCESSOR.value, "Python code"))
    return (
        Field("kind", "Done by", FieldKind.SELECT, values.get("kind", WorkerKind.LLM), options=kinds),
        Field("tier", "Tier", FieldKind.SELECT, values.get("tier", Tier.LOCAL), options=tiers),
        Field(
            "backend", "Class, of Python code", value=values.get("backend", ""),
            placeholder="mypackage.backend.MyBackend", mono=True,
        ),
    )  # fmt: skip


def _prompt(values: Mapping[str, str]) -> Field:
    return Field(
        "prompt",
        "System prompt",
        FieldKind.TEXTAREA,
        values.get("prompt", ""),
        help="Leave it empty to have one made of the answers above; you can edit it afterwards.",
        rows=8,
        mono=True,
    )


def _copy(workers: Sequence[Entry], values: Mapping[str, str]) -> tuple[Field, ...]:
    options = ((TEMPLATE, "the template that explains every field"),)
    options += tuple((entry.ref.name, entry.ref.name) for entry in workers if entry.problem is None)
    start = Field("start", "Begin with", FieldKind.SELECT, values.get("start", TEMPLATE), options=options)
    return (start, _name(values, _NEW_NAME))
