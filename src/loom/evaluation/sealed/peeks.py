"""Looks at sealed cases: each run over them is counted, since every look makes them a little less sealed."""

from loom.access.models import Principal
from loom.core.ids import RunId
from loom.evaluation.sealed.cases import SealedCases
from loom.evaluation.sealed.looks_store import add_look
from loom.storage.statements import Write

__all__ = ["peek"]


def peek(seen: SealedCases, run: RunId, principal: Principal, at_us: int) -> tuple[Write, ...]:
    """What counts a run over `seen` as a look, when there are any."""
    return tuple(add_look(seen, run, principal.name, at_us)) if seen.items else ()
