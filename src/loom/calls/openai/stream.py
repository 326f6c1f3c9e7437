"""A streamed completion put together: chunks to the document of an unstreamed call. Knows no transport."""

import json
from collections.abc import Iterator
from typing import cast

from loom.calls.backend import Delta, DeltaKind
from loom.calls.lines import EventReader
from loom.calls.reading import malformed, objects, parsed_object
from loom.calls.refusals import reported_under_success
from loom.core.jsonvalue import Json, JsonValue

__all__ = ["Assembly", "assemble"]

_DONE = b"[DONE]"


class Assembly:
    """Grows by bytes; tells the new deltas, whether the answer is complete, and the whole."""

    def __init__(self) -> None:
        self.done = False
        """The endpoint said that nothing follows."""

        self._reader = EventReader()
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._refusal: list[str] = []
        self._calls: list[Json] = []
        self._slots: dict[str, Json] = {}
        self._finish: JsonValue = None
        self._rest: Json = {}
        self._begun = False
        self._garbled: bytes | None = None

    @property
    def complete(self) -> bool:
        """Whether the stream reached an end of its own: a finish reason, the end mark, or an error."""
        return self.done or self._finish is not None or "error" in self._rest

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
        """The whole as one completion; without choices when no chunk had any.

        Raises:
            ProviderError: what an error in it says; `MALFORMED`, when a chunk is not JSON.
        """
        if "error" in self._rest:
            raise reported_under_success(self._rest, begun=bool(self.text))
        if self._garbled is not None:
            raise malformed("a stream with a chunk that is not a JSON object", self._garbled)
        if not self._begun:
            return self._rest
        message: Json = {
            "content": self.text,
            "tool_calls": self._calls,
            "reasoning": "".join(self._reasoning),
        }
        if self._refusal:
            message |= {"content": self.text or None, "refusal": "".join(self._refusal)}
        return {**self._rest, "choices": [{"message": message, "finish_reason": self._finish}]}

    def _event(self, data: bytes) -> Iterator[Delta]:
        if data.strip() == _DONE:
            self.done = True
            return
        chunk = parsed_object(data)
        if chunk is None:
            self._garbled = data
            return
        if chunk.get("object") == "error":
            chunk = {"error": chunk}
        self._rest |= {key: chunk[key] for key in ("error", "model", "usage") if chunk.get(key)}
        choices = chunk.get("choices")
        if isinstance(choices, list) and choices and isinstance(choices[0], dict):
            yield from self._choice(cast("Json", choices[0]))

    def _choice(self, choice: Json) -> Iterator[Delta]:
        self._begun = True
        self._finish = choice.get("finish_reason") or self._finish
        if choice.get("error"):
            self._rest["error"] = choice["error"]
        found = choice.get("delta") or choice.get("message")
        if not isinstance(found, dict):
            return
        delta = cast("Json", found)
        yield from _added(self._text, delta.get("content"), DeltaKind.TEXT)
        reasoning = delta.get("reasoning_content") or delta.get("reasoning")
        yield from _added(self._reasoning, reasoning, DeltaKind.REASONING)
        list(_added(self._refusal, delta.get("refusal"), DeltaKind.TEXT))
        for entry in objects(delta.get("tool_calls")):
            yield from self._tool(entry)

    def _tool(self, entry: Json) -> Iterator[Delta]:
        """Add a piece to its call. Some endpoints omit or repeat the index: a new id begins a new call."""
        place = str(entry.get("index"))
        slot = self._slots.get(place)
        if slot is None or entry.get("id") not in (None, "", slot["id"]):
            slot = cast("Json", {"id": entry.get("id"), "function": {"name": "", "arguments": ""}})
            self._slots[place] = slot
            self._calls.append(slot)
        function = entry.get("function")
        if not isinstance(function, dict):
            return
        piece = cast("Json", function)
        whole: Json = slot["function"]
        whole["name"] = whole["name"] or piece.get("name")
        arguments = piece.get("arguments")
        if isinstance(arguments, dict):
            arguments = json.dumps(arguments)
        if isinstance(arguments, str) and arguments:
            whole["arguments"] += arguments
            yield Delta(DeltaKind.TOOL, arguments)


def _added(pieces: list[str], text: JsonValue, kind: DeltaKind) -> Iterator[Delta]:
    if isinstance(text, str) and text:
        pieces.append(text)
        yield Delta(kind, text)


def assemble(body: bytes) -> Json:
    """The completion in the recorded bytes of a stream."""
    assembly = Assembly()
    assembly.feed(body)
    assembly.close()
    return assembly.document()
