"""A streamed message put together: events to the document of an unstreamed call. Knows no transport.

The events: https://platform.claude.com/docs/en/build-with-claude/streaming
"""

from collections.abc import Iterator
from typing import cast

from loom.calls.assembly import Assembly, added
from loom.calls.backend import Delta, DeltaKind
from loom.calls.lines import EventReader
from loom.core.jsonvalue import Json, JsonValue

__all__ = ["Events"]

_PIECES = {
    "text_delta": ("text", DeltaKind.TEXT),
    "thinking_delta": ("thinking", DeltaKind.REASONING),
    "input_json_delta": ("partial_json", DeltaKind.TOOL),
    "signature_delta": ("signature", None),
}
"""By kind of piece: where its text stands, and who watches it."""


class Events(Assembly):
    """A message in events."""

    def __init__(self) -> None:
        super().__init__(EventReader())
        self._blocks: dict[str, Json] = {}

    @property
    def complete(self) -> bool:
        return self.done or bool(self._rest.get("stop_reason")) or "error" in self._rest

    @property
    def begun(self) -> bool:
        return bool(self._blocks)

    def _document(self) -> Json:
        return {**self._rest, "content": [_whole(block) for block in self._blocks.values()]}

    def _piece(self, piece: Json) -> Iterator[Delta]:
        match piece.get("type"):
            case "message_start":
                self._rest |= _object(piece, "message")
            case "content_block_start":
                self._blocks[str(piece.get("index"))] = dict(_object(piece, "content_block"))
                yield from self._opening(_object(piece, "content_block"))
            case "content_block_delta":
                yield from self._grow(str(piece.get("index")), _object(piece, "delta"))
            case "message_delta":
                self._end(piece)
            case "message_stop":
                self.done = True
            case "error":
                self._rest["error"] = _object(piece, "error")
            case _:
                return

    def _opening(self, block: Json) -> Iterator[Delta]:
        """A block may open with text in it."""
        yield from added(self._text, block.get("text"), DeltaKind.TEXT)

    def _grow(self, place: str, delta: Json) -> Iterator[Delta]:
        key, kind = _PIECES.get(str(delta.get("type")), ("", None))
        piece = delta.get(key)
        if not isinstance(piece, str) or not piece:
            return
        block = self._blocks.setdefault(place, {})
        block[key] = str(block.get(key) or "") + piece
        if kind is DeltaKind.TEXT:
            self._text.append(piece)
        if kind is not None:
            yield Delta(kind, piece)

    def _end(self, event: Json) -> None:
        """Why it stopped. The counts given here replace those of the beginning."""
        self._rest |= _object(event, "delta")
        usage = {key: value for key, value in _object(event, "usage").items() if value is not None}
        self._rest["usage"] = {**_object(self._rest, "usage"), **usage}


def _whole(block: Json) -> Json:
    """A finished block: the pieces of a tool's arguments are its input."""
    if block.get("type") != "tool_use":
        return block
    given = block.pop("partial_json", None)
    return block if given is None else {**block, "input": given}


def _object(holder: Json, key: str) -> Json:
    value: JsonValue = holder.get(key)
    return cast("Json", value) if isinstance(value, dict) else {}
