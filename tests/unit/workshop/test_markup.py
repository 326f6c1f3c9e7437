"""What is made into HTML without templates: whatever people wrote, nothing of it becomes markup."""

from dataclasses import fields, is_dataclass, replace
from html.parser import HTMLParser
from typing import Any, cast

import pytest

from loom.workshop.markup.buttons import button
from loom.workshop.markup.fields import field, schema_form
from loom.workshop.markup.marks import badge, icon, keys, words
from loom.workshop.markup.rows import rows, swaps
from loom.workshop.views.actions import Action
from loom.workshop.views.badges import Badge
from loom.workshop.views.cells import (
    Act,
    Badges,
    Cell,
    Changed,
    Link,
    Moment,
    Number,
    Range,
    Score,
    Text,
)
from loom.workshop.views.diff import Change, Part, Words
from loom.workshop.views.forms import Field, FieldKind
from loom.workshop.views.marks import IntervalMark, Meter, Scale
from loom.workshop.views.schema_form import FormGroup, SchemaForm
from loom.workshop.views.tables import Column, Row, Table

_EVIL = """'"><b x=y>&amp;"""


class _Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.values: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.values += (value or "" for _, value in attrs)

    def handle_data(self, data: str) -> None:
        self.values.append(data)


def _evil(value: Any) -> Any:
    """`value` with every text in it, however deep, replaced by one that tries to break out."""
    if type(value) is str:
        return _EVIL
    if isinstance(value, tuple):
        return tuple(_evil(one) for one in cast("tuple[Any, ...]", value))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{one.name: _evil(getattr(value, one.name)) for one in fields(value)})
    return value


_MARK = IntervalMark(0.2, 0.5, 0.7, Scale(0, 1), "half", line=0.5)
_ACTIONS = (
    Action("Go", href="/there", icon="right", key="Enter"),
    Action("Do", post="/do", fields=(("a", "b"),), name="n", value="v"),
    Action("Ask", dialog="sure", icon="trash", icon_only=True),
    Action("No", why_not="not now"),
    Action("Send", name="n"),
)
_CELLS: tuple[Cell, ...] = (
    Text("a", "b", muted=True, strong=True, mono=True),
    Number("1", 1.0, "one", strong=True, muted=True),
    Link("a", "/a", mono=True, note="n"),
    Badges((Badge("a", icon="check", title="t", live=True), Badge("b"))),
    Range(_MARK),
    Range(None, "missing"),
    Score(Meter(0.4), "0.40"),
    Score(Meter(None), "none"),
    Moment(1_700_000_000_000_000),
    Moment(None),
    Changed(Words((Part("a", Change.ADDED), Part("b", Change.REMOVED), Part("c")))),
    Act(_ACTIONS),
)


def _table(cell: Cell | None, *, expands: bool = False) -> Table:
    row = Row("id", (cell,), href="/row", expands=expands, open=expands)
    return Table("t", (Column("c", "C"),), (row, Row("g", group=("a", "b"))), region="r", select="pick")


@pytest.mark.parametrize("cell", _CELLS, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("expands", [False, True])
def test_no_text_of_a_table_becomes_markup(cell: Cell, *, expands: bool) -> None:
    good, evil = _table(cell, expands=expands), _evil(_table(cell, expands=expands))
    assert _Tags(rows(evil)).tags == _Tags(rows(good)).tags
    assert any(_EVIL in value for value in _Tags(rows(evil)).values)


@pytest.mark.parametrize("action", _ACTIONS, ids=lambda one: one.label)
def test_no_text_of_a_button_becomes_markup(action: Action) -> None:
    evil = _evil(action)
    assert _Tags(button(evil)).tags == _Tags(button(action)).tags
    assert _EVIL in _Tags(button(evil, item=True)).values


_FIELD = Field(
    "n",
    "l",
    value="v",
    help="h",
    options=(("a", "A"), ("b", "B")),
    placeholder="p",
    attributes=(("min", "1"),),
)


@pytest.mark.parametrize("kind", FieldKind)
@pytest.mark.parametrize("problem", ["", "wrong"])
def test_no_text_of_a_field_becomes_markup(kind: FieldKind, problem: str) -> None:
    good = replace(_FIELD, kind=kind, problem=problem, required=True, disabled=True, mono=True)
    evil = replace(_evil(good), problem=problem and _EVIL, attributes=(("min", _EVIL),))
    assert _Tags(field(evil)).tags == _Tags(field(good)).tags
    assert _EVIL in _Tags(field(evil)).values


def test_a_select_holds_what_was_chosen_and_a_text_begins_with_its_first_line() -> None:
    select = replace(_FIELD, kind=FieldKind.SELECT, value="b")
    assert '<option value="b" selected>B</option>' in field(select)
    assert ">\n\nb</textarea>" in field(replace(_FIELD, kind=FieldKind.TEXTAREA, value="\nb"))


def test_no_page_gives_a_password_back() -> None:
    assert "secret" not in field(replace(_FIELD, kind=FieldKind.PASSWORD, value="secret"))


def test_groups_of_a_form_hold_their_fields() -> None:
    group = FormGroup(_EVIL, (_FIELD,), _EVIL)
    tags = _Tags(schema_form(SchemaForm((group,)))).tags
    assert tags == ["div", "fieldset", "legend", "p", "div", "label", "input", "p"]


def test_the_smallest_marks_escape_too() -> None:
    drawn = icon(_EVIL, _EVIL) + keys(_EVIL) + swaps(_EVIL) + badge(_evil(Badge("a", icon="b", title="c")))
    assert "b" not in _Tags(f"<i{drawn}").tags
    assert words(Words((Part("<b>"),))) == "&lt;b&gt;"


def test_an_open_row_shows_its_detail_below_it_and_a_closed_one_none() -> None:
    table = _table(Text("a"), expands=True)
    assert '<td colspan="2">more of id</td>' in rows(table, lambda row: f"more of {row.id}")
    assert "more of" not in rows(_table(Text("a")), lambda row: f"more of {row.id}")


def test_a_row_without_a_value_shows_a_dash() -> None:
    assert '<span class="nothing">–</span>' in rows(_table(None))
