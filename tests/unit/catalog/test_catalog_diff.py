"""Differences are what `patch` takes, and name the words that changed."""

import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.catalog.diff import Mark, compare_texts

_texts = st.lists(st.sampled_from(["a\n", "b\n", "one two\n", "one three\n", "\n", "no end"])).map("".join)


def words(diff, mark):
    """The changed words of the lines with that mark."""
    lines = [line for hunk in diff.hunks for line in hunk.lines if line.mark is mark]
    return [piece.text for line in lines for piece in line.pieces if piece.changed]


def test_in_a_changed_line_the_changed_words_are_marked():
    diff = compare_texts("Sort the mail quickly.\n", "Sort all the mail slowly.\n")
    assert words(diff, Mark.GONE) == ["quickly"]
    assert [word.strip() for word in words(diff, Mark.NEW)] == ["all", "slowly"]


def test_lines_that_have_little_in_common_are_not_picked_apart():
    diff = compare_texts("Sort the mail.\n", "temperature: 0.7\n")
    assert words(diff, Mark.GONE) == []
    assert (diff.added, diff.removed) == (1, 1)


def test_the_same_text_has_no_difference():
    assert compare_texts("a\n", "a\n").unified("x", "y") == ""


def test_a_missing_newline_at_the_end_is_said():
    assert "\\ No newline at end of file\n" in compare_texts("a\nb", "a\nb\n").unified("x", "y")


def test_ends_of_lines_that_differ_are_a_difference():
    diff = compare_texts("a b\r\n", "a b\n")
    assert words(diff, Mark.GONE) == ["\r"]


def test_a_long_text_of_one_word_is_compared_by_lines_only():
    diff = compare_texts("w " * 50_000, "w " * 50_001)
    assert words(diff, Mark.NEW) == []
    assert (diff.added, diff.removed) == (1, 1)


@given(_texts, _texts)
def test_every_passage_of_a_difference_is_in_the_text_it_belongs_to(old, new):
    for hunk in compare_texts(old, new).hunks:
        for text, mark in ((old, Mark.NEW), (new, Mark.GONE)):
            side = [line.text for line in hunk.lines if line.mark not in (mark, Mark.NOTE)]
            assert "\n".join(side) in f"{text}\n"


@pytest.mark.skipif(shutil.which("patch") is None, reason="there is no patch here")
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a\nb\nc\n", "a\nx\nc\nd"),
        ("", "a\n"),
        ("a\n", ""),
        ("".join(f"{n}\n" for n in range(40)), "".join(f"{n}\n" for n in range(1, 41) if n != 20)),
    ],
)
def test_patch_makes_the_new_text_of_the_old_one(tmp_path, old, new):
    file = tmp_path / "file"
    file.write_text(old)
    said = compare_texts(old, new).unified("file", "file")
    subprocess.run(["patch", "-s", str(file)], input=said, text=True, check=True)
    assert (file.read_text() if file.exists() else "") == new
