"""Which model makes the vectors of a store, and asking it. Knows no tables."""

import asyncio
import os
import re
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from loom.contrib.rag.tools.normalize import fold
from loom.core.errors import Fault, ProviderError
from loom.worker.embeddings import HashedEmbeddingProvider, OllamaEmbeddingProvider

__all__ = ["HASHED", "Embedder", "is_hashed"]

HASHED = "hashed-384"
"""No model: words and spellings, counted into so many numbers. It finds what shares words, not what means the same."""

_OLLAMA_MODEL = "nomic-embed-text"
_QUESTION_S = 20.0
_BATCH_S = 180.0
"""How long Ollama may take; a large model on a small machine needs a minute for a batch."""

_HASHED = re.compile(r"hashed-([1-9]\d{0,3})")


def is_hashed(model: str) -> bool:
    """Whether `model` is none, and asks nobody."""
    return _HASHED.fullmatch(model) is not None


class Embedder:
    """Makes vectors: of the model that was asked for, else by what is configured. Safe in several threads."""

    def __init__(self, model: str | None = None, ollama_url: str | None = None) -> None:
        """Without a `model`, Ollama's usual one when there is an Ollama, `hashed-384` otherwise."""
        self.asked_for = model
        self._ollama_url = ollama_url or os.environ.get("OLLAMA_URL") or None
        self.model = model or (_OLLAMA_MODEL if self._ollama_url else HASHED)

    def question(self, text: str, model: str) -> list[float]:
        """The vector of a question, for which somebody waits.

        Raises:
            ProviderError: as `embed`.
        """
        return self._embed([text], model, _QUESTION_S)[0]

    def embed(self, texts: Sequence[str], model: str) -> list[list[float]]:
        """A vector for each text, made by `model`.

        Raises:
            ProviderError: when Ollama does not answer in time, refuses, or answers nonsense.
        """
        return self._embed(texts, model, _BATCH_S)

    def _embed(self, texts: Sequence[str], model: str, within_s: float) -> list[list[float]]:
        hashed = _HASHED.fullmatch(model)
        if hashed:
            return _finished(_hashed(texts, int(hashed[1])))
        return _finished(self._asked(texts, model, within_s))

    async def _asked(self, texts: Sequence[str], model: str, within_s: float) -> list[list[float]]:
        provider = OllamaEmbeddingProvider(model, self._ollama_url)
        try:
            async with asyncio.timeout(within_s):
                return await provider.embed_batch(list(texts))
        except TimeoutError:
            raise ProviderError(
                f"Ollama at {provider.base_url} made no vectors within {within_s:g} s; is it running, and has it "
                f"the model? ollama pull {model}",
                Fault.NO_ANSWER,
            ) from None
        finally:
            await provider.aclose()


async def _hashed(texts: Sequence[str], dimensions: int) -> list[list[float]]:
    return await HashedEmbeddingProvider(dimensions).embed_batch([fold(text) for text in texts])


def _finished(vectors: Coroutine[Any, Any, list[list[float]]]) -> list[list[float]]:
    """The outcome, in a thread of its own: whoever waits may be inside an event loop."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, vectors).result()
