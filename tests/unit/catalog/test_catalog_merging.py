"""Two changes of one text are put together where they do not meet, and nothing of either is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.catalog.merging import merge_texts

TEXT = "name: a\ntemperature: 0\nprompt: sort\nmodel: m\ntokens: 5\n"
_texts = st.lists(st.sampled_from(["a\n", "b\n", "one two\n", "\n", "no end"])).map("".join)
_lines = st.lists(st.sampled_from(["x", "y", "z"]), max_size=3)


def test_changes_of_different_lines_are_both_there():
    mine, theirs = TEXT.replace("tokens: 5", "tokens: 7"), TEXT.replace("temperature: 0", "temperature: 1")
    assert merge_texts(TEXT, mine, theirs) == "name: a\ntemperature: 1\nprompt: sort\nmodel: m\ntokens: 7\n"


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (TEXT.replace("sort", "list"), TEXT.replace("sort", "count")),
        (TEXT.replace("sort", "list"), TEXT.replace("model: m\n", "")),
        (f"{TEXT}seed: 1\n", f"{TEXT}seed: 2\n"),
        (TEXT.replace("name: a\n", ""), ""),
    ],
    ids=["same line", "neighbours", "same place", "all gone"],
)
def test_changes_that_meet_are_left_to_people(mine, theirs):
    assert merge_texts(TEXT, mine, theirs) is None
    assert merge_texts(TEXT, theirs, mine) is None


@given(_texts, _texts)
def test_who_changed_nothing_takes_nothing_from_the_other(base, changed):
    assert merge_texts(base, changed, base) == changed
    assert merge_texts(base, base, changed) == changed
    assert merge_texts(base, changed, changed) == changed


@given(_texts, _texts, _texts)
def test_it_does_not_matter_who_was_first(base, mine, theirs):
    assert merge_texts(base, mine, theirs) == merge_texts(base, theirs, mine)


@given(st.lists(st.none() | st.tuples(st.booleans(), _lines), max_size=12))
def test_all_that_either_changed_is_in_it_and_nothing_else(edits):
    """Every second line stays; of the others each is replaced by one of the two, or by nobody."""

    def text(*hands):
        return "".join(
            f"{line}\n"
            for number, edit in enumerate(edits)
            for line in (
                f"fixed {number}",
                *(edit[1] if edit and edit[0] in hands else [f"old {number}"]),
                f"kept {number}",
            )
        )

    assert merge_texts(text(), text(True), text(False)) == text(True, False)
