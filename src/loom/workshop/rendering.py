"""From a typed page value to HTML: the whole page, or the block of it that a script asked for. Knows no services."""

from functools import cache
from pathlib import Path
from typing import cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2_fragments import render_block
from starlette.requests import Request
from starlette.responses import HTMLResponse

from loom.access.models import Principal
from loom.workshop.assets import Assets
from loom.workshop.pages.format import FILTERS
from loom.workshop.pages.navigation import shell

__all__ = ["respond"]

_TEMPLATES = Path(__file__).with_name("templates")


def respond(
    request: Request, template: str, page: object, *, status: int = 200, block: str | None = None
) -> HTMLResponse:
    """`template` filled with `page`; of it only `block` when a script asks for a part."""
    headers = request.headers
    part = block if "hx-request" in headers and "hx-history-restore-request" not in headers else None
    assets: Assets = request.app.state.assets
    asker: Principal | None = getattr(request.state, "asker", None)
    context = {
        "page": page,
        "asset": assets.url,
        "shell": shell(
            request.url.path,
            nonce=request.state.nonce,
            simulated=getattr(request.state, "simulated", False),
            asker=asker,
        ),
    }
    if part is None:
        content = _environment().get_template(template).render(context)
    else:
        content = render_block(_environment(), template, part, context)
    return HTMLResponse(content, status, headers={"Vary": "HX-Request, Cookie"})


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS)
    cast("dict[str, object]", environment.globals)["ui"] = environment.get_template(
        "components/ui.html"
    ).module
    return environment
