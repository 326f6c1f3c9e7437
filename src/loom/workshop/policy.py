"""Who may do what over HTTP: the role each route asks for, in one table. A route without a line stops the start.

The words of a line are those of the route itself; a `GET` line is good for `HEAD` too.
"""

from collections.abc import Iterator, Mapping, Sequence

from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute

from loom.access.models import Role

__all__ = ["POLICY", "PUBLIC", "doors", "missing"]

PUBLIC: None = None
"""For everyone, who they are is not asked."""

READ, RUN, ADMIN = Role.READ, Role.RUN, Role.ADMIN

POLICY: Mapping[tuple[str, str], Role | None] = {
    ("GET", "/"): PUBLIC,
    ("GET", "/health"): PUBLIC,
    ("GET", "/events/{stream}"): READ,
    ("WS", "/ws/jobs/{job}"): READ,
    ("WS", "/ws/dashboard"): READ,
    ("GET", "/static/{path:path}"): PUBLIC,
    ("GET", "/gallery"): READ,
    ("GET", "/pipelines"): READ,
    ("POST", "/pipelines"): RUN,
    ("GET", "/pipelines.csv"): READ,
    ("GET", "/pipelines.json"): READ,
    ("GET", "/pipelines/new"): RUN,
    ("GET", "/pipelines/{name}"): READ,
    ("POST", "/pipelines/{name}"): RUN,
    ("GET", "/pipelines/{name}/graph"): READ,
    ("POST", "/pipelines/{name}/stage"): RUN,
    ("GET", "/pipelines/{name}/history"): READ,
    ("POST", "/pipelines/{name}/restore"): RUN,
    ("GET", "/pipelines/{name}/clone"): RUN,
    ("POST", "/pipelines/{name}/clone"): RUN,
    ("POST", "/pipelines/{name}/delete"): RUN,
    ("POST", "/pipelines/{name}/undo"): RUN,
    ("GET", "/pipelines/{name}/validate"): READ,
    ("POST", "/pipelines/{name}/validate"): READ,
    ("GET", "/workers/{name}/history"): READ,
    ("POST", "/workers/{name}/restore"): RUN,
    ("GET", "/workers/{name}/clone"): RUN,
    ("POST", "/workers/{name}/clone"): RUN,
    ("POST", "/workers/{name}/delete"): RUN,
    ("POST", "/workers/{name}/undo"): RUN,
    ("GET", "/workers/{name}/validate"): READ,
    ("POST", "/workers/{name}/validate"): READ,
    ("GET", "/api/v1"): READ,
    ("GET", "/api/v1/openapi.json"): READ,
}


def doors(routes: Sequence[BaseRoute]) -> Iterator[tuple[str, str]]:
    """The method and the path of everything that `routes` answer; `WS` for a WebSocket."""
    for route in iter_route_contexts(routes):
        methods: set[str] = getattr(route, "methods", None) or {"WS"}
        for method in sorted(methods - {"HEAD"}):
            yield method, route.path or "?"


def missing(routes: Sequence[BaseRoute]) -> list[tuple[str, str]]:
    """The doors that the table does not name."""
    return [door for door in doors(routes) if door not in POLICY]
