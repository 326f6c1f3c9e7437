"""Suites of every kind, for property tests: texts that formats and spreadsheets read in their own ways."""

from hypothesis import strategies as st

from loom.evaluation.models import ABSENT, Case, Split, Suite

_AWKWARD = (
    "",
    "=1+1",
    "'=x",
    "'",
    "-",
    "@sum",
    "no",
    "null",
    "2026-11-20",
    "007",
    "1e5",
    "0o17",
    "1_000",
    "~",
    "a\n b\n",
    "a \nb",
    "a\r\nb",
    "a\rb",
    "\x00",
    "\ufeff",
    "\u2028\n",
    "0\n\x85",
    "a: b",
    "# x",
    "- x",
    "--- x\n---\nz",
    "é\nß",
    "\tx",
    "a;b",
    "a,b",
)

texts = st.text() | st.sampled_from(_AWKWARD)
numbers = (
    st.integers() | st.sampled_from([10**30, -(10**400)]) | st.floats(allow_nan=False, allow_infinity=False)
)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
kept = texts.filter(lambda text: "\0" not in text)
names = kept.filter(lambda text: text.strip() and len(text) <= 200)
scorers = st.sampled_from([(), ("exact_match",), ({"scorer": "regex", "pattern": '^="a;b\n'}, "field_match")])
cases = st.builds(
    Case,
    name=names,
    input=st.dictionaries(texts, values, max_size=3),
    expected_output=values | st.just(ABSENT) | st.dictionaries(st.sampled_from("ab"), texts, max_size=2),
    tags=st.lists(kept.filter(bool), max_size=2).map(tuple),
    cluster=st.none() | names,
    weight=st.floats(min_value=0.001, max_value=1e6) | st.integers(1, 5),
    split=st.sampled_from(Split),
    scorers=scorers,
)
case_lists = st.lists(cases, min_size=1, max_size=4, unique_by=lambda case: case.name).map(tuple)
suites = st.builds(Suite, st.just("s"), case_lists, st.sampled_from(["", "what it is"]), scorers)
