"""Small bodies are waited for before anything looks at their request: one that drips in costs next to nothing."""

from collections import deque

from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["WholeBodies"]

_SMALL = 64 * 1024
"""Bytes; what is longer is passed on as it comes."""


class WholeBodies:
    """Wraps the application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its body; drop it when whoever sends it leaves first."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            return await self._app(scope, receive, send)
        come, size, more = deque[Message](), 0, True
        while more and size <= _SMALL:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            come.append(message)
            size += len(message.get("body", b""))
            more = message.get("more_body", False)

        async def next_message() -> Message:
            return come.popleft() if come else await receive()

        return await self._app(scope, next_message, send)
