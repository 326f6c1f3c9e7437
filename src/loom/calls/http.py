"""The one HTTP client of an owner, opened when first used. Knows no provider and no protocol above HTTP."""

import asyncio
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from loom.net.addresses import metadata_kind

if TYPE_CHECKING:
    import aiohttp
    from aiohttp.abc import AbstractResolver, ResolveResult

__all__ = ["HttpClient", "proxy_for"]

_KEEPALIVE_S = 60.0


class HttpClient:
    """An aiohttp session per event loop: no connection limit (the limiter decides), no cookies.

    A name that leads to where clouds keep metadata cannot be reached: no model is there, but secrets are.
    The environment's proxies are looked up once per address with `proxy_for`; `~/.netrc` is never read.
    """

    def __init__(self) -> None:
        self._sessions: dict[asyncio.AbstractEventLoop, aiohttp.ClientSession] = {}

    def session(self) -> "aiohttp.ClientSession":
        """The session of the running loop."""
        loop = asyncio.get_running_loop()
        found = self._sessions.get(loop)
        if found is None or found.closed:
            found = self._sessions[loop] = _open()
        return found

    async def aclose(self) -> None:
        """Close the running loop's session. Idempotent; a later use opens another."""
        session = self._sessions.pop(asyncio.get_running_loop(), None)
        if session is not None:
            await session.close()


def _open() -> "aiohttp.ClientSession":
    import aiohttp

    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=0, keepalive_timeout=_KEEPALIVE_S, ttl_dns_cache=300, resolver=_resolver()
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=True,
    )


def _resolver() -> "AbstractResolver":
    from aiohttp import ThreadedResolver

    class Wary(ThreadedResolver):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> "list[ResolveResult]":
            found = await super().resolve(host, port, family)
            kind = next(filter(None, (metadata_kind(one["host"].partition("%")[0]) for one in found)), None)
            if kind:
                raise OSError(None, f"{host} is {kind}, and is refused")
            return found

    return Wary()


def proxy_for(url: str) -> str | None:
    """The proxy that the environment (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`) names for `url`."""
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(url)
    if not parts.hostname or proxy_bypass(parts.netloc):
        return None
    return getproxies().get(parts.scheme)
