"""Looks at sealed cases: each run over them is counted, since every look makes them a little less sealed."""

from collections.abc import Iterable

from loom.access.models import Principal
from loom.core.ids import RunId
from loom.evaluation.models import Case, Split
from loom.evaluation.people_store import add_peek
from loom.storage.statements import Write

__all__ = ["peek"]


def peek(
    suite: str, run: RunId, cases: Iterable[Case], principal: Principal, at_us: int
) -> tuple[Write, ...]:
    """What counts a run over `cases` as a look, when any of them is sealed."""
    if any(case.split is Split.SEALED for case in cases):
        return (add_peek("default", suite, run, principal.name, at_us),)
    return ()
