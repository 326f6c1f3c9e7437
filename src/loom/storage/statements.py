"""What may be written: named statements, each with its place in a commit and what it expects to hit.

Stores build `Write` values from these; only the writer executes them. A statement is a Core construct, compiled once
per dialect to plain SQL with positional parameters, because compiling per row is what makes a write slow.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple, TypeAlias

from sqlalchemy import Delete, Insert, TextClause, Update
from sqlalchemy.engine import Dialect

from loom.core.errors import ConflictError, LoomError

__all__ = ["MANY", "Compiled", "Merge", "Phase", "Statement", "Write", "compile_statement"]

MANY = 32
"""Rows that are inserted by one statement: a third cheaper than one by one, and more of them gain no more."""

_VALUES = " VALUES "


class Phase(IntEnum):
    """The order inside one commit, and what each row of a statement must hit."""

    FENCE = 0
    """Exactly one row: proof that the writer still holds what it writes for."""

    SETTLE = 1
    """Exactly one row: gives back and charges; never refused for a limit."""

    RESERVE = 2
    """Exactly one row: takes within a limit, or the next numbers of a sequence."""

    INSERT = 3
    """A new row each."""

    KEEP = 4
    """A new row, or nothing where the same content is already kept."""

    UPDATE = 5
    """Exactly one row each: compare-and-set."""

    SWEEP = 6
    """Any number of rows."""


class Merge(IntEnum):
    """How rows of one commit that share their key become one row."""

    NEVER = 0
    SUM = 1
    """The values after the key are added up: numbers summed, bytes joined in their order."""

    LAST = 2
    """The last row wins."""


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """One thing that can be written."""

    name: str
    """`room.verb`, unique; fail-points use it."""

    construct: Insert | Update | Delete | TextClause
    params: tuple[str, ...]
    """The bind names in the order a `Write` gives its values."""

    phase: Phase
    merge: Merge = Merge.NEVER
    key: int = 0
    """With a merge: how many leading values are the key."""

    refusal: Callable[[], LoomError] = field(default=lambda: ConflictError("someone else changed it first"))
    """The error of a write that hit no row."""

    def __call__(self, *values: object) -> "Write":
        """A write of these values, in the order of `params`."""
        return self, values


Write: TypeAlias = tuple[Statement, tuple[object, ...]]
"""One row of work for the writer; a bare tuple, since a case makes fifteen of them."""


class Compiled(NamedTuple):
    """A statement as a driver takes it."""

    sql: str
    order: tuple[int, ...] | None
    """For each positional parameter the index of its value; None when they are in order already."""

    constants: tuple[object, ...]
    """Values the construct itself brought, by index -1, -2, ... of `order`."""

    many: str | None
    """Of an insert: the same for `MANY` rows at once, whose parameters follow each other."""


def compile_statement(statement: Statement, dialect: Dialect) -> Compiled:
    """Compile for `dialect`, which must use positional parameters."""
    names = list(statement.params)
    construct, columns = statement.construct, None
    if isinstance(construct, Insert):
        construct, columns = construct.inline(), names  # inline: no RETURNING, nobody asks for surrogate keys
    compiled = construct.compile(dialect=dialect, column_keys=columns)
    constants: list[object] = []
    order: list[int] = []
    for name in compiled.positiontup or []:
        if name in names:
            order.append(names.index(name))
        else:
            constant = compiled.params[name]
            constants.append(str(constant) if isinstance(constant, str) else constant)
            order.append(-len(constants))
    in_order = order == list(range(len(names)))
    one, many = str(compiled), None
    if isinstance(construct, Insert):
        into, _, row = one.partition(_VALUES)
        many = into + _VALUES + ", ".join([row] * MANY)
    end = " ON CONFLICT DO NOTHING" if statement.phase is Phase.KEEP else ""
    return Compiled(one + end, None if in_order else tuple(order), tuple(constants), many and many + end)
