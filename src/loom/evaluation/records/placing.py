"""From results, in the order in which they came, to the suite that they are results of. Stores nothing."""

from collections.abc import Iterable
from dataclasses import dataclass

from msgspec import structs

from loom.evaluation.models import Case
from loom.evaluation.records.models import RecordedResult

__all__ = ["Place", "free_name", "placed"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a result belongs."""

    case: Case
    number: int
    """The place of its case in the suite, from 0."""

    repetition: int


def placed(results: Iterable[RecordedResult]) -> list[Place]:
    """A place for each of `results`.

    The same case under the same name is its next repetition; another case under a name that is taken gets a number.
    """
    cases: dict[tuple[str, bytes], tuple[Case, int]] = {}
    taken: set[str] = set()
    seen: dict[tuple[str, bytes], int] = {}
    places: list[Place] = []
    for result in results:
        case = result.case
        key = case.name, case.item_hash
        if key not in cases:
            cases[key] = structs.replace(case, name=free_name(case.name, taken)), len(cases)
        seen[key] = seen.get(key, -1) + 1
        places.append(Place(*cases[key], repetition=seen[key]))
    return places


def free_name(name: str, taken: set[str]) -> str:
    """`name`, with a number where it is in `taken` already, to which it is added."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name} ({number})"
    taken.add(free)
    return free
