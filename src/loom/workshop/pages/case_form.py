"""A case of a suite as a form; what was sent last stays in it, with what is wrong."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from loom.core.errors import Problem
from loom.core.jsonvalue import pretty
from loom.evaluation.models import Case, Split
from loom.workshop.desks.suites import CaseSent, OpenSuite
from loom.workshop.pages.addresses import suite_address
from loom.workshop.views.actions import Action, ActionTone
from loom.workshop.views.forms import Field, FieldKind

__all__ = ["FIELDS", "CaseForm", "case_form"]

FIELDS = ("name", "input", "expected", "tags", "split", "cluster", "weight")


@dataclass(frozen=True, slots=True)
class CaseForm:
    """One case as a form."""

    action: str
    base: str
    """The hash of the file that it will change."""

    number: str
    texts: tuple[Field, ...]
    fields: tuple[Field, ...]
    """The short ones."""

    save: Action
    remove: str | None
    """Where it is taken out."""


def case_form(
    found: OpenSuite, opened: str, sent: CaseSent | None, problems: Sequence[Problem]
) -> CaseForm | None:
    """The form of the case whose number, or `new`, is `opened`; None when that is no case that may be seen."""
    number = int(opened) if opened.isdecimal() and len(opened) < 10 else None
    case = None if number is None else dict(found.visible).get(number)
    if opened != "new" and case is None:
        return None
    wrong = {one.field: str(replace(one, field=None)) for one in problems}
    fields = [replace(one, problem=wrong.get(one.name, "")) for one in _fields(case, sent or _as_sent(case))]
    name = found.facts.found.name
    return CaseForm(
        suite_address(name, "/cases"),
        found.hash.hex(),
        "" if number is None else str(number),
        tuple(one for one in fields if one.kind is FieldKind.TEXTAREA),
        tuple(one for one in fields if one.kind is not FieldKind.TEXTAREA),
        Action("Save case", tone=ActionTone.FILLED, key="Ctrl+S"),
        None if number is None else suite_address(name, f"/cases/{number}/remove"),
    )


def _fields(case: Case | None, sent: CaseSent) -> tuple[Field, ...]:
    splits = tuple((split.value, split.value) for split in Split)
    area = FieldKind.TEXTAREA
    expects = "JSON; empty: nothing is expected"
    return (
        Field("name", "Name", value=sent.name, help="" if case else "empty: a number"),
        Field("input", "Input", area, sent.input, rows=6, mono=True, help="a JSON object"),
        Field("expected", "Expected output", area, sent.expected, rows=4, mono=True, help=expects),
        Field("tags", "Tags", value=sent.tags, help="with commas between"),
        Field("split", "Split", FieldKind.SELECT, sent.split, options=splits),
        Field("cluster", "Cluster", value=sent.cluster, help="cases of one cluster stand or fall together"),
        Field("weight", "Weight", FieldKind.NUMBER, sent.weight, attributes=(("min", "0"), ("step", "any"))),
    )


def _as_sent(case: Case | None) -> CaseSent:
    if case is None:
        return CaseSent("", "", "{\n  \n}", "", "", Split.TRAIN, "", "1")
    return CaseSent(
        "",
        case.name,
        pretty(case.input),
        pretty(case.expected_output) if case.has_expected else "",
        ", ".join(case.tags),
        case.split,
        case.cluster or "",
        f"{case.weight:g}",
    )
