"""A streamed chat put together: lines of JSON to the document of an unstreamed call. Knows no transport.

The lines: https://docs.ollama.com/api/streaming
"""

from collections.abc import Iterator
from typing import cast

from loom.calls.assembly import Assembly, added
from loom.calls.backend import Delta, DeltaKind
from loom.calls.lines import LineReader
from loom.calls.reading import objects
from loom.core.jsonvalue import Json, canonical

__all__ = ["Lines"]


class Lines(Assembly):
    """A chat in lines."""

    def __init__(self) -> None:
        super().__init__(LineReader())
        self._thinking: list[str] = []
        self._calls: list[Json] = []
        self._spoken = False

    @property
    def complete(self) -> bool:
        return self.done

    @property
    def begun(self) -> bool:
        return bool(self._text or self._thinking or self._calls)

    def _document(self) -> Json:
        """Without a message when no line had any."""
        if not self._spoken:
            return self._rest
        message = {"content": self.text, "thinking": "".join(self._thinking), "tool_calls": self._calls}
        return {**self._rest, "message": message}

    def _piece(self, piece: Json) -> Iterator[Delta]:
        message = piece.pop("message", None)
        self._rest |= piece
        self.done = self.done or piece.get("done") is True or "error" in piece
        if isinstance(message, dict):
            self._spoken = True
            yield from self._message(cast("Json", message))

    def _message(self, message: Json) -> Iterator[Delta]:
        yield from added(self._thinking, message.get("thinking"), DeltaKind.REASONING)
        yield from added(self._text, message.get("content"), DeltaKind.TEXT)
        for call in objects(message.get("tool_calls")):
            self._calls.append(call)
            yield Delta(DeltaKind.TOOL, canonical(call.get("function")).decode())
