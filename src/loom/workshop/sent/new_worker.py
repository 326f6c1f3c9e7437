"""What the forms of a new worker ask for: a copy of what is there, or a worker made of a few answers."""

from collections.abc import Mapping

from loom.access.models import Principal
from loom.catalog.models import Ref, Saved
from loom.catalog.scaffold.worker import FieldPlan, WorkerPlan, field_plans, worker_text
from loom.catalog.scaffold.written import require_name
from loom.catalog.service import Catalog
from loom.core.errors import Problem, UsageError
from loom.core.kinds import Kind
from loom.core.worker_config import Tier, WorkerKind
from loom.workshop.pages.new_worker import TEMPLATE

__all__ = ["created"]

_BACKEND = "mypackage.backend.MyBackend"


async def created(catalog: Catalog, values: Mapping[str, str], asker: Principal) -> Saved:
    """The worker that `values` ask for: a copy of `start` called `new_name`, else one made of answers.

    Raises:
        UsageError: naming every answer that is missing or makes no sense.
        NotFoundError: when there is nothing to copy.
        ConfigError: when what comes of it is no valid worker.
    """
    start, name = values.get("start"), values.get("new_name", "")
    if start == TEMPLATE:
        return await catalog.create(Ref(Kind.WORKER, name), None, asker)
    if start is not None:
        return await catalog.clone(await catalog.find(start, Kind.WORKER), name, asker)
    plan = _plan(values)
    return await catalog.create(Ref(Kind.WORKER, plan.name), worker_text(plan).encode(), asker)


def _plan(values: Mapping[str, str]) -> WorkerPlan:
    problems: list[Problem] = []
    inputs, outputs = (_fields(values, side, problems) for side in ("inputs", "outputs"))
    if not values.get("does"):
        problems.append(Problem("is empty", "does", remedy="say in a sentence what it does"))
    try:
        require_name(values.get("name", ""))
    except UsageError as error:
        problems += error.problems
    if problems:
        raise UsageError(problems)
    return WorkerPlan(
        values["name"],
        values["does"],
        inputs,
        outputs,
        WorkerKind.PROCESSOR if values.get("kind") == WorkerKind.PROCESSOR else WorkerKind.LLM,
        next((tier for tier in Tier if tier == values.get("tier")), Tier.LOCAL),
        values.get("prompt") or None,
        values.get("backend") or _BACKEND,
    )


def _fields(values: Mapping[str, str], side: str, problems: list[Problem]) -> tuple[FieldPlan, ...]:
    try:
        return field_plans(values.get(side, ""))
    except UsageError as error:
        for one in error.problems:
            which = "" if one.value is None else f"'{one.value}' "
            problems.append(Problem(f"{which}{one.what}", side, remedy=one.remedy))
        return ()
