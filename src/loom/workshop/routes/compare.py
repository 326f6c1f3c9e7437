"""`/compare?a=&b=`: two runs side by side; without both, the way to choose them."""

from dataclasses import replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from loom.access.models import Principal, Role
from loom.catalog.service import Catalog
from loom.core.errors import SealedError
from loom.evaluation.comparing.comparison import Comparison
from loom.evaluation.people_store import Baseline
from loom.evaluation.reading.changes import ChangeKind, ChangeQuery
from loom.evaluation.store import RunRow
from loom.wiring.app import App
from loom.workshop.deps import Asker, Definitions, Services
from loom.workshop.pages.addresses import address, run_address
from loom.workshop.pages.compare import ChangedBlock, Sides, changed_table, changed_view, compare_page
from loom.workshop.pages.sealed import SealedView, sealed_view
from loom.workshop.rendering import respond
from loom.workshop.routes.runs import twin, version_label
from loom.workshop.sent.paging import Size
from loom.workshop.views.tables import PAGE_ROWS

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_PAGE = "runs/compare.html"
_SEE_OTHER = 303
_BOTH = 2


@router.get("/compare")
async def compare(  # noqa: PLR0913 - each is a part of the address
    request: Request,
    *,
    services: Services,
    catalog: Definitions,
    asker: Asker,
    a: str = "",
    b: str = "",
    run: Annotated[list[str] | None, Query()] = None,
    kind: str = "",
    cursor: str = "",
    size: Size = PAGE_ROWS,
) -> Response:
    """The comparison. `?run=&run=` asks for that of two rows of a list: the older is then A; of more, the order."""
    if run and not a:
        return RedirectResponse(_chosen(run), _SEE_OTHER)
    if not (a and b):
        return RedirectResponse("/runs", _SEE_OTHER)
    query = ChangeQuery(next((one for one in ChangeKind if one == kind), None), cursor or None, size)
    sides = await _sides(services, catalog, (a, b), asker)
    counts = await services.reading.compare(sides.a, sides.b, asker)
    sides = replace(sides, sealed=await _sealed(services, counts.comparison, sides, asker))
    try:
        found = await services.reading.changes(sides.a, sides.b, query, asker)
    except SealedError:
        found = None
    changed = changed_view(found, counts, query, sides)
    if request.headers.get("hx-target") == "changed":
        return respond(request, _PAGE, ChangedBlock(changed), block="changed")
    return respond(request, _PAGE, compare_page(counts, sides, changed))


@router.get("/compare.json")
@router.get("/compare.csv")
async def changed_twin(  # noqa: PLR0913 - each is a part of the address
    request: Request,
    *,
    services: Services,
    catalog: Definitions,
    asker: Asker,
    a: str,
    b: str,
    kind: str = "",
    cursor: str = "",
    size: Size = PAGE_ROWS,
) -> Response:
    """The changed cases for programs."""
    query = ChangeQuery(next((one for one in ChangeKind if one == kind), None), cursor or None, size)
    sides = await _sides(services, catalog, (a, b), asker)
    found = await services.reading.changes(sides.a, sides.b, query, asker)
    return twin(request, changed_table(found, query, sides), found.next)


def _chosen(runs: list[str]) -> str:
    if len(runs) > _BOTH:
        return f"/leaderboard?{urlencode([('run', run) for run in runs])}"
    older, newer = (*sorted(runs), "", "")[:_BOTH]  # ids begin with the time at which they were made
    return address("/compare", a=older, b=newer)


async def _sides(services: App, catalog: Catalog, names: tuple[str, str], asker: Principal) -> Sides:
    first, second = [await services.reading.find(name, asker) for name in names]
    held = await services.baselines.all()
    versions = [
        await version_label(catalog, one, await _version(services, one), asker) for one in (first, second)
    ]
    return Sides(
        first,
        second,
        *versions,
        a_is_baseline=_is_baseline(first, held),
        b_is_baseline=_is_baseline(second, held),
        may_run=asker.role.covers(Role.RUN),
    )


async def _sealed(services: App, comparison: Comparison, sides: Sides, asker: Principal) -> SealedView | None:
    if not comparison.sealed:
        return None
    seal = await services.seals.of(await services.reading.sealed(sides.b, asker), asker)
    back = (("against", sides.a.id.hex()),)
    post = f"{run_address(sides.b)}/look"
    return sealed_view(seal, comparison.cases, post, may_run=sides.may_run, fields=back)


async def _version(services: App, run: RunRow) -> str | None:
    found = await services.evaluations.version(run.job)
    return None if found is None else found.hex()


def _is_baseline(run: RunRow, held: list[Baseline]) -> bool:
    return any(one.run == run.id for one in held)
