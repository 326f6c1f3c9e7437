"""The pages of suites: the list with what is in each, and one of them as a table that can be changed."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from loom.catalog.library import Source
from loom.core.errors import Problem
from loom.core.hashing import short
from loom.evaluation.models import Case
from loom.evaluation.suites.files import FORMATS
from loom.workshop.desks.suites import OpenSuite, SuiteFacts
from loom.workshop.pages.addresses import address, size_word, suite_address
from loom.workshop.pages.bringing_in import BringingIn, bringing_in
from loom.workshop.pages.case_form import FIELDS, CaseForm, Refused, case_form
from loom.workshop.pages.format import counted, exact
from loom.workshop.pages.json_text import brief
from loom.workshop.pages.sealed import SealedView, sealed_view
from loom.workshop.sent.case import CaseSent
from loom.workshop.views.actions import Action, ActionTone, Crumb, Header
from loom.workshop.views.badges import Badge
from loom.workshop.views.cells import Badges, Link, Number, Text
from loom.workshop.views.feedback import Banner, Empty, Failure, Toast
from loom.workshop.views.tables import PAGE_ROWS, Card, Chip, Column, Filter, Pager, Row, Shape, Table
from loom.workshop.views.tones import Tone

__all__ = [
    "Looked",
    "SuitePage",
    "SuitesPage",
    "suite_page",
    "suite_table",
    "suites_page",
    "suites_table",
]

_HOME = "/suites"
_SHOWN_TAGS = 8
_COLUMNS = (
    Column("name", "Suite"),
    Column("cases", "Cases", shape=Shape.NUMBER),
    Column("splits", "Splits", shape=Shape.WHOLE),
    Column("tags", "Tags", priority=3, shape=Shape.GROWING),
    Column("source", "Source", card=Card.CORNER),
    Column("description", "Description", priority=3, shape=Shape.GROWING),
)


@dataclass(frozen=True, slots=True)
class SuitesPage:
    """The list, and the form that brings another in."""

    header: Header
    refused: Failure | None
    """Why a file was not brought in."""

    filter: Filter
    table: Table
    upload: BringingIn | None


@dataclass(frozen=True, slots=True)
class Looked:
    """What one looks at of a suite."""

    q: str = ""
    tag: str = ""
    split: str = ""
    open: str = ""
    """The number of the case that is open, from 0, or `new`."""

    cursor: str = ""
    size: int = PAGE_ROWS
    undo: str = ""
    """The word that takes the last change back."""

    added: str = ""
    """The name of a case that was just saved from a test."""

    left: str = ""
    """What was not taken over when it was just brought in."""

    sent: CaseSent | None = None
    """A case that could not be saved."""

    problems: Sequence[Problem] = ()
    changed: bool = False
    """Whether that was because someone else changed the case meanwhile."""


@dataclass(frozen=True, slots=True)
class SuitePage:
    """A suite."""

    header: Header
    toasts: tuple[Toast, ...]
    banners: tuple[Banner, ...]
    sealed: SealedView | None
    """None when it has no sealed cases."""

    findings: Table | None
    chips: tuple[Chip, ...]
    filter: Filter
    table: Table
    form: CaseForm | None
    """Of the case that is open, in its row; of a new one, above the table."""

    is_new: bool


def suites_page(
    found: Sequence[SuiteFacts], q: str = "", refused: Failure | None = None, *, may_run: bool = True
) -> SuitesPage:
    """The list of those that have `q` in their name, a tag or their description."""
    return SuitesPage(
        Header("Suites", meta=(f"{counted(len(found), 'list')} of cases",)),
        refused,
        Filter(_HOME, q, "Filter suites", "Name, tag or description", "suites"),
        suites_table(found, q),
        bringing_in() if may_run else None,
    )


def suites_table(found: Sequence[SuiteFacts], q: str = "") -> Table:
    """The same as a table, for its twins too."""
    word = q.casefold()
    shown = [one for one in found if word in _searched(one)]
    empty = Empty("No suite is like that.", Action("Show all suites", href=_HOME))
    if not found:
        empty = Empty(
            "No suites yet: bring one in below, or save a test as a case.", None, "loom suite import FILE"
        )
    return Table("Suites", _COLUMNS, tuple(map(_listed, shown)), empty=empty, region="suites")


def _searched(one: SuiteFacts) -> str:
    return " ".join((one.found.name, one.description, *(tag for tag, _ in one.tags))).casefold()


def _listed(one: SuiteFacts) -> Row:
    state = Badge(one.found.source) if not one.problem else Badge("broken", Tone.FAIL, "cross", one.problem)
    return Row(
        one.found.name,
        (
            Link(one.found.name, suite_address(one.found.name), mono=True),
            Number(exact(one.cases), one.cases),
            Text(", ".join(f"{split} {exact(number)}" for split, number in one.splits)),
            Text(", ".join(f"{tag} {exact(number)}" for tag, number in one.tags[:_SHOWN_TAGS])),
            Badges((state,)),
            Text(one.problem or one.description, muted=True),
        ),
        failed=bool(one.problem),
    )


def suite_page(found: OpenSuite, looked: Looked, *, may_run: bool) -> SuitePage:
    """The suite as `looked` at."""
    name, may_edit = found.facts.found.name, may_run and found.own
    refused = None
    if looked.sent:
        refused = Refused(looked.sent, looked.problems, changed=looked.changed, cursor=looked.cursor)
    form = case_form(found, looked.open, refused) if may_edit else None
    banners = [Banner(str(one), Tone.FAIL) for one in looked.problems if one.field not in FIELDS]
    if looked.left:
        banners.append(Banner(f"Not taken over, since no case has it: {looked.left}.", Tone.WARNING))
    kept = (("tag", looked.tag), ("split", looked.split), ("size", size_word(looked.size)))
    return SuitePage(
        _header(found, may_run=may_run),
        tuple(_toasts(name, looked)) if may_edit else (),
        tuple(banners),
        _sealed(found, may_run=may_run),
        _findings(found),
        tuple(_chips(found, looked)),
        Filter(
            suite_address(name), looked.q, "Filter cases", "Name, input or expectation", "cases", _given(kept)
        ),
        suite_table(found, looked, may_edit=may_edit),
        form,
        looked.open == "new",
    )


def _given(pairs: Sequence[tuple[str, str | None]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in pairs if value)


def _sealed(found: OpenSuite, *, may_run: bool) -> SealedView | None:
    if found.seal is None:
        return None
    post = suite_address(found.facts.found.name, "/look")
    return sealed_view(found.seal, found.sealed, post, may_run=may_run)


def _toasts(name: str, looked: Looked) -> Iterator[Toast]:
    if looked.undo:
        yield Toast(
            "Saved.",
            Action("Undo", post=suite_address(name, "/undo"), fields=(("word", looked.undo),)),
        )
    if looked.added:
        yield Toast(f"Added the case {looked.added}.")


def suite_table(found: OpenSuite, looked: Looked, *, may_edit: bool = False) -> Table:
    """Cases of a suite, a page of them."""
    chosen = [(at, case) for at, case in found.visible if _shown(case, looked)]
    begin = int(looked.cursor) if looked.cursor.isdecimal() and len(looked.cursor) < 10 else 0
    size = looked.size
    page = chosen[begin : begin + size]
    name = found.facts.found.name
    following = _address(name, looked, cursor=str(begin + size)) if begin + size < len(chosen) else None
    previous = (
        _address(name, looked, cursor=str(max(0, begin - size)) if begin > size else None) if begin else None
    )
    pager = Pager(begin + 1 if page else 0, begin + len(page), len(chosen), previous, following, size)
    return Table(
        "Cases",
        (
            Column("name", "Case"),
            Column("input", "Input", shape=Shape.GROWING),
            Column("expected", "Expected", shape=Shape.GROWING, priority=2),
            Column("tags", "Tags", priority=2),
            Column("split", "Split", card=Card.CORNER),
            Column("cluster", "Cluster", priority=3),
            Column("weight", "Weight", shape=Shape.NUMBER, priority=3),
        ),
        tuple(_row(name, at, case, looked, may_edit=may_edit) for at, case in page),
        pager,
        _nothing(found),
        region="cases",
    )


def _nothing(found: OpenSuite) -> Empty:
    closed = len(found.suite.cases) - len(found.visible)
    words = "No case that is open is like that." if closed else "No case is like that."
    return Empty(words, Action("Show all cases", href=suite_address(found.facts.found.name)))


def _shown(case: Case, looked: Looked) -> bool:
    if (looked.tag and looked.tag not in case.tags) or (looked.split and case.split != looked.split):
        return False
    word = looked.q.casefold()
    return not word or word in f"{case.name}\n{brief(case.input)}\n{_expected(case)}".casefold()


def _row(name: str, at: int, case: Case, looked: Looked, *, may_edit: bool) -> Row:
    is_open = may_edit and looked.open == str(at)
    toggle = _address(name, looked, cursor=looked.cursor, open=None if is_open else str(at))
    return Row(
        str(at),
        (
            Text(case.name, mono=True),
            Text(brief(case.input)),
            Text(_expected(case)),
            Text(", ".join(case.tags)),
            Badges((Badge(case.split),)),
            Text(case.cluster or ""),
            Number(f"{case.weight:g}", case.weight),
        ),
        toggle,
        open=is_open,
        expands=may_edit,
    )


def _expected(case: Case) -> str:
    return brief(case.expected_output) if case.has_expected else "–"


def _address(name: str, looked: Looked, **more: str | None) -> str:
    kept = {"q": looked.q, "tag": looked.tag, "split": looked.split, "size": size_word(looked.size), **more}
    return suite_address(name, "", **kept)


def _header(found: OpenSuite, *, may_run: bool) -> Header:
    facts, name = found.facts, found.facts.found.name
    own = Action("Copy, to change it", post=suite_address(name, "/copy"), icon="clone")
    add = Action("Add a case", href=suite_address(name, open="new"), tone=ActionTone.FILLED, icon="plus")
    evaluate = Action("Evaluate", href=address("/evaluate", suite=name), icon="play")
    acts = (evaluate, add if found.own else own) if may_run else ()
    closed = len(found.visible) < len(found.suite.cases)
    downloads = tuple(
        Action(
            f"Download {ending}",
            href=suite_address(name, f"/download/{ending.removeprefix('.')}"),
            why_not="Open its sealed cases first: the file has them" if closed else None,
        )
        for ending in FORMATS
        if ending != ".yml"
    )
    meta = (counted(facts.cases, "case"), *(f"{split} {exact(count)}" for split, count in facts.splits))
    return Header(
        name,
        (Crumb("Suites", _HOME), Crumb(name)),
        (
            Badge(facts.found.source, title="Whose it is"),
            *((Badge("its file is in an app"),) if facts.found.source is Source.APP else ()),
        ),
        (
            *meta,
            f"version {short(found.suite.version_hash)}",
            *((facts.description,) if facts.description else ()),
        ),
        acts,
        downloads,
    )


def _findings(found: OpenSuite) -> Table | None:
    told = found.told
    rows = [
        *((one, Badge("error", Tone.FAIL, "cross")) for one in told.errors),
        *((one, Badge("doubtful", Tone.WARNING, "triangle")) for one in told.warnings),
    ]
    if not rows:
        return None
    return Table(
        "What the check finds",
        (Column("kind", "Finding"), Column("where", "Where"), Column("what", "What", shape=Shape.GROWING)),
        tuple(
            Row(
                f"finding-{number}",
                (
                    Badges((badge,)),
                    Text(one.field or "", mono=True),
                    Text(_without_place(one)),
                ),
            )
            for number, (one, badge) in enumerate(rows)
        ),
    )


def _without_place(one: Problem) -> str:
    return str(replace(one, file=None, field=None, line=None, column=None))


def _chips(found: OpenSuite, looked: Looked) -> Iterator[Chip]:
    name, facts = found.facts.found.name, found.facts
    everything = not looked.tag and not looked.split
    visible = [case for _, case in found.visible]
    tags = Counter(tag for case in visible for tag in case.tags)
    yield Chip("All", _address(name, looked, tag=None, split=None), exact(len(visible)), current=everything)
    for split, number in facts.splits if len(facts.splits) > 1 else ():
        here = looked.split == split
        yield Chip(split, _address(name, looked, tag=None, split=split), exact(number), current=here)
    for tag, number in tags.most_common(_SHOWN_TAGS):
        here = looked.tag == tag
        yield Chip(tag, _address(name, looked, tag=tag, split=None), exact(number), current=here)
