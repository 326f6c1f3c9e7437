"""A parameter that the asked REST operation does not know is refused, not passed over: it is a slip."""

from functools import lru_cache

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.requests import HTTPConnection

from loom.core.errors import Problem, UsageError

__all__ = ["only_known"]

_API = "/api/v1/"


async def only_known(connection: HTTPConnection) -> None:
    """Look at the query of a request to the REST API.

    Raises:
        UsageError: naming each parameter that is not known here, and those that are.
    """
    scope, route = connection.scope, connection.scope.get("route")
    if not connection.query_params or not scope["path"].startswith(_API) or not isinstance(route, APIRoute):
        return
    known = _declared(connection.app).get((route.path, scope["method"].lower()))
    if known is None:
        return
    listed = ", ".join(sorted(known))
    remedy = f"use {listed}" if known else "this operation takes none"
    problems = [
        Problem("is not a parameter of this operation", name, value=value, remedy=remedy)
        for name, value in connection.query_params.items()
        if name not in known
    ]
    if problems:
        raise UsageError(problems)


@lru_cache(maxsize=2)
def _declared(app: FastAPI) -> dict[tuple[str, str], frozenset[str]]:
    """The parameters in the query of each operation, by path and method, as the description of the API has them."""
    return {
        (path, method): frozenset(
            one["name"] for one in operation.get("parameters", ()) if one.get("in") == "query"
        )
        for path, operations in app.openapi()["paths"].items()
        for method, operation in operations.items()
    }
