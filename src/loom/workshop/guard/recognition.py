"""Who asks is found out before a byte of the body is read: nobody unknown can make the server hold what they send.

From there on, nothing is imported or read that they may not have used, whatever definition names it.
"""

from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from loom.access.models import SESSION_COOKIE, Credentials, Principal
from loom.access.rights import reaching_for
from loom.core.errors import UnauthenticatedError
from loom.workshop.errors import told
from loom.workshop.guard.policy import POLICY

__all__ = ["Recognition", "at_this_machine", "unknown"]

_STATIC = "/static/"
_PROXIED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host")
"""Someone who comes through a proxy is not at this machine."""


def unknown(connection: HTTPConnection) -> UnauthenticatedError:
    """What someone is told who must say who they are, or whom nobody knows by what they sent."""
    if _bearer(connection):
        return UnauthenticatedError(
            "The key or token that was sent is not known, or holds no more; "
            "an administrator makes keys under Settings, API keys"
        )
    return UnauthenticatedError("Log in first, or send `Authorization: Bearer` with an API key")


def at_this_machine(connection: HTTPConnection) -> bool:
    """Whether only someone at this machine can have sent the request."""
    local: bool = connection.app.state.options.local
    return local and not any(name in connection.headers for name in _PROXIED)


class Recognition:
    """Wraps the application; puts the asker, or None, into the state of each request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Recognise, and refuse strangers who bring something."""
        if scope["type"] not in ("http", "websocket") or scope["path"].startswith(_STATIC):
            return await self._app(scope, receive, send)
        asker = await _asker(HTTPConnection(scope))
        scope.setdefault("state", {})["asker"] = asker
        if asker is None and scope["type"] == "http" and _brings_something(scope):
            return await told(Request(scope), unknown(HTTPConnection(scope)))(scope, receive, send)
        with reaching_for(asker and asker.name, scope["app"].state.services.reach):
            return await self._app(scope, receive, send)


async def _asker(connection: HTTPConnection) -> Principal | None:
    given = Credentials(
        session=connection.cookies.get(SESSION_COOKIE),
        bearer=_bearer(connection),
        loopback=at_this_machine(connection),
    )
    return await connection.app.state.services.access.identify(given)


def _bearer(connection: HTTPConnection) -> str | None:
    scheme, _, bearer = connection.headers.get("authorization", "").partition(" ")
    return bearer if scheme.lower() == "bearer" else None


def _brings_something(scope: Scope) -> bool:
    """A request that may have a body, to a route that asks who they are; public ones have literal paths."""
    method = scope["method"]
    return method not in ("GET", "HEAD", "OPTIONS") and POLICY.get((method, scope["path"]), ...) is not None
