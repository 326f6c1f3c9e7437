"""From a typed page value to HTML: the whole page, or the block of it that a script asked for. Knows no services."""

from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2_fragments import render_block
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from loom.access.models import Principal
from loom.workshop.assets import Assets
from loom.workshop.markup.buttons import button, buttons, submit
from loom.workshop.markup.fields import field, fields, schema_form
from loom.workshop.markup.marks import badge, icon, keys, words
from loom.workshop.markup.reach import Onlooker, beyond, drawn_for, reachable
from loom.workshop.markup.rows import head, rows, swaps
from loom.workshop.pages.format import FILTERS
from loom.workshop.pages.navigation import shell

__all__ = ["login_leading_back", "respond", "wants_part"]

_TEMPLATES = Path(__file__).with_name("templates")


def respond(
    request: Request, template: str, page: object, *, status: int = 200, block: str | None = None
) -> HTMLResponse:
    """`template` filled with `page`; of it only `block` when a script asks for a part."""
    part = block if wants_part(request) else None
    assets: Assets = request.app.state.assets
    asker: Principal | None = getattr(request.state, "asker", None)
    around = shell(
        request.url.path,
        nonce=request.state.nonce,
        simulated=getattr(request.state, "simulated", False),
        asker=asker,
        login=login_leading_back(request),
    )
    context = {"page": page, "asset": assets.url, "shell": around}
    with drawn_for(Onlooker(asker.role if asker else None, around.login)):
        if part is None:
            content = _environment().get_template(template).render(context)
        else:
            content = render_block(_environment(), template, part, context)
    return HTMLResponse(content, status, headers={"Vary": "HX-Request, Cookie"})


def login_leading_back(request: Request) -> str:
    """The login, from where one comes back to what was asked for."""
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"/login?{urlencode({'next': asked if request.method == 'GET' else '/'})}"


def wants_part(request: Request) -> bool:
    """Whether a script asks for a block of the page; one that goes back in its history needs the whole."""
    headers = request.headers
    return "hx-request" in headers and "hx-history-restore-request" not in headers


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS)
    named = cast("dict[str, object]", environment.globals)
    small = (icon, keys, badge, button, buttons, submit, words, field, fields, schema_form, head, rows, swaps)
    asks = {"beyond": beyond, "reachable": reachable}
    named["small"] = SimpleNamespace(**{one.__name__: _marked(one) for one in small}, **asks)
    named["ui"] = environment.get_template("components/ui.html").module
    return environment


def _marked(function: Callable[..., str]) -> Callable[..., Markup]:
    """The same for templates, which would escape it once more."""

    @wraps(function)
    def marked(*args: object, **kwargs: object) -> Markup:
        return Markup(function(*args, **kwargs))  # noqa: S704 - all of markup/ returns HTML

    return marked
