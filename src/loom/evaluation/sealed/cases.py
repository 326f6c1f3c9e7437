"""Which cases are sealed, told by what is in them: a suite may be renamed, copied or grow, and has them still."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from loom.core.hashing import hash_bytes
from loom.evaluation.models import Case, Split, Suite

__all__ = ["SealedCases", "sealed_among", "sealed_in"]


@dataclass(frozen=True, slots=True)
class SealedCases:
    """Sealed cases of a suite."""

    suite: str
    items: tuple[bytes, ...]
    """Their keys, sorted."""

    @property
    def hash(self) -> bytes:
        """What names this set of them."""
        return hash_bytes(b"".join(self.items))


def sealed_in(suite: Suite) -> SealedCases:
    """Those of `suite`."""
    return _sealed(suite.name, (case.item_hash for case in suite.cases if case.split is Split.SEALED))


def sealed_among(suite: str, cases: Mapping[bytes, Case]) -> SealedCases:
    """Those of `cases`, which are known by their keys, as those of a run are."""
    return _sealed(suite, (key for key, case in cases.items() if case.split is Split.SEALED))


def _sealed(suite: str, items: Iterable[bytes]) -> SealedCases:
    return SealedCases(suite, tuple(sorted(set(items))))
