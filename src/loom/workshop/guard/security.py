"""What is refused before any route sees it, and the headers that every answer carries. Knows nothing of who asks.

A request that changes something must come from a page of this server, or from no page at all: browsers say with
`Sec-Fetch-Site` and `Origin` where a request comes from, programs send neither. A form that another site could send
without asking (`text/plain`) is read by nobody. https://web.dev/articles/fetch-metadata
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address
from socket import gethostname
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from loom.workshop.options import is_wildcard

__all__ = ["Guard", "Hosts", "hosts_of"]

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
_OWN_SITE = frozenset({"same-origin", "none"})
_API = "/api/"
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


@dataclass(frozen=True, slots=True)
class Hosts:
    """Under what a server may be asked. A name that another site points at it is none of these."""

    names: frozenset[str]
    any_address: bool
    """Also by every number, when it listens on all of them: no site's name can stand for a number."""

    def __contains__(self, host: str) -> bool:
        name = _name_of(host.lower())
        return name in self.names or (self.any_address and _is_number(name))

    def __str__(self) -> str:
        return ", ".join(
            [*sorted(self.names), *(["any address of this machine"] if self.any_address else [])]
        )


def hosts_of(host: str, allowed: Collection[str]) -> Hosts:
    """Those of a server that listens on `host`: its own, this machine's, and `allowed`."""
    everywhere = is_wildcard(host)
    own = gethostname() if everywhere else f"[{host}]" if ":" in host else host
    names = ("localhost", "127.0.0.1", "[::1]", own, *allowed)
    return Hosts(frozenset(name.lower() for name in names), everywhere)


class Guard:
    """Wraps the application."""

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may pass."""
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            return await _refuse(scope, refusal, receive, send)
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {})["nonce"] = nonce

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                _protect(MutableHeaders(scope=message), nonce)
            await send(message)

        return await self._app(scope, receive, guarded)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        host, path = headers.get("host", "").lower(), scope["path"]
        if host not in self._hosts:
            remedy = "open it under its own address, or add the name to ALLOWED_HOSTS"
            return _told(
                path, f"This server is not '{host[:100]}'; {remedy}.", HTTPStatus.MISDIRECTED_REQUEST
            )
        changes = scope["type"] == "websocket" or scope["method"] not in _SAFE
        if not changes:
            return None
        if not _from_here(headers, host):
            return _told(
                path, "Refused: the request comes from a page of another site.", HTTPStatus.FORBIDDEN
            )
        return None if scope["type"] == "websocket" else _wrong_type(scope["path"], headers)


def _name_of(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host


def _is_number(name: str) -> bool:
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _from_here(headers: Headers, host: str) -> bool:
    if headers.get("sec-fetch-site", "none") not in _OWN_SITE:
        return False
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc.lower() == host


def _wrong_type(path: str, headers: Headers) -> Response | None:
    """A body of a type that its route does not read. Nothing at all is of any type."""
    given = headers.get("content-type", "").partition(";")[0].strip().lower()
    empty = headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers
    if empty and not given:
        return None
    wanted = {"application/json"} if path.startswith(_API) else _FORMS
    if given in wanted or (path.startswith(_API) and given == "multipart/form-data"):
        return None
    words = f"Send {' or '.join(sorted(wanted))}, not '{given[:100]}'."
    return _told(path, words, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


async def _refuse(scope: Scope, refusal: Response, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": bytes(refusal.body).decode().strip()})
        return
    _protect(refusal.headers, "")
    await refusal(scope, receive, send)


def _told(path: str, words: str, status: int) -> Response:
    """To programs as every other error."""
    if not path.startswith(_API):
        return PlainTextResponse(f"{words}\n", status)
    kind = HTTPStatus(status).phrase.lower().replace(" ", "_")
    return JSONResponse({"error": {"type": kind, "message": words, "problems": []}}, status)


def _protect(headers: MutableHeaders, nonce: str) -> None:
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    own = f"'self' 'nonce-{nonce}'" if nonce else "'self'"
    headers.setdefault(
        "Content-Security-Policy",
        f"default-src 'none'; script-src {own}; style-src {own}; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    )
    headers.setdefault("Cache-Control", "no-store")
