"""A form made from a JSON Schema, filled in, gives back the value it showed."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from loom.core.jsonvalue import Json
from loom.workshop.views.forms import Field, FieldKind
from loom.workshop.views.schema_form import FormGroup, SchemaForm, read_form

_SCHEMA: Json = {
    "required": ["text", "urgent"],
    "properties": {
        "text": {"type": "string"},
        "kind": {"type": "string", "enum": ["mail", "chat"]},
        "age": {"type": "integer", "minimum": 0},
        "share": {"type": ["number", "null"]},
        "urgent": {"type": "boolean"},
        "vip": {"type": "boolean"},
        "labels": {"type": "array", "items": {"type": "string"}},
        "sizes": {"type": "array", "items": {"type": "integer"}},
        "who": {"type": "object", "properties": {"name": {"type": "string"}}},
        "free": {},
    },
}
_WORDS = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=9)
_VALUES = st.fixed_dictionaries(
    {"text": _WORDS, "urgent": st.booleans()},
    optional={
        "kind": st.sampled_from(["mail", "chat"]),
        "age": st.integers(0, 99),
        "share": st.floats(0, 1),
        "vip": st.booleans(),
        "labels": st.lists(_WORDS, min_size=1),
        "sizes": st.lists(st.integers(), min_size=1),
        "who": st.fixed_dictionaries({"name": _WORDS}),
        "free": st.one_of(st.lists(st.integers()), _WORDS, st.dictionaries(_WORDS, st.integers())),
    },
)


@given(_VALUES)
def test_what_a_form_shows_is_what_it_gives_back(value: Json) -> None:
    sent = list(_sent(SchemaForm.of(_SCHEMA, value).nodes))
    assert read_form(_SCHEMA, sent).value == value


def test_what_is_left_empty_is_left_out() -> None:
    found = read_form(_SCHEMA, list(_sent(SchemaForm.of(_SCHEMA).nodes)))
    assert found.value == {"urgent": False}


def test_a_number_that_is_none_stays_text_for_the_contract_to_refuse() -> None:
    assert read_form(_SCHEMA, [("input.age", "old")]).value["age"] == "old"
    assert read_form(_SCHEMA, [("input.share", "nan")]).value["share"] == "nan"


def test_json_that_cannot_be_read_is_told_at_its_field() -> None:
    found = read_form(_SCHEMA, [("input.free", "{")])
    assert [problem.field for problem in found.problems] == ["free"]
    assert found.value["free"] == "{"
    assert read_form(_SCHEMA, [("input.free", '{"a": NaN}')]).problems


def test_a_problem_stands_at_its_field_and_keeps_the_value() -> None:
    form = SchemaForm.of(_SCHEMA, {"who": {"name": "Ana"}}, {"who.name": "is too short"})
    group = next(node for node in form.nodes if isinstance(node, FormGroup))
    assert group.nodes == (
        Field("input.who.name", "name", FieldKind.TEXTAREA, "Ana", problem="is too short"),
    )


def _sent(nodes: tuple[Field | FormGroup, ...]) -> Iterator[tuple[str, str]]:
    """What a browser sends: nothing of a box that is not ticked."""
    for node in nodes:
        if isinstance(node, FormGroup):
            yield from _sent(node.nodes)
        elif node.kind is not FieldKind.CHECKBOX or node.value:
            yield node.name, node.value
