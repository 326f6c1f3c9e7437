"""REST: workers to list, make, read and save, each with what its last evaluation came to."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from loom.catalog.models import Entry, Ref
from loom.core.errors import Problem, UsageError
from loom.core.ids import text
from loom.core.jsonvalue import Json
from loom.core.kinds import Kind
from loom.evaluation.reading.runs import RunItem
from loom.workshop.api.definitions import TextIn, saved_json, version_json
from loom.workshop.errors import problem_json
from loom.workshop.pages.format import iso
from loom.workshop.pages.worker import OpenWorker
from loom.workshop.routes.workers import Asked, Desk
from loom.workshop.sent.draft import read_hash
from loom.workshop.sent.new_worker import created
from loom.workshop.sent.paging import Size

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/workers", tags=["workers"])
_Cursor = Annotated[str, Query(max_length=100, description="`next` of the page before.")]


class NewWorker(BaseModel):
    """A worker to be made: from its text, or of a few answers, which its contract and prompt are made of."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=100)
    yaml: str = Field("", max_length=300_000, description="The whole text; then the rest is not looked at.")
    does: str = Field("", max_length=1_000, description="What it does, in a sentence.")
    inputs: list[str] = Field([], max_length=100, description="`name` or `name:type`; a type may be `a|b|c`.")
    outputs: list[str] = Field([], max_length=100)
    kind: str = Field("llm", pattern="^(llm|processor)$")
    tier: str = Field("local", pattern="^(local|standard|frontier)$")
    prompt: str = Field("", max_length=100_000)
    backend: str = Field("", max_length=500, description="Of a processor: package.module.Class.")


@router.get("")
async def workers(desk: Desk, query: Asked, cursor: _Cursor = "", size: Size = 50) -> Json:
    """Those that `q`, `tier`, `kind` and `source` ask for, sorted by name: `{"items", "next"}`."""
    found = sorted(await desk.list(query), key=lambda one: one.ref.name)
    entries = [one for one in found if one.ref.name > cursor]
    last = await desk.services.reading.last_runs(desk.asker)
    shown = entries[:size]
    numbers = await desk.catalog.numbers(shown, desk.asker)
    return {
        "items": [_listed(one, last.get(one.ref.name), numbers.get(one.ref)) for one in shown],
        "next": shown[-1].ref.name if len(entries) > size else None,
    }


@router.post("", status_code=201)
async def create(desk: Desk, body: NewWorker) -> Json:
    """Make one."""
    if body.yaml:
        content = body.yaml.encode("utf-8", "surrogatepass")
        return saved_json(await desk.catalog.create(Ref(Kind.WORKER, body.name), content, desk.asker))
    if not body.does:
        remedy = "give the text as 'yaml', or answer: does, inputs, outputs"
        raise UsageError(Problem("is empty", "does", remedy=remedy))
    answers = body.model_dump(exclude={"inputs", "outputs", "yaml"})
    fields = {"inputs": ",".join(body.inputs), "outputs": ",".join(body.outputs)}
    return saved_json(await created(desk.catalog, {**answers, **fields}, desk.asker))


@router.get("/{name}")
async def worker(desk: Desk, name: str) -> Json:
    """One of them, with its text, what it means, and its newest evaluations."""
    return _shown(await desk.open(name))


@router.put("/{name}")
async def save(desk: Desk, name: str, body: TextIn) -> Json:
    """Replace its text; of an app's or a shipped one, an own copy is made."""
    ref = (await desk.open(name)).history.ref
    content = body.yaml.encode("utf-8", "surrogatepass")
    base, note = read_hash(body.base), body.note or None
    return saved_json(await desk.catalog.save(ref, content, desk.asker, base=base, note=note))


@router.get("/{name}/impact")
async def impact(desk: Desk, name: str) -> Json:
    """What a change of it can reach: `{"affected_pipelines", "direct_stages", "downstream_stages", "risk_level"}`."""
    return (await desk.impact(name)).to_json()


def _listed(entry: Entry, last: RunItem | None, number: int | None) -> Json:
    problem = entry.problem
    return {
        "name": entry.ref.name,
        "description": entry.description,
        "kind": entry.worker_kind,
        "tier": entry.tier,
        "source": entry.source.value,
        "version": number,
        "hash": entry.hash.hex() if entry.hash else None,
        "valid": problem is None,
        "problem": None if problem is None else problem_json(problem),
        "last_run": None if last is None else _run(last),
    }


def _shown(found: OpenWorker) -> Json:
    read = found.definition
    return {
        "name": found.history.ref.name,
        "source": found.history.source.value,
        "version": version_json(found.version),
        "yaml": found.text,
        "definition": read.mapping,
        "valid": not read.errors,
        "errors": [problem_json(one) for one in read.errors],
        "warnings": [problem_json(one) for one in read.warnings],
        "runs": [_run(one) for one in found.runs],
    }


def _run(item: RunItem) -> Json:
    run, rate = item.run, item.rate
    return {
        "id": text(run.id),
        "suite": run.suite,
        "state": run.state,
        "model": run.model,
        "simulated": run.simulated,
        "version": item.version,
        "baseline": item.baseline,
        "created": iso(run.created_us),
        "pass_rate": None if rate is None else rate.value,
        "interval": None if rate is None else [rate.interval.low, rate.interval.high],
        "n": 0 if rate is None else rate.n,
    }
