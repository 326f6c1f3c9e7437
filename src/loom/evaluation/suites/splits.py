"""Chooses splits for cases that have none, so that nothing seen in training is met again; knows no files."""

from collections.abc import Collection, Mapping, Sequence

from loom.core.hashing import hash_bytes, hash_json
from loom.evaluation.models import Case, Split

__all__ = ["assign_splits"]


def assign_splits(
    cases: Sequence[Case], shares: Mapping[Split, float], *, seed: int = 0, given: Collection[int] = ()
) -> dict[int, Split]:
    """A split for each case, by its number from 0, but for those whose number is in `given`: they keep theirs.

    Cases of one cluster, or with the same input, get the same split. The order in which groups are served depends on
    their content and the seed alone; each goes to the split that is furthest below its share.
    """
    kept = set(given)
    whole = sum(shares.values())
    missing = {split: len(cases) * share / whole for split, share in shares.items()}
    for number in kept:
        missing[cases[number].split] = missing.get(cases[number].split, 0) - 1
    chosen: dict[int, Split] = {}
    for group in _in_order(_groups(cases), cases, seed):
        free = [number for number in group if number not in kept]
        decided = [cases[number].split for number in group if number in kept]
        split = decided[0] if decided else max(shares, key=lambda split: missing[split])
        missing[split] -= len(free)
        chosen.update(dict.fromkeys(free, split))
    return chosen


def _groups(cases: Sequence[Case]) -> list[list[int]]:
    """The numbers of cases that belong together, by cluster or by input, directly or by way of others."""
    leader = list(range(len(cases)))
    first: dict[object, int] = {}

    def find(number: int) -> int:
        while leader[number] != number:
            leader[number] = number = leader[leader[number]]
        return number

    for number, case in enumerate(cases):
        for key in (hash_json(case.input), case.cluster):
            if key is not None:
                leader[find(number)] = find(first.setdefault(key, number))
    groups: dict[int, list[int]] = {}
    for number in range(len(cases)):
        groups.setdefault(find(number), []).append(number)
    return list(groups.values())


def _in_order(groups: list[list[int]], cases: Sequence[Case], seed: int) -> list[list[int]]:
    def place(group: list[int]) -> bytes:
        content = min(cases[number].item_hash for number in group)
        return hash_bytes(f"{seed}:".encode() + content)

    return sorted(groups, key=place)
