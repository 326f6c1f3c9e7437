"""The one HTTP client of an owner, opened when first used. Knows no provider and no protocol above HTTP."""

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import aiohttp

__all__ = ["HttpClient", "proxy_for"]

_KEEPALIVE_S = 60.0


class HttpClient:
    """An aiohttp session per event loop: no connection limit (the limiter decides), no cookies.

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
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEPALIVE_S, ttl_dns_cache=300),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=True,
    )


def proxy_for(url: str) -> str | None:
    """The proxy that the environment (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`) names for `url`."""
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(url)
    if not parts.hostname or proxy_bypass(parts.netloc):
        return None
    return getproxies().get(parts.scheme)
