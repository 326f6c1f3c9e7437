"""A streamed completion put together: chunks to the document of an unstreamed call. Knows no transport."""

import json
from collections.abc import Iterator
from typing import cast

from loom.calls.assembly import Assembly, added
from loom.calls.backend import Delta, DeltaKind
from loom.calls.lines import EventReader
from loom.calls.reading import objects
from loom.core.jsonvalue import Json, JsonValue

__all__ = ["Chunks"]

_DONE = b"[DONE]"


class Chunks(Assembly):
    """A completion in chunks."""

    def __init__(self) -> None:
        super().__init__(EventReader())
        self._reasoning: list[str] = []
        self._refusal: list[str] = []
        self._calls: list[Json] = []
        self._slots: dict[str, Json] = {}
        self._finish: JsonValue = None
        self._chosen = False

    @property
    def complete(self) -> bool:
        return self.done or self._finish is not None or "error" in self._rest

    @property
    def begun(self) -> bool:
        return bool(self._text or self._reasoning or self._refusal or self._calls)

    def _document(self) -> Json:
        """Without choices when no chunk had any."""
        if not self._chosen:
            return self._rest
        message: Json = {
            "content": self.text,
            "tool_calls": self._calls,
            "reasoning": "".join(self._reasoning),
        }
        if self._refusal:
            message |= {"content": self.text or None, "refusal": "".join(self._refusal)}
        return {**self._rest, "choices": [{"message": message, "finish_reason": self._finish}]}

    def _ends(self, data: bytes) -> bool:
        return data.strip() == _DONE

    def _piece(self, piece: Json) -> Iterator[Delta]:
        chunk: Json = {"error": piece} if piece.get("object") == "error" else piece
        self._rest |= {key: chunk[key] for key in ("error", "model", "usage") if chunk.get(key)}
        choices = chunk.get("choices")
        if isinstance(choices, list) and choices and isinstance(choices[0], dict):
            yield from self._choice(cast("Json", choices[0]))

    def _choice(self, choice: Json) -> Iterator[Delta]:
        self._chosen = True
        self._finish = choice.get("finish_reason") or self._finish
        if choice.get("error"):
            self._rest["error"] = choice["error"]
        found = choice.get("delta") or choice.get("message")
        if not isinstance(found, dict):
            return
        delta = cast("Json", found)
        yield from added(self._text, delta.get("content"), DeltaKind.TEXT)
        reasoning = delta.get("reasoning_content") or delta.get("reasoning")
        yield from added(self._reasoning, reasoning, DeltaKind.REASONING)
        list(added(self._refusal, delta.get("refusal"), DeltaKind.TEXT))
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
