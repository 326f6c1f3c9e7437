"""The APIs that the server speaks, behind one face: how each asks, answers, streams and refuses. Sends nothing."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from loom.calls.anthropic import serving as anthropic
from loom.calls.models import ModelAnswer, ModelRequest
from loom.calls.ollama import serving as ollama
from loom.calls.openai import serving as openai
from loom.core.jsonvalue import Json

__all__ = [
    "ANTHROPIC",
    "OLLAMA",
    "OLLAMA_PROMPT",
    "OPENAI",
    "Code",
    "Dialect",
    "Embeds",
    "RefusalError",
    "spelled",
]


class Code:
    """What went wrong, where a status says too little."""

    KEY = "invalid_api_key"
    MODEL = "model_not_found"
    PARAMETER = "unsupported_parameter"


@dataclass(slots=True, eq=False)
class RefusalError(Exception):
    """The request gets an error status and no work is done."""

    status: int
    message: str
    code: str = ""
    """One of `Code`."""

    subject: str = ""
    """The model or the parameter that `code` is about."""

    headers: dict[str, str] | None = None
    outcome: str = "refused"


class Dialect(Protocol):
    """How one API asks for answers and spells them."""

    @property
    def stream_type(self) -> str:
        """The content type of a stream."""
        ...

    @property
    def garbled(self) -> bytes:
        """A piece of a stream that is broken JSON."""
        ...

    def parameters(self, body: Json) -> tuple[str, ...]:
        """What may be rejected of `body`, by the names that Loom has for it."""
        ...

    def streamed(self, body: Json) -> bool:
        """Whether a stream is asked for."""
        ...

    def read(self, body: Json) -> ModelRequest:
        """The request in `body`.

        Raises:
            ValueError: when it is none.
        """
        ...

    def whole(self, answer: ModelAnswer, number: int, created: int, *, empty: bool = False) -> Json:
        """The answer to request `number`; `empty`: with nothing in it."""
        ...

    def pieces(
        self, answer: ModelAnswer, number: int, created: int, body: Json, *, empty: bool = False
    ) -> list[bytes]:
        """The same as a stream, as `body` asks for it."""
        ...

    def error(self, refusal: RefusalError, number: int) -> Json:
        """The body of a refusal."""
        ...

    def error_piece(self, refusal: RefusalError, number: int) -> bytes:
        """A refusal in the middle of a stream."""
        ...


class Embeds(Protocol):
    """How one API asks for embeddings and spells them."""

    def read_embedding(self, body: Json) -> tuple[str, list[str]]:
        """Model and texts.

        Raises:
            ValueError: when there are none.
        """
        ...

    def embeddings(self, vectors: Sequence[Sequence[float]], model: str, tokens: int) -> Json:
        """The answer."""
        ...

    def error(self, refusal: RefusalError, number: int) -> Json:
        """The body of a refusal."""
        ...


def spelled(value: Json) -> bytes:
    """`value` as JSON on one line."""
    return json.dumps(value, ensure_ascii=False).encode()


def _event(data: Json) -> bytes:
    return b"data: " + spelled(data) + b"\n\n"


class _OpenAI:
    stream_type = "text/event-stream"
    garbled = b'data: {"choices": [{"delta\n\n'

    def parameters(self, body: Json) -> tuple[str, ...]:
        return tuple(body)

    def streamed(self, body: Json) -> bool:
        return bool(body.get("stream"))

    def read(self, body: Json) -> ModelRequest:
        return openai.read_request(body)

    def whole(self, answer: ModelAnswer, number: int, created: int, *, empty: bool = False) -> Json:
        whole = openai.answer_json(answer, f"chatcmpl-{number}", created)
        if whole["usage"] is None:
            del whole["usage"]
        return {**whole, "choices": []} if empty else whole

    def pieces(
        self, answer: ModelAnswer, number: int, created: int, body: Json, *, empty: bool = False
    ) -> list[bytes]:
        options: Json = body.get("stream_options") or {}
        include = bool(options.get("include_usage")) and answer.usage is not None
        chunks: Iterable[Json] = openai.stream_chunks(
            answer, f"chatcmpl-{number}", created, include_usage=include
        )
        if empty:
            chunks = ({**chunk, "choices": []} for chunk in chunks)
        return [*map(_event, chunks), b"data: [DONE]\n\n"]

    def error(self, refusal: RefusalError, number: int) -> Json:  # noqa: ARG002 - others name the request
        kind = _OPENAI_KINDS.get(refusal.status, "invalid_request_error")
        named = {Code.MODEL: "model", Code.PARAMETER: refusal.subject}
        return openai.error_json(
            refusal.message, kind, param=named.get(refusal.code), code=refusal.code or None
        )

    def error_piece(self, refusal: RefusalError, number: int) -> bytes:
        return _event(self.error(refusal, number))

    def read_embedding(self, body: Json) -> tuple[str, list[str]]:
        return openai.read_embedding_texts(body)

    def embeddings(self, vectors: Sequence[Sequence[float]], model: str, tokens: int) -> Json:
        return openai.embeddings_json(vectors, model, tokens)


class _Anthropic:
    stream_type = "text/event-stream"
    garbled = b'event: content_block_delta\ndata: {"type": "content_block\n\n'

    def parameters(self, body: Json) -> tuple[str, ...]:
        return (*body, "stop") if "stop_sequences" in body else tuple(body)

    def streamed(self, body: Json) -> bool:
        return bool(body.get("stream"))

    def read(self, body: Json) -> ModelRequest:
        return anthropic.read_request(body)

    def whole(self, answer: ModelAnswer, number: int, created: int, *, empty: bool = False) -> Json:  # noqa: ARG002 - no time in it
        whole = anthropic.answer_json(answer, f"msg_{number}")
        if empty:
            del whole["content"]
        return whole

    def pieces(
        self,
        answer: ModelAnswer,
        number: int,
        created: int,  # noqa: ARG002 - no time in it
        body: Json,  # noqa: ARG002 - no choice in it
        *,
        empty: bool = False,
    ) -> list[bytes]:
        events = list(anthropic.stream_events(answer, f"msg_{number}"))
        return [*map(_named_event, (events[0], events[-1]) if empty else events)]

    def error(self, refusal: RefusalError, number: int) -> Json:
        message = refusal.message
        if refusal.code == Code.PARAMETER:
            named = "stop_sequences" if refusal.subject == "stop" else refusal.subject
            message = f"{named}: Extra inputs are not permitted"
        elif refusal.code == Code.MODEL:
            message = f"model: {refusal.subject}"
        kind = _ANTHROPIC_KINDS.get(refusal.status, "invalid_request_error")
        return anthropic.error_json(message, kind, f"req_{number}")

    def error_piece(self, refusal: RefusalError, number: int) -> bytes:
        return _named_event(self.error(refusal, number))


def _named_event(data: Json) -> bytes:
    return f"event: {data['type']}\n".encode() + _event(data)


@dataclass(frozen=True, slots=True)
class _Ollama:
    chat: bool
    """Else a bare prompt, as `/api/generate` takes it."""

    stream_type: str = "application/x-ndjson"
    garbled: bytes = b'{"message": {"content\n'

    def parameters(self, body: Json) -> tuple[str, ...]:
        return tuple("max_tokens" if name == "num_predict" else name for name in body.get("options") or ())

    def streamed(self, body: Json) -> bool:
        """It streams unless it is told not to."""
        return body.get("stream") is not False

    def read(self, body: Json) -> ModelRequest:
        return ollama.read_request(body) if self.chat else ollama.read_prompt(body)

    def whole(self, answer: ModelAnswer, number: int, created: int, *, empty: bool = False) -> Json:  # noqa: ARG002 - no id in it
        whole = ollama.answer_json(answer, created, chat=self.chat)
        if empty:
            whole.pop("message", None)
        return whole

    def pieces(
        self,
        answer: ModelAnswer,
        number: int,  # noqa: ARG002 - no id in it
        created: int,
        body: Json,  # noqa: ARG002 - no choice in it
        *,
        empty: bool = False,
    ) -> list[bytes]:
        lines = list(ollama.stream_lines(answer, created, chat=self.chat))
        if empty:
            del lines[:-1]
            lines[-1].pop("message", None)
        return [spelled(line) + b"\n" for line in lines]

    def error(self, refusal: RefusalError, number: int) -> Json:  # noqa: ARG002 - no id in it
        if refusal.code == Code.MODEL:
            return ollama.error_json(f"model '{refusal.subject}' not found")
        if refusal.code == Code.PARAMETER:
            named = "num_predict" if refusal.subject == "max_tokens" else refusal.subject
            return ollama.error_json(f"option '{named}' is not supported")
        return ollama.error_json(refusal.message)

    def error_piece(self, refusal: RefusalError, number: int) -> bytes:
        return spelled(self.error(refusal, number)) + b"\n"

    def read_embedding(self, body: Json) -> tuple[str, list[str]]:
        return ollama.read_embedding_texts(body)

    def embeddings(self, vectors: Sequence[Sequence[float]], model: str, tokens: int) -> Json:
        return ollama.embeddings_json(vectors, model, tokens)


_SERVER = "server_error"
_OPENAI_KINDS = {
    200: _SERVER,
    429: "rate_limit_error",
    500: _SERVER,
    502: _SERVER,
    503: _SERVER,
    529: "overloaded_error",
}
_ANTHROPIC_KINDS = {
    200: "overloaded_error",
    401: "authentication_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    502: "api_error",
    503: "api_error",
    529: "overloaded_error",
}
OPENAI, ANTHROPIC, OLLAMA, OLLAMA_PROMPT = _OpenAI(), _Anthropic(), _Ollama(chat=True), _Ollama(chat=False)
