"""The REST API for people who read: every operation, by subject, with who may use it."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from loom.access.models import Role
from loom.core.jsonvalue import Json
from loom.workshop.guard.policy import POLICY
from loom.workshop.views.actions import Action, Header
from loom.workshop.views.cells import Text
from loom.workshop.views.code import Code
from loom.workshop.views.tables import Card, Column, Row, Shape, Table

__all__ = ["ReferencePage", "Subject", "reference_page"]

_METHODS = ("get", "post", "put", "patch", "delete")
_COLUMNS = (
    Column("method", "Method", card=Card.CORNER),
    Column("path", "Path", card=Card.TITLE),
    Column("role", "Role", priority=2),
    Column("does", "Does", card=Card.LINE, shape=Shape.GROWING),
)
_BEGIN = """# One test: the output, what it cost, and what is wrong with it
curl -H "Authorization: Bearer $LOOM_KEY" -H "Content-Type: application/json" \\
     -d '{{"worker": "classifier", "input": {{"text": "I was charged twice"}}}}' {address}api/v1/tests

# An evaluation, which goes on in the server; then what all came to
curl -H "Authorization: Bearer $LOOM_KEY" -H "Content-Type: application/json" \\
     -d '{{"worker": "classifier", "suite": "classifier", "budget_usd": 0.5}}' {address}api/v1/evaluations
curl -H "Authorization: Bearer $LOOM_KEY" {address}api/v1/runs"""


@dataclass(frozen=True, slots=True)
class Subject:
    """The operations on one noun."""

    name: str
    table: Table


@dataclass(frozen=True, slots=True)
class ReferencePage:
    """The page."""

    header: Header
    begin: Code
    subjects: tuple[Subject, ...]


@dataclass(frozen=True, slots=True)
class _Operation:
    tag: str
    method: str
    path: str
    summary: str

    @property
    def role(self) -> Role | None:
        return POLICY.get((self.method, self.path))


def reference_page(described: Json, address: str) -> ReferencePage:
    """`described`: what OpenAPI says. `address`: where this server is reached."""
    operations = sorted(_operations(described["paths"]), key=lambda one: (one.tag, one.path, one.method))
    subjects = groupby(operations, key=lambda one: one.tag)
    return ReferencePage(
        Header("REST API", actions=(Action("OpenAPI", "/api/v1/openapi.json", icon="download"),)),
        Code.of_text(_BEGIN.format(address=address), "text", "In a shell"),
        tuple(Subject(name, _table(name, tuple(group))) for name, group in subjects),
    )


def _operations(paths: Mapping[str, Json]) -> "list[_Operation]":
    return [
        _Operation(
            (told.get("tags") or ["other"])[0],
            method.upper(),
            path,
            told.get("description") or told["summary"],
        )
        for path, methods in paths.items()
        for method, told in methods.items()
        if method in _METHODS
    ]


def _table(name: str, operations: tuple[_Operation, ...]) -> Table:
    rows = tuple(
        Row(
            f"{one.method} {one.path}",
            (
                Text(one.method, mono=True, strong=True),
                Text(one.path, mono=True),
                Text(one.role or "everyone", muted=True),
                Text(one.summary.partition("\n")[0].replace("`", "")),
            ),
        )
        for one in operations
    )
    return Table(f"Operations on {name}", _COLUMNS, rows)
