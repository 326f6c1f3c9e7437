"""REST: suites to list and read, and their cases to add, change and take out."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from loom.core.findings import Findings
from loom.core.jsonvalue import Json
from loom.evaluation.models import ABSENT, Case, Split
from loom.evaluation.suites.changing import case_hash
from loom.workshop.desks.suites import SuiteFacts
from loom.workshop.errors import problem_json
from loom.workshop.routes.suites import Base, Desk, Opened, seen
from loom.workshop.sent.draft import read_hash
from loom.workshop.sent.paging import Size

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/suites", tags=["suites"])
_Cursor = Annotated[str, Query(max_length=100, description="`next` of the page before.")]
_Number = Annotated[int, Path(ge=0, le=10_000_000, description="Its place in the suite, from 0.")]
_Seen = [Depends(seen)]


class CaseIn(BaseModel):
    """A case; without `expected_output` nothing is expected, which is not the same as `null`."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200)
    input: dict[str, Any]
    expected_output: Any = None
    tags: list[str] = Field(default_factory=list[str], max_length=100)
    cluster: str | None = Field(None, max_length=200)
    weight: float = Field(1.0, gt=0, lt=1e9)
    split: Split = Split.TRAIN

    def case(self) -> Case:
        """The same for the suite."""
        expects = "expected_output" in self.model_fields_set
        return Case(
            self.name,
            self.input,
            self.expected_output if expects else ABSENT,
            tuple(dict.fromkeys(self.tags)),
            self.cluster,
            self.weight,
            self.split,
        )


@router.get("")
async def suites(desk: Desk, cursor: _Cursor = "", size: Size = 50) -> Json:
    """All of them, sorted by name: `{"items", "next"}`."""
    every = sorted(await asyncio.to_thread(desk.list), key=lambda one: one.found.name)
    found = [one for one in every if one.found.name > cursor]
    shown = found[:size]
    more = shown[-1].found.name if len(found) > size else None
    return {"items": [_listed(one) for one in shown], "next": more}


@router.get("/{name}")
async def suite(desk: Desk, name: str) -> Json:
    """One of them: its scorers, its version, and what the check finds."""
    found = await asyncio.to_thread(desk.open, name)
    return {
        **_listed(found.facts),
        "version": found.suite.version_hash.hex(),
        "hash": found.hash.hex(),
        "scorers": list(found.suite.scorers),
        "findings": _findings(found.told),
    }


@router.get("/{name}/cases")
async def cases(
    found: Opened, cursor: Annotated[int, Query(ge=0, le=10_000_000)] = 0, size: Size = 50
) -> Json:
    """Its cases, in order: `{"items", "next", "closed"}`; `closed`: how many are sealed and not told."""
    end, visible = cursor + size, found.visible
    items = [
        {"number": at, "hash": case_hash(case).hex(), **case.to_json()} for at, case in visible[cursor:end]
    ]
    closed = len(found.suite.cases) - len(visible)
    return {"items": items, "next": str(end) if end < len(visible) else None, "closed": closed}


@router.post("/{name}/cases", status_code=201)
async def add(desk: Desk, name: str, body: CaseIn, base: Base = "") -> Json:
    """Add a case at the end; `undo` takes that back."""
    word = await asyncio.to_thread(desk.put, name, None, body.case(), read_hash(base))
    return {**body.case().to_json(), "undo": word}


@router.put("/{name}/cases/{number}", dependencies=_Seen)
async def change(desk: Desk, name: str, number: _Number, body: CaseIn, base: Base = "") -> Json:
    """Replace a case; `undo` takes that back. 403 for a sealed one that is closed."""
    word = await asyncio.to_thread(desk.put, name, number, body.case(), read_hash(base))
    return {"number": number, **body.case().to_json(), "undo": word}


@router.delete("/{name}/cases/{number}", status_code=204, dependencies=_Seen)
async def remove(desk: Desk, name: str, number: _Number, base: Base = "") -> None:
    """Take a case out. 403 for a sealed one that is closed."""
    await asyncio.to_thread(desk.remove, name, number, read_hash(base))


def _listed(one: SuiteFacts) -> Json:
    return {
        "name": one.found.name,
        "description": one.description,
        "source": one.found.source.value,
        "cases": one.cases,
        "splits": {split.value: number for split, number in one.splits},
        "tags": dict(one.tags),
        "problem": one.problem or None,
    }


def _findings(found: Findings) -> Json:
    return {
        "errors": [problem_json(one) for one in found.errors],
        "warnings": [problem_json(one) for one in found.warnings],
    }
