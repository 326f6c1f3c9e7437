"""What changed between two texts, as pages show it."""

from loom.catalog.diff import compare_texts
from loom.workshop.pages.json_text import brief, fields_beside
from loom.workshop.views.diff import Change, Words, diff_view, word_change


def _marked(words: Words) -> list[str]:
    return [part.text for part in words.parts if part.change is not Change.SAME]


def test_lines_carry_the_number_they_have_in_their_own_text() -> None:
    before, after = "a\nb\nc\nd", "a\nc\nd\ne"
    lines = diff_view(compare_texts(before, after)).lines
    assert ("b", 2, Change.REMOVED) in [(line.words.text, line.number, line.change) for line in lines]
    assert ("e", 4, Change.ADDED) in [(line.words.text, line.number, line.change) for line in lines]


def test_only_the_words_that_changed_are_marked() -> None:
    old, new = word_change("Lost parcel, wants money back", "Lost parcel, courier problem")
    assert _marked(old) == ["wants money back"]
    assert _marked(new) == ["courier problem"]


def test_values_with_nothing_in_common_are_marked_whole() -> None:
    old, new = word_change("refund", "technical")
    assert (_marked(old), _marked(new)) == (["refund"], ["technical"])


def test_every_field_stands_beside_what_was_expected() -> None:
    rows = fields_beside({"kind": "refund", "urgent": True}, {"kind": "technical", "note": "x"})
    assert [(name, wanted.text, got.text) for name, wanted, got in rows] == [
        ("kind", "refund", "technical"), ("urgent", "true", "–"), ("note", "–", "x"),
    ]  # fmt: skip
    assert not _marked(rows[2][2])


def test_a_value_on_one_line_is_cut() -> None:
    assert brief({"a": "refund", "b": ["x"], "c": ""}) == 'refund · ["x"]'
    assert len(brief("word " * 200)) == 300
