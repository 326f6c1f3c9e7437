"""Pages that workers and pipelines share: history with differences, clone, what stands in the way of a deletion."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from loom.catalog.library import Source
from loom.catalog.models import Change, History, Ref, Version
from loom.catalog.service import Difference
from loom.core.kinds import Kind
from loom.workshop.pages.format import moment
from loom.workshop.views.actions import Action, ActionTone, Crumb, Header
from loom.workshop.views.badges import Badge
from loom.workshop.views.cells import Act, Badges, Link, Moment, Text
from loom.workshop.views.diff import Diff, diff_view
from loom.workshop.views.feedback import Failure, Toast
from loom.workshop.views.forms import Field, FieldKind
from loom.workshop.views.tables import PAGE_ROWS, Card, Column, Pager, Row, Shape, Table
from loom.workshop.views.tones import Tone

__all__ = [
    "ClonePage",
    "HistoryPage",
    "RefusedPage",
    "actions_of",
    "address",
    "clone_page",
    "crumbs",
    "deleted_address",
    "deleted_toast",
    "history_page",
    "list_address",
    "made",
    "refused_page",
    "source_badge",
]

_LISTS = {Kind.WORKER: ("Workers", "/workers"), Kind.PIPELINE: ("Pipelines", "/pipelines")}
_COLUMNS = (
    Column("version", "Version"),
    Column("change", "Change", card=Card.CORNER),
    Column("when", "When"),
    Column("by", "By", priority=2),
    Column("note", "Note", priority=2, shape=Shape.GROWING, card=Card.LINE),
    Column("", "", card=Card.LINE),
)
_TONES = {
    Change.DELETED: Tone.FAIL,
    Change.GONE: Tone.FAIL,
    Change.CREATED: Tone.ACCENT,
    Change.COPIED: Tone.ACCENT,
}


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """The versions of a definition, and how two of them differ."""

    header: Header
    table: Table
    address: str
    choices: tuple[Field, ...]
    """The two versions that are compared."""

    title: str
    """Of the difference."""

    note: str
    diff: Diff | None
    """None when there is only one version."""


@dataclass(frozen=True, slots=True)
class ClonePage:
    """The form for a copy."""

    header: Header
    action: str
    field: Field


@dataclass(frozen=True, slots=True)
class RefusedPage:
    """Why something is not deleted, and the way to do it all the same."""

    header: Header
    failure: Failure


def address(ref: Ref, rest: str = "") -> str:
    """Where the page of a definition is."""
    return f"{_LISTS[ref.kind][1]}/{quote(ref.name, safe='')}{rest}"


def list_address(kind: Kind) -> str:
    """Where the list of all of `kind` is."""
    return _LISTS[kind][1]


def deleted_address(ref: Ref) -> str:
    """The list, where it is said that `ref` was deleted."""
    return f"{_LISTS[ref.kind][1]}?{urlencode({'deleted': ref.name})}"


def crumbs(ref: Ref, *more: str) -> tuple[Crumb, ...]:
    """The way to a page of `ref`; `more` are the steps below it."""
    label, href = _LISTS[ref.kind]
    last = len(more) - 1
    below = [Crumb(step, None if number == last else address(ref)) for number, step in enumerate(more)]
    return (Crumb(label, href), Crumb(ref.name, address(ref) if more else None), *below)


def made(version: Version) -> str:
    """How and when a version came about, and by whom: `saved 2 min ago by ann`, `found on disk 7 s ago`."""
    when = moment(version.at_us)
    if version.author is None:
        return f"{version.change} {'from' if version.change.leaves_nothing else 'on'} disk {when}"
    return f"{version.change} {when} by {version.author}"


def source_badge(source: Source) -> Badge:
    """Whose a definition is."""
    return _SOURCES[source]


def actions_of(ref: Ref, source: Source) -> tuple[Action, ...]:
    """What can be done with any definition, for the menu "More"."""
    why_not = None if source is Source.OWN else f"It {_GIVERS[source]}; only your own can be deleted"
    return (
        Action("History", href=address(ref, "/history"), icon="history"),
        Action("Clone", href=address(ref, "/clone"), icon="clone"),
        Action("Undo the last change", post=address(ref, "/undo"), icon="return", why_not=why_not),
        Action("Delete", post=address(ref, "/delete"), icon="trash", tone=ActionTone.DANGER, why_not=why_not),
    )


def deleted_toast(ref: Ref) -> Toast:
    """That it is deleted, with the way back."""
    return Toast(f"Deleted {ref}.", Action("Undo", post=address(ref, "/undo")))


def history_page(
    history: History, difference: Difference | None, hides: Sequence[Source] = (), before: int | None = None
) -> HistoryPage:
    """The page; `difference` is of the two versions that are chosen, `before` where the part of the list begins."""
    ref, versions = history.ref, history.versions
    end = len(versions) if before is None else max(1, min(before, len(versions)))
    shown = versions[max(0, end - PAGE_ROWS) : end]
    gone = () if history.path else (Badge("deleted", Tone.FAIL, "trash"),)
    chosen = (difference.old.label, difference.new.label) if difference else ("", "")
    return HistoryPage(
        header=Header(
            f"History of {ref.name}",
            crumbs(ref, "History"),
            (source_badge(history.source), *gone),
            (_count(len(versions)),),
            ()
            if history.path
            else (Action("Bring it back", post=address(ref, "/undo"), tone=ActionTone.FILLED),),
        ),
        table=Table("Versions", _COLUMNS, tuple(_rows(history, shown)), _pager(history, shown, end)),
        address=address(ref, "/history"),
        choices=tuple(
            _choice(name, label, chosen, versions, hides) for name, label in (("a", "From"), ("b", "To"))
        ),
        title=f"From {chosen[0]} to {chosen[1]}" if difference else "Difference",
        note=_note(difference),
        diff=None if difference is None else diff_view(difference.diff),
    )


def clone_page(ref: Ref, name: str = "", problem: str = "") -> ClonePage:
    """The form; `name` and `problem` are of a first try."""
    field = Field(
        "new_name", "Name of the copy", value=name or f"{ref.name}_2", help="Letters, digits, '_' and '-'.",
        problem=problem, required=True,
    )  # fmt: skip
    return ClonePage(Header(f"Clone {ref.name}", crumbs(ref, "Clone")), address(ref, "/clone"), field)


def refused_page(ref: Ref, reason: str) -> RefusedPage:
    """Why `ref` was not deleted."""
    force = Action(
        "Delete it anyway", post=address(ref, "/delete"), tone=ActionTone.DANGER, fields=(("force", "true"),)
    )
    lines = (reason, "What uses it will not run without it.")
    return RefusedPage(
        Header(f"Delete {ref.name}", crumbs(ref, "Delete")),
        Failure("It is still used", lines, kept="Nothing was deleted.", action=force),
    )


def _rows(history: History, shown: Sequence[Version]) -> Iterator[Row]:
    last = history.versions[-1].number
    for version in reversed(shown):
        label = f"v{version.number}"
        earlier = f"v{version.number - 1}" if version.number > 1 else label
        present = version.number == last and history.path
        restore = Action("Restore", post=address(history.ref, "/restore"), fields=(("version", label),))
        compare = Action("Compare with now", href=_compared(history.ref, label, "last"))
        yield Row(
            label,
            (
                Link(label, _compared(history.ref, earlier, label)),
                Badges((_change_badge(version),)),
                Moment(version.at_us),
                Text(version.author or "on disk"),
                Text("the present text" if present and not version.note else version.note or "", muted=True),
                Act(() if present else (compare, restore)),
            ),
        )


def _change_badge(version: Version) -> Badge:
    title = "Outside Loom" if version.change.outside else ""
    return Badge(version.change.value, _TONES.get(version.change, Tone.PLAIN), title=title)


def _compared(ref: Ref, a: str, b: str) -> str:
    return f"{address(ref, '/history')}?{urlencode({'a': a, 'b': b})}"


def _pager(history: History, shown: Sequence[Version], end: int) -> Pager | None:
    total = len(history.versions)
    if total <= PAGE_ROWS:
        return None
    here = address(history.ref, "/history")
    return Pager(
        first=total - end + 1,
        last=total - end + len(shown),
        total=total,
        previous=f"{here}?before={end + PAGE_ROWS}" if end < total else None,
        next=f"{here}?before={end - len(shown)}" if end > len(shown) else None,
    )


def _choice(
    name: str, label: str, chosen: tuple[str, str], versions: Sequence[Version], hides: Sequence[Source]
) -> Field:
    options = [(f"v{one.number}", f"v{one.number}, {one.change}") for one in reversed(versions)]
    options += [("shipped", "the one that comes with Loom")] if Source.SHIPPED in hides else []
    value = chosen[0] if name == "a" else chosen[1]
    options += [] if value in dict(options) or not value else [(value, value)]
    return Field(name, label, FieldKind.SELECT, value, options=tuple(options))


def _count(number: int) -> str:
    return f"{number:,} version{'s' * (number != 1)}"


def _note(difference: Difference | None) -> str:
    if difference is None:
        return "there is only one version"
    if not difference.diff.hunks:
        return "the same text"
    same = ", comments and layout only" if difference.same_meaning else ""
    return f"{difference.diff.added} added, {difference.diff.removed} removed{same}"


_GIVERS = {Source.SHIPPED: "comes with Loom", Source.APP: "comes with an app"}
_SOURCES = {
    Source.OWN: Badge("own", Tone.PLAIN, title="In your folder"),
    Source.APP: Badge("app", Tone.ACCENT, title="It comes with an app; saving makes a copy of your own"),
    Source.SHIPPED: Badge("shipped", Tone.PLAIN, title="It comes with Loom; saving makes a copy of your own"),
}
