"""Suites, their identity and their selection."""

from loom.evaluation.models import Case, ItemKey, Split, Suite, item_keys

CASES = (
    Case("a", {"x": 1}, {"y": 1}, tags=("fast",)),
    Case("b", {"x": 2}, {"y": 1}, tags=("slow", "fast"), split=Split.VALIDATION),
    Case("c", {"x": 3}, {"y": 1}, split=Split.SEALED),
)


def test_a_case_keeps_its_identity_when_its_name_and_tags_change():
    assert Case("a", {"x": 1}, 2).item_hash == Case("b", {"x": 1}, 2, tags=("t",), weight=3).item_hash


def test_an_expected_null_is_another_case_than_nothing_expected():
    assert Case("a", {}, None).item_hash != Case("a", {}).item_hash
    assert Case("a", {}, None).has_expected
    assert not Case("a", {}).has_expected


def test_duplicates_of_one_item_are_told_apart_by_their_occurrence():
    first, other = Case("a", {"x": 1}), Case("b", {"x": 2})
    keys = item_keys(case.item_hash for case in (first, other, Case("again", {"x": 1})))
    assert keys == (ItemKey(first.item_hash, 0), ItemKey(other.item_hash, 0), ItemKey(first.item_hash, 1))


def test_a_suite_has_a_new_version_for_all_that_is_new_in_it():
    suite = Suite("s", CASES)
    assert suite.version_hash != Suite("s", CASES, "described").version_hash
    assert suite.version_hash != Suite("s", (*CASES[:2], Case("c", {"x": 3}, {"y": 2}))).version_hash
    assert suite.version_hash != Suite("s", CASES, scorers=("exact_match",)).version_hash


def test_sealed_cases_come_only_when_asked_for():
    suite = Suite("s", CASES)
    assert [case.name for case in suite.select()] == ["a", "b"]
    assert [case.name for case in suite.select(split=Split.SEALED)] == ["c"]


def test_a_selection_keeps_cases_with_any_of_the_tags_up_to_the_limit():
    suite = Suite("s", CASES)
    assert [case.name for case in suite.select(tags=["slow"])] == ["b"]
    assert [case.name for case in suite.select(tags=["fast"], limit=1)] == ["a"]
