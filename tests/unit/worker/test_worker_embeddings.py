"""Texts to vectors at the documented interface, against `loom sim` and without any server."""

import pytest

from loom.core.errors import ProviderError
from loom.sim import SimOptions, serving
from loom.worker.embeddings import (
    HashedEmbeddingProvider,
    OllamaEmbeddingProvider,
    OpenAICompatibleEmbeddingProvider,
)

PROVIDERS = pytest.mark.parametrize("kind", [OllamaEmbeddingProvider, OpenAICompatibleEmbeddingProvider])
TEXTS = ["refund my invoice", "the invoice was refunded", "blue sky"]


def near(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


@PROVIDERS
async def test_a_text_and_a_batch_have_the_same_vectors(kind) -> None:
    async with serving() as server:
        provider = kind("e", base_url=server.url)
        one, batch = await provider.embed(TEXTS[0]), await provider.embed_batch(TEXTS)
        await provider.aclose()
    assert one == batch[0]
    assert near(batch[0], batch[1]) > near(batch[0], batch[2])
    assert provider.dimensions == len(one) == 256


@PROVIDERS
async def test_many_texts_keep_their_order(kind) -> None:
    texts = [f"text number {number}" for number in range(70)]
    async with serving() as server:
        provider = kind("e", base_url=server.url)
        vectors = await provider.embed_batch(texts)
        await provider.aclose()
    assert vectors == await HashedEmbeddingProvider().embed_batch(texts)


@PROVIDERS
async def test_nothing_to_embed_is_no_request_and_dimensions_come_with_the_first(kind) -> None:
    provider = kind("e", base_url="http://127.0.0.1:9")
    assert await provider.embed_batch([]) == []
    with pytest.raises(RuntimeError, match="not yet known"):
        _ = provider.dimensions


def test_the_address_of_ollama_comes_from_the_environment(monkeypatch) -> None:
    monkeypatch.setenv("OLLAMA_URL", "http://o:1")
    assert OllamaEmbeddingProvider().base_url == "http://o:1"
    monkeypatch.delenv("OLLAMA_URL")
    assert OllamaEmbeddingProvider().base_url == "http://localhost:11434"


async def test_the_key_of_the_environment_does_not_go_to_an_address_given_here(monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-openai")
    async with serving(SimOptions(require_key="sk-of-openai")) as server:
        stranger = OpenAICompatibleEmbeddingProvider("e", base_url=server.url)
        with pytest.raises(ProviderError, match="401"):
            await stranger.embed("a")
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        own = OpenAICompatibleEmbeddingProvider("e")
        assert await own.embed("a")
        await stranger.aclose()
        await own.aclose()


async def test_the_offline_one_needs_nothing() -> None:
    provider = HashedEmbeddingProvider(64)
    assert provider.dimensions == len(await provider.embed("a cat")) == 64
