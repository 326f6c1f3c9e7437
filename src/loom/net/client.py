"""The one HTTP client for addresses that come from outside: files, suites, people. Models have their own.

It speaks to public addresses only, unless the operator has named the host. The address that was checked is the one
that is connected to, so a name that changes its meaning in between gains nothing.
"""

import asyncio
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from loom.core.errors import ConfigError, Fault, InputError, Problem, ProviderError
from loom.net.addresses import private_kind
from loom.net.urls import Target, host_and_port, read_url

if TYPE_CHECKING:
    import aiohttp
    from aiohttp.abc import AbstractResolver, ResolveResult

__all__ = ["Outbound", "Post", "Reply"]

_ALLOW: Final = "OUTBOUND_ALLOW"
_CONNECT_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Post:
    """What is to be sent, and what its answer may take."""

    url: str
    body: bytes
    """JSON."""

    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    secret: bool = False
    """Whether the headers hold one: then it goes only to hosts that the operator has named."""

    timeout_s: float = 10.0
    """For all of it, from looking up the name to the last byte."""

    most_bytes: int = 2**20
    """Of the answer."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, whatever its status. A redirect is not followed: it is a reply."""

    status: int
    body: bytes
    location: str | None = None


class Outbound:
    """Open from the first `post` until `aclose`. No proxies, cookies, redirects, compression, or `~/.netrc`."""

    def __init__(self, allow: Iterable[str] = ()) -> None:
        """`allow`: hosts, or `host:port`, that may be private and may be sent secrets.

        Raises:
            ConfigError: when one of them is not a host.
        """
        self._allowed = frozenset(_place(entry) for entry in allow)
        self._session: aiohttp.ClientSession | None = None

    def check(self, url: str, *, secret: bool = False) -> Target:
        """The target of `url`, as far as can be told without looking up its name.

        Raises:
            InputError: when nothing may be sent there.
        """
        try:
            target = read_url(url)
        except ValueError as error:
            problem = Problem(str(error), "url", value=_shown(url), remedy="write https://host/path")
            raise InputError(problem) from None
        if target.numeric:
            self._require_public(target.host, target.port, (target.host,))
        if secret and not self._is_allowed(target.host, target.port):
            what = f"would be sent a secret, and {target.host} is not among the hosts that may have one"
            raise InputError(Problem(what, "url", value=_shown(url), remedy=_remedy(target.host)))
        return target

    async def post(self, post: Post) -> Reply:
        """Send it, once.

        Raises:
            InputError: when nothing may be sent there.
            ProviderError: when no complete reply came back.
        """
        import aiohttp

        target = self.check(post.url, secret=post.secret)
        try:
            async with asyncio.timeout(post.timeout_s):
                return await self._exchange(target, post)
        except TimeoutError:
            said = f"no complete answer within {post.timeout_s:g} s"
            raise ProviderError(f"{_origin(target)}: {said}", Fault.NO_ANSWER) from None
        except aiohttp.ClientConnectorError as error:
            said = f"cannot be reached: {error.os_error}"
            raise ProviderError(f"{_origin(target)} {said}", Fault.UNSENT) from None
        except (aiohttp.ClientError, ValueError) as error:
            said = f"was lost: {error or type(error).__name__}"
            raise ProviderError(f"{_origin(target)} {said}", Fault.NO_ANSWER) from None

    async def aclose(self) -> None:
        """Close its connections. Idempotent; a later `post` opens others."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _exchange(self, target: Target, post: Post) -> Reply:
        if self._session is None:
            self._session = _open(self)
        async with self._session.post(
            target.url,
            data=post.body,
            headers={"Content-Type": "application/json", "Accept-Encoding": "identity", **post.headers},
            allow_redirects=False,
        ) as response:
            body = b""
            async for piece in response.content.iter_any():
                body += piece
                if len(body) > post.most_bytes:
                    said = f"{_origin(target)} answered more than {post.most_bytes} bytes"
                    raise ProviderError(said, Fault.MALFORMED)
            return Reply(response.status, body, response.headers.get("Location"))

    async def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of `host`, all of them checked.

        Raises:
            OSError: when the name has none.
            InputError: when one of them is not public, and the operator has not named the host.
        """
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
        self._require_public(host, port, addresses)
        return addresses

    def _require_public(self, host: str, port: int, addresses: Iterable[str]) -> None:
        if self._is_allowed(host, port):
            return
        for address in addresses:
            kind = private_kind(address)
            if kind is not None:
                place = f"'{host}' leads to {address}, which" if address != host else f"'{host}'"
                what = f"is refused: {place} is not a public address ({kind})"
                raise InputError(Problem(what, "url", remedy=_remedy(host)))

    def _is_allowed(self, host: str, port: int) -> bool:
        name = host.lower().removesuffix(".")
        return (name, None) in self._allowed or (name, port) in self._allowed


def _open(outbound: Outbound) -> "aiohttp.ClientSession":
    import aiohttp

    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(resolver=_resolver(outbound), use_dns_cache=False, limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S),
        headers={"User-Agent": "loom"},
        auto_decompress=False,
        trust_env=False,
    )


def _resolver(outbound: Outbound) -> "AbstractResolver":
    from aiohttp.abc import AbstractResolver

    class Checked(AbstractResolver):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
        ) -> "list[ResolveResult]":
            return [
                {
                    "hostname": host,
                    "host": address,
                    "port": port,
                    "family": socket.AF_INET6 if ":" in address else socket.AF_INET,
                    "proto": 0,
                    "flags": socket.AI_NUMERICHOST,
                }
                for address in await outbound.addresses(host, port)
                if family in (socket.AF_UNSPEC, socket.AF_INET6 if ":" in address else socket.AF_INET)
            ]

        async def close(self) -> None:
            """It holds nothing."""

    return Checked()


def _place(entry: str) -> tuple[str, int | None]:
    try:
        return host_and_port(entry)
    except ValueError as error:
        problem = Problem(
            str(error), _ALLOW, value=entry, remedy="write names or addresses, with commas between"
        )
        raise ConfigError(problem) from None


def _origin(target: Target) -> str:
    return f"{target.scheme}://{_bracketed(target.host)}:{target.port}"


def _shown(url: str) -> str | None:
    """Without what may be a secret."""
    return None if "@" in url else url.partition("?")[0]


def _remedy(host: str) -> str:
    return f"if it is meant, name it in {_ALLOW}={_bracketed(host)}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
