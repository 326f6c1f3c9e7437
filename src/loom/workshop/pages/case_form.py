"""A case of a suite as a form; what was sent last stays in it, with what is wrong."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from loom.catalog.diff import compare_texts
from loom.core.errors import Problem
from loom.core.jsonvalue import pretty
from loom.evaluation.models import Case, Split
from loom.evaluation.suites.changing import case_hash
from loom.workshop.desks.suites import OpenSuite
from loom.workshop.pages.addresses import suite_address
from loom.workshop.sent.case import CaseSent, shown_tags
from loom.workshop.views.actions import Action, ActionTone
from loom.workshop.views.conflict import Conflict
from loom.workshop.views.diff import diff_view
from loom.workshop.views.forms import Field, FieldKind, by_field, marked

__all__ = ["FIELDS", "CaseForm", "Refused", "case_form"]

FIELDS = ("name", "input", "expected", "tags", "split", "cluster", "weight")


@dataclass(frozen=True, slots=True)
class CaseForm:
    """One case as a form."""

    action: str
    base: str
    """The hash of the case that it will change."""

    was: str
    """The name of that."""

    number: str
    texts: tuple[Field, ...]
    fields: tuple[Field, ...]
    """The short ones."""

    save: Action
    remove: str | None
    """Where it is taken out."""

    unsaved: bool
    """Whether it holds what was refused."""

    conflict: Conflict | None


@dataclass(frozen=True, slots=True)
class Refused:
    """A case that could not be saved, and why."""

    sent: CaseSent
    problems: Sequence[Problem] = ()
    changed: bool = False
    """Someone else changed the case meanwhile."""

    cursor: str = ""
    """Where the part of the table begins in which it stands."""


def case_form(found: OpenSuite, opened: str, refused: Refused | None = None) -> CaseForm | None:
    """The form of the case whose number, or `new`, is `opened`; None when that is no case that may be seen."""
    number = int(opened) if opened.isdecimal() and len(opened) < 10 else None
    case = None if number is None else dict(found.visible).get(number)
    if opened != "new" and case is None:
        return None
    wrong = by_field(refused.problems) if refused else {}
    fields = marked(_fields(case, refused.sent if refused else _as_sent(case)), wrong)
    name = found.facts.found.name
    return CaseForm(
        suite_address(name, "/cases"),
        case_hash(case).hex() if case else "",
        case.name if case else "",
        "" if number is None else str(number),
        tuple(one for one in fields if one.kind is FieldKind.TEXTAREA),
        tuple(one for one in fields if one.kind is not FieldKind.TEXTAREA),
        Action("Save case", tone=ActionTone.FILLED, key="Ctrl+S"),
        None if number is None else suite_address(name, f"/cases/{number}/remove"),
        refused is not None,
        _conflict(name, case, opened, refused) if refused and refused.changed else None,
    )


_FORM = "case-form"


def _conflict(suite: str, case: Case | None, opened: str, refused: Refused) -> Conflict:
    theirs = _lines(_as_sent(case)) if case else ""
    came = f"{_CHANGED} {_SIDES}" if case else _GONE
    diff = diff_view(compare_texts(theirs, _lines(refused.sent)), "From what is saved now to what you wrote")
    here = suite_address(suite, cursor=refused.cursor or None, open=opened if case else None)
    return Conflict(came, diff, here, _FORM)


_CHANGED = "Someone else changed this case while you wrote."
_SIDES = "Lines with − are in this case now, lines with + are yours. Saving yours takes the others out."
_GONE = "Someone else took this case out, or renamed it, while you wrote. Saving yours adds it again."


def _lines(case: CaseSent) -> str:
    """A case as text to be compared."""
    input_, expected = _as_written(case.input), _as_written(case.expected)
    short = f"name: {case.name}\ntags: {case.tags}\nsplit: {case.split}\ncluster: {case.cluster}\n"
    return f"{short}weight: {case.weight}\ninput: {input_}\nexpected: {expected}\n"


def _as_written(text: str) -> str:
    """JSON in one way of writing it; anything else as it is."""
    try:
        return pretty(json.loads(text))
    except (ValueError, RecursionError):
        return text.replace("\r\n", "\n")


def _fields(case: Case | None, sent: CaseSent) -> tuple[Field, ...]:
    splits = tuple((split.value, split.value) for split in Split)
    area = FieldKind.TEXTAREA
    expects = "JSON; empty: nothing is expected"
    return (
        Field("name", "Name", value=sent.name, help="" if case else "empty: a number"),
        Field("input", "Input", area, sent.input, rows=6, mono=True, help="a JSON object"),
        Field("expected", "Expected output", area, sent.expected, rows=4, mono=True, help=expects),
        Field("tags", "Tags", value=sent.tags, help="separated by ; or ,"),
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
        shown_tags(case),
        case.split,
        case.cluster or "",
        f"{case.weight:g}",
    )
