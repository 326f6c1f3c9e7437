"""Splits are chosen by content: near the shares, together what belongs together, and the same again."""

from collections import Counter, defaultdict

from hypothesis import given
from hypothesis import strategies as st

from loom.evaluation.models import Case, Split
from loom.evaluation.suites.splits import assign_splits

SHARES = {Split.TRAIN: 60.0, Split.VALIDATION: 20.0, Split.SEALED: 20.0}
cases = st.lists(
    st.builds(
        Case,
        st.just("a"),
        st.fixed_dictionaries({"x": st.integers(0, 30)}),
        cluster=st.sampled_from([None, *"abcde"]),
    ),
    min_size=1,
    max_size=40,
)


@given(cases, st.integers())
def test_one_cluster_and_one_input_are_in_one_split(listed: list[Case], seed: int):
    chosen = assign_splits(listed, SHARES, seed=seed)
    together: dict[object, set[Split]] = defaultdict(set)
    for number, case in enumerate(listed):
        together["input", case.input["x"]].add(chosen[number])
        if case.cluster:
            together["cluster", case.cluster].add(chosen[number])
    assert all(len(splits) == 1 for splits in together.values())


def test_the_shares_are_met_to_the_case():
    listed = [Case(str(number), {"x": number}) for number in range(200)]
    assert Counter(assign_splits(listed, SHARES).values()) == {"train": 120, "validation": 40, "sealed": 40}


def test_order_and_names_do_not_matter_and_the_seed_does():
    listed = [Case(str(number), {"x": number}) for number in range(50)]
    turned = [Case("renamed", case.input) for case in reversed(listed)]
    forward, backward = assign_splits(listed, SHARES), assign_splits(turned, SHARES)
    assert [forward[number] for number in range(50)] == [backward[49 - number] for number in range(50)]
    assert assign_splits(listed, SHARES, seed=1) != forward


def test_who_has_a_split_keeps_it_and_draws_its_cluster_along():
    listed = [
        Case("a", {"x": 1}, cluster="k", split=Split.SEALED),
        Case("b", {"x": 2}, cluster="k"),
        Case("c", {"x": 3}),
    ]
    chosen = assign_splits(listed, SHARES, given={0})
    assert chosen == {1: Split.SEALED, 2: Split.TRAIN}


def test_a_suite_that_grew_fills_up_to_its_shares():
    old = [Case(str(number), {"x": number}, split=Split.TRAIN) for number in range(60)]
    new = [Case(str(number), {"x": number}) for number in range(60, 100)]
    chosen = assign_splits([*old, *new], SHARES, given=range(60))
    assert Counter(chosen.values()) == {"validation": 20, "sealed": 20}
