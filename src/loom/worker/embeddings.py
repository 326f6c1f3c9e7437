"""Texts to vectors for scripts, tools and custom code: the documented interface. Knows no jobs and costs."""

import os
from abc import ABC, abstractmethod

from loom.calls.backend import MOST_TEXTS, Backend, Embedded, Received, WireKind
from loom.calls.ollama import OllamaBackend
from loom.calls.openai import OpenAIBackend
from loom.worker.asking import Asker

__all__ = [
    "EmbeddingProvider",
    "HashedEmbeddingProvider",
    "OllamaEmbeddingProvider",
    "OpenAICompatibleEmbeddingProvider",
]

_OLLAMA = "http://localhost:11434"
_OPENAI = "https://api.openai.com/v1"


class EmbeddingProvider(ABC):
    """Makes vectors of texts. Used by several tasks at once."""

    @abstractmethod
    async def embed(self, text: str) -> list[float]:
        """The vector of one text."""

    @abstractmethod
    async def embed_batch(self, texts: list[str]) -> list[list[float]]:
        """The vectors of the texts, in their order; none for none."""

    @property
    @abstractmethod
    def dimensions(self) -> int | None:
        """The length of the vectors; None when it is not known beforehand."""


class _ApiEmbeddings(EmbeddingProvider):
    """Vectors of an endpoint of `loom.calls`. Used in one event loop."""

    def __init__(self, backend: Backend, base_url: str, model: str) -> None:
        self.base_url = base_url
        self.model = model
        self._asker = Asker(backend, model)
        self._dimensions: int | None = None

    async def embed(self, text: str) -> list[float]:
        """As `EmbeddingProvider.embed`.

        Raises:
            ProviderError: when the endpoint does not answer, refuses, or answers nonsense.
        """
        return (await self.embed_batch([text]))[0]

    async def embed_batch(self, texts: list[str]) -> list[list[float]]:
        """As `EmbeddingProvider.embed_batch`, several texts to a request.

        Raises:
            ProviderError: when the endpoint does not answer, refuses, or answers nonsense.
        """
        vectors: list[list[float]] = []
        for start in range(0, len(texts), MOST_TEXTS):
            vectors += await self._request(tuple(texts[start : start + MOST_TEXTS]))
        if vectors:
            self._dimensions = len(vectors[0])
        return vectors

    @property
    def dimensions(self) -> int:
        """The length of the vectors.

        Raises:
            RuntimeError: before the first text is embedded.
        """
        if self._dimensions is None:
            raise RuntimeError(f"the dimensions of '{self.model}' are not yet known; embed a text first")
        return self._dimensions

    async def _request(self, texts: tuple[str, ...]) -> list[list[float]]:
        backend = self._asker.backend

        def read(received: Received) -> Embedded:
            return backend.read_embedding(received, len(texts))

        body = backend.encode_embedding(self.model, texts)
        embedded = await self._asker.ask(body, read, WireKind.EMBEDDING)
        return [list(vector) for vector in embedded.vectors]

    async def aclose(self) -> None:
        """Release connections."""
        await self._asker.backend.aclose()


class OllamaEmbeddingProvider(_ApiEmbeddings):
    """Vectors of an Ollama server."""

    def __init__(self, model: str = "nomic-embed-text", base_url: str | None = None) -> None:
        """Without a `base_url`, that of `OLLAMA_URL`, or the server of this machine.

        Raises:
            InputError: when `base_url` is no address.
        """
        url = base_url or os.environ.get("OLLAMA_URL") or _OLLAMA
        super().__init__(OllamaBackend(url), url, model)


class OpenAICompatibleEmbeddingProvider(_ApiEmbeddings):
    """Vectors of any endpoint that speaks the OpenAI API."""

    def __init__(
        self, model: str = "text-embedding-3-small", base_url: str | None = None, api_key: str | None = None
    ) -> None:
        """Without a `base_url`, that of `OPENAI_BASE_URL`, or OpenAI's own.

        The key of `OPENAI_API_KEY` goes to these only: an address given here gets the `api_key` given here.

        Raises:
            InputError: when `base_url` is no address, or the key cannot be sent.
        """
        url = base_url or os.environ.get("OPENAI_BASE_URL") or _OPENAI
        key = api_key if base_url else api_key or os.environ.get("OPENAI_API_KEY")
        super().__init__(OpenAIBackend(url, key), url, model)


class HashedEmbeddingProvider(EmbeddingProvider):
    """Vectors without a model, offline: texts that share words and spellings are near. Free, and the same each time."""

    def __init__(self, dimensions: int = 256) -> None:
        self._dimensions = dimensions

    async def embed(self, text: str) -> list[float]:
        return (await self.embed_batch([text]))[0]

    async def embed_batch(self, texts: list[str]) -> list[list[float]]:
        from loom.calls.simulated.embedding import embed

        return embed(texts, self._dimensions)

    @property
    def dimensions(self) -> int:
        return self._dimensions
