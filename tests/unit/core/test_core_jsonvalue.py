"""The canonical spelling of JSON, and the short way to it for texts that recur."""

from hypothesis import given
from hypothesis import strategies as st

from loom.core.jsonvalue import JsonValue, canonical, canonical_recurring

_SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)


@given(_VALUES)
def test_a_value_is_spelled_the_same_whether_or_not_its_texts_are_remembered(value: JsonValue) -> None:
    assert canonical_recurring(value) == canonical_recurring(value) == canonical(value)
