"""Bytes to an endpoint and back over aiohttp, every failure as a `Fault`. Knows no model, reads no answer."""

import asyncio
import io
import json
import os
from collections.abc import Callable, Mapping
from functools import lru_cache

import aiohttp

from loom.calls.backend import Wire
from loom.calls.credential import Credential
from loom.calls.http import HttpClient, proxy_for
from loom.calls.refusals import Reported, fault_of, reported, retry_after_s
from loom.core.clock import Clock
from loom.core.errors import Fault, ProviderError

__all__ = ["OnPiece", "Transport"]

_LARGEST_ANSWER = 64 * 2**20
_LARGEST_REFUSAL = 64 * 2**10
_LARGE_REQUEST = 2**20
_CONNECT_S = 15.0
_LINGER_S = 0.5
_LONGEST_SAID = 300
_UNSENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientHttpProxyError,
    aiohttp.ServerFingerprintMismatch,
    aiohttp.InvalidURL,
)

_PLAINLY = (
    (aiohttp.ServerDisconnectedError, "", "it closed the connection before it answered"),
    (aiohttp.ClientError, "content-encoding", "its answer is packed in a way that cannot be unpacked"),
    (aiohttp.ClientPayloadError, "", "its answer ended in the middle"),
    (aiohttp.ClientResponseError, "", "what came back is not HTTP"),
)
"""What an error is, by what it says, in our own words; the library's are for who programs with it."""

OnPiece = Callable[[bytes], bool]
"""Takes each piece of a body as it comes; True when nothing more is wanted."""


class Transport:
    """One endpoint. Redirects are not followed, so the key reaches no other address."""

    def __init__(
        self,
        http: HttpClient,
        root: str,
        credential: Credential,
        headers: Mapping[str, str],
        *,
        idle_s: float,
        clock: Clock,
    ) -> None:
        """`headers` prove the credential to the endpoint."""
        self._http = http
        self._root = root
        self._credential = credential
        self._idle_s = idle_s
        self._clock = clock
        self._proxy = proxy_for(root)
        self._headers = {"Content-Type": "application/json", **headers}

    async def exchange(self, path: str, wire: Wire, on_piece: OnPiece | None = None) -> bytes:
        """The body of a successful response to a POST of `wire`, or to a GET when its body is empty.

        With `on_piece`, silence for longer than the idle bound also ends the try.

        Raises:
            ProviderError: as `Backend.send`.
        """
        idle_s = min(self._idle_s, wire.timeout_s) if on_piece else None
        try:
            async with self._http.session().request(
                "POST" if wire.body else "GET",
                self._root + path,
                data=io.BytesIO(wire.body) if len(wire.body) > _LARGE_REQUEST else wire.body or None,
                headers={**self._headers, "X-Client-Request-Id": wire.request_id},
                timeout=_timeout(wire.timeout_s, idle_s),
                allow_redirects=False,
                proxy=self._proxy,
            ) as response:
                if not 200 <= response.status < 300:
                    raise await self._refusal(response, path, wire.body)
                return await _read(response.content, on_piece)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._lost(error, path, wire.timeout_s) from error

    async def _refusal(self, response: aiohttp.ClientResponse, path: str, sent: bytes) -> ProviderError:
        body = await _beginning(response.content)
        error = _described(body)
        fault, parameter = fault_of(response.status, error, sent)
        wait_s = None
        if fault in (Fault.THROTTLED, Fault.SERVER):
            wait_s = retry_after_s(response.headers, self._clock.now_us(), error.message)
        said = self._credential.redact(error.message)[:_LONGEST_SAID].rstrip(". ")
        said = said or response.reason or "nothing more"
        remedy = self._remedy(fault, response, parameter)
        return ProviderError(
            f"{self._root}{path} answered {response.status}: {said}{remedy}",
            fault,
            status=response.status,
            retry_after_s=wait_s,
            parameter=parameter,
        )

    def _remedy(self, fault: Fault, response: aiohttp.ClientResponse, parameter: str | None) -> str:
        if fault is Fault.UNAUTHORIZED:
            paid = response.status not in (402, 429)
            return f"; {self._credential.remedy}" if paid else "; the account needs credit or a higher quota"
        if fault is Fault.PARAMETER:
            return f"; leave '{parameter}' out"
        if 300 <= response.status < 400:
            location = self._credential.redact(response.headers.get("Location", "it names none"))
            return f"; use the address it redirects to ({location[:_LONGEST_SAID]})"
        return "; check the model's name and the endpoint's address" if response.status == 404 else ""

    def _lost(self, error: Exception, path: str, timeout_s: float) -> ProviderError:
        said = self._credential.redact(_said(error)) or type(error).__name__
        if isinstance(error, _UNSENT):
            return ProviderError(
                f"{self._root} cannot be reached: {said}; check the address and that the server runs",
                Fault.UNSENT,
            )
        if isinstance(error, aiohttp.SocketTimeoutError):
            said = f"{min(self._idle_s, timeout_s):g} s of silence in its stream"
        elif isinstance(error, TimeoutError):
            said = f"no complete answer within {timeout_s:g} s"
        return ProviderError(f"{self._root}{path} was lost: {said}", Fault.NO_ANSWER)


def _said(error: Exception) -> str:
    """What went wrong, in the system's words where it has some; asyncio and aiohttp put their own in their place."""
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else None
    if cause is None:
        said = str(error)
        return next(
            (words for kind, sign, words in _PLAINLY if isinstance(error, kind) and sign in said), said
        )
    has_number = type(cause) is OSError or isinstance(cause, ConnectionError)
    return os.strerror(cause.errno) if has_number and cause.errno else cause.strerror or str(error)


@lru_cache(maxsize=64)
def _timeout(total_s: float, idle_s: float | None) -> aiohttp.ClientTimeout:
    """Connecting may take half of the time at most, so a time-out while connecting is known to be one."""
    return aiohttp.ClientTimeout(total=total_s, connect=min(_CONNECT_S, total_s / 2), sock_read=idle_s)


async def _read(content: aiohttp.StreamReader, on_piece: OnPiece | None) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while piece := await content.readany():
        size += len(piece)
        if size > _LARGEST_ANSWER:
            raise ProviderError(f"the answer is longer than {_LARGEST_ANSWER} bytes", Fault.NO_ANSWER)
        pieces.append(piece)
        if on_piece is not None and on_piece(piece):
            await _linger(content)
            break
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


async def _linger(content: aiohttp.StreamReader) -> None:
    """Give the end of the response a moment to arrive, so that its connection can be used again."""
    try:
        async with asyncio.timeout(_LINGER_S):
            await content.readany()
    except (aiohttp.ClientError, TimeoutError):
        return


async def _beginning(content: aiohttp.StreamReader) -> bytes:
    """What an error says; its status counts even when the rest is cut off."""
    body = b""
    try:
        while len(body) < _LARGEST_REFUSAL and (piece := await content.readany()):
            body += piece
    except (aiohttp.ClientError, TimeoutError):
        pass
    return body


def _described(body: bytes) -> Reported:
    try:
        return reported(json.loads(body))
    except (ValueError, RecursionError):
        return Reported(body[:_LONGEST_SAID].decode("utf-8", "replace").strip())
