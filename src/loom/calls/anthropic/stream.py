"""A streamed message put together: events to the document of an unstreamed call. Knows no transport.

The events: https://platform.claude.com/docs/en/build-with-claude/streaming
"""

from collections.abc import Iterator
from typing import cast

from loom.calls.backend import Delta, DeltaKind
from loom.calls.lines import EventReader
from loom.calls.reading import malformed, parsed_object
from loom.calls.refusals import reported_under_success
from loom.core.jsonvalue import Json, JsonValue

__all__ = ["Assembly", "assemble"]

_PIECES = {
    "text_delta": ("text", DeltaKind.TEXT),
    "thinking_delta": ("thinking", DeltaKind.REASONING),
    "input_json_delta": ("partial_json", DeltaKind.TOOL),
    "signature_delta": ("signature", None),
}
"""By kind of piece: where its text stands, and who watches it."""


class Assembly:
    """Grows by bytes; tells the new deltas, whether the answer is complete, and the whole."""

    def __init__(self) -> None:
        self.done = False
        """The endpoint said that nothing follows."""

        self._reader = EventReader()
        self._text: list[str] = []
        self._blocks: dict[str, Json] = {}
        self._message: Json = {}
        self._garbled: bytes | None = None

    @property
    def complete(self) -> bool:
        """Whether the stream reached an end of its own: a stop reason, the end mark, or an error."""
        return self.done or bool(self._message.get("stop_reason")) or "error" in self._message

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self._text)

    def feed(self, piece: bytes) -> list[Delta]:
        """The deltas that `piece` brings."""
        return [delta for data in self._reader.feed(piece) for delta in self._event(data)]

    def close(self) -> list[Delta]:
        """Nothing follows: the deltas of a last event whose line break is missing."""
        return [delta for data in self._reader.close() for delta in self._event(data)]

    def document(self) -> Json:
        """The whole as one message.

        Raises:
            ProviderError: what an error in it says; `MALFORMED`, when an event is not JSON.
        """
        if "error" in self._message:
            raise reported_under_success(self._message, begun=bool(self.text))
        if self._garbled is not None:
            raise malformed("a stream with an event that is not a JSON object", self._garbled)
        return {**self._message, "content": [_whole(block) for block in self._blocks.values()]}

    def _event(self, data: bytes) -> Iterator[Delta]:
        event = parsed_object(data)
        if event is None:
            self._garbled = data
            return
        match event.get("type"):
            case "message_start":
                self._message |= _object(event, "message")
            case "content_block_start":
                self._blocks[str(event.get("index"))] = dict(_object(event, "content_block"))
                yield from self._opening(_object(event, "content_block"))
            case "content_block_delta":
                yield from self._piece(str(event.get("index")), _object(event, "delta"))
            case "message_delta":
                self._end(event)
            case "message_stop":
                self.done = True
            case "error":
                self._message["error"] = _object(event, "error")
            case _:
                return

    def _opening(self, block: Json) -> Iterator[Delta]:
        """A block may open with text in it."""
        text = block.get("text")
        if isinstance(text, str) and text:
            self._text.append(text)
            yield Delta(DeltaKind.TEXT, text)

    def _piece(self, place: str, delta: Json) -> Iterator[Delta]:
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
        self._message |= _object(event, "delta")
        usage = {key: value for key, value in _object(event, "usage").items() if value is not None}
        self._message["usage"] = {**_object(self._message, "usage"), **usage}


def _whole(block: Json) -> Json:
    """A finished block: the pieces of a tool's arguments are its input."""
    if block.get("type") != "tool_use":
        return block
    given = block.pop("partial_json", None)
    return block if given is None else {**block, "input": given}


def _object(holder: Json, key: str) -> Json:
    value: JsonValue = holder.get(key)
    return cast("Json", value) if isinstance(value, dict) else {}


def assemble(body: bytes) -> Json:
    """The message in the recorded bytes of a stream."""
    assembly = Assembly()
    assembly.feed(body)
    assembly.close()
    return assembly.document()
