"""A streamed chat put together: lines of JSON to the document of an unstreamed call. Knows no transport.

The lines: https://docs.ollama.com/api/streaming
"""

from collections.abc import Iterator
from typing import cast

from loom.calls.backend import Delta, DeltaKind
from loom.calls.lines import LineReader
from loom.calls.reading import malformed, objects, parsed_object
from loom.calls.refusals import reported_under_success
from loom.core.jsonvalue import Json, canonical

__all__ = ["Assembly", "assemble"]


class Assembly:
    """Grows by bytes; tells the new deltas, whether the answer is complete, and the whole."""

    def __init__(self) -> None:
        self.done = False
        """The endpoint said that nothing follows."""

        self._reader = LineReader()
        self._content: list[str] = []
        self._thinking: list[str] = []
        self._calls: list[Json] = []
        self._rest: Json = {}
        self._begun = False
        self._garbled: bytes | None = None

    @property
    def complete(self) -> bool:
        """Whether the stream reached an end of its own: its last line, or an error."""
        return self.done

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self._content)

    def feed(self, piece: bytes) -> list[Delta]:
        """The deltas that `piece` brings."""
        return [delta for line in self._reader.feed(piece) for delta in self._line(line)]

    def close(self) -> list[Delta]:
        """Nothing follows: the deltas of a last line whose line break is missing."""
        return [delta for line in self._reader.close() for delta in self._line(line)]

    def document(self) -> Json:
        """The whole as one response; without a message when no line had any.

        Raises:
            ProviderError: what an error in it says; `MALFORMED`, when a line is not JSON.
        """
        if "error" in self._rest:
            raise reported_under_success(self._rest, begun=bool(self.text))
        if self._garbled is not None:
            raise malformed("a stream with a line that is not a JSON object", self._garbled)
        if not self._begun:
            return self._rest
        message = {"content": self.text, "thinking": "".join(self._thinking), "tool_calls": self._calls}
        return {**self._rest, "message": message}

    def _line(self, line: bytes) -> Iterator[Delta]:
        entry = parsed_object(line)
        if entry is None:
            self._garbled = line
            return
        message = entry.pop("message", None)
        self._rest |= entry
        self.done = self.done or entry.get("done") is True or "error" in entry
        if isinstance(message, dict):
            self._begun = True
            yield from self._message(cast("Json", message))

    def _message(self, message: Json) -> Iterator[Delta]:
        for key, pieces, kind in (
            ("thinking", self._thinking, DeltaKind.REASONING),
            ("content", self._content, DeltaKind.TEXT),
        ):
            piece = message.get(key)
            if isinstance(piece, str) and piece:
                pieces.append(piece)
                yield Delta(kind, piece)
        for call in objects(message.get("tool_calls")):
            self._calls.append(call)
            yield Delta(DeltaKind.TOOL, canonical(call.get("function")).decode())


def assemble(body: bytes) -> Json:
    """The response in the recorded bytes of a stream."""
    assembly = Assembly()
    assembly.feed(body)
    assembly.close()
    return assembly.document()
