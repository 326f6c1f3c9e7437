"""Any `LLMBackend` as the call path asks it, in the dictionaries that it speaks. Knows no wire."""

import json
from typing import cast

from loom.calls.backend import Embedded, OnDelta, Received, Wire
from loom.calls.models import ModelAnswer, ModelRequest
from loom.core.errors import Fault, Problem, ProviderError, UsageError
from loom.core.jsonvalue import Json, canonical
from loom.worker.backends import LLMBackend
from loom.worker.dialogue import answer_from_dict, message_to_dict, tool_to_dict
from loom.worker.foreign import ForeignError, within

__all__ = ["AdaptedBackend"]


class AdaptedBackend:
    """A `loom.calls.backend.Backend` around one `LLMBackend`, which does its own retries."""

    def __init__(self, backend: LLMBackend) -> None:
        self._backend = backend

    @property
    def origin(self) -> str:
        """The class: two backends of one class may answer differently, so nothing of them is to be cached."""
        kind = type(self._backend)
        return f"python:{kind.__module__}.{kind.__qualname__}"

    def encode(self, request: ModelRequest) -> bytes:
        """The keyword arguments of `LLMBackend.complete`."""
        system, *history = request.messages
        asked: Json = {"system_prompt": system.text, "user_message": history[0].text}
        if len(history) > 1:
            asked["messages"] = [message_to_dict(message) for message in history]
        if request.tools:
            asked["tools"] = [tool_to_dict(tool) for tool in request.tools]
        if request.temperature is not None:
            asked["temperature"] = request.temperature
        if request.max_tokens is not None:
            asked["max_tokens"] = request.max_tokens
        return canonical(asked)

    async def send(self, wire: Wire, on_delta: OnDelta | None = None) -> Received:
        """As `Backend.send`; whatever goes wrong is final."""
        del on_delta  # such a backend does not stream
        try:
            response = await within(wire.timeout_s, self._backend.complete(**json.loads(wire.body)))
        except ForeignError as error:
            raise ProviderError(str(error.__cause__ or error), Fault.REFUSED) from error
        try:
            return Received(canonical(response))
        except (TypeError, ValueError) as error:
            raise ProviderError(f"the backend's answer is not JSON: {error}", Fault.REFUSED) from error

    def read(self, received: Received) -> ModelAnswer:
        """As `Backend.read`."""
        try:
            return answer_from_dict(cast("Json", json.loads(received.body)))
        except (AttributeError, KeyError, TypeError) as error:
            shown = received.body[:80].decode("utf-8", "replace")
            raise ProviderError(
                f"the backend's answer has not the form it should: {shown}", Fault.REFUSED
            ) from error

    def encode_embedding(self, model: str, texts: tuple[str, ...]) -> bytes:
        """As `Backend.encode_embedding`: always refused."""
        raise UsageError(Problem("has no embeddings", self.origin, value=model or len(texts)))

    def read_embedding(self, received: Received, count: int) -> Embedded:
        """As `Backend.read_embedding`: always refused, as nothing was asked."""
        raise UsageError(Problem("has no embeddings", self.origin, value=count or len(received.body)))

    async def models(self) -> tuple[str, ...]:
        """The one model it says it has, if it says so."""
        model = getattr(self._backend, "model", None)
        return (model,) if isinstance(model, str) else ()

    async def aclose(self) -> None:
        """Nothing: whoever made the backend closes it."""
