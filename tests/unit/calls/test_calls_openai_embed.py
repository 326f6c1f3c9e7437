"""Model lists and embeddings over the OpenAI API, sound and not."""

import pytest

from loom.calls.openai import OpenAIBackend
from loom.core.errors import Fault, ProviderError


@pytest.fixture
async def backend(endpoint):
    made = OpenAIBackend(endpoint.url)
    yield made
    await made.aclose()


async def test_models_are_listed_in_order(endpoint, backend):
    endpoint.reply({"object": "list", "data": [{"id": "b"}, {"id": "a"}, {"object": "model"}, 3]})
    assert await backend.models() == ("a", "b")


async def test_a_model_list_that_is_none_is_malformed(endpoint, backend):
    endpoint.reply({"data": "none"})
    with pytest.raises(ProviderError) as caught:
        await backend.models()
    assert caught.value.fault is Fault.MALFORMED


def embedding(index, vector):
    return {"index": index, "embedding": vector}


async def test_embeddings_come_back_in_the_order_of_the_texts(endpoint, backend):
    endpoint.reply({"data": [embedding(1, [0, 1]), embedding(0, [1, 0])], "usage": {"prompt_tokens": 4}})
    embedded = await backend.embed("e", ("a", "b"), "id")
    assert embedded.vectors == ((1.0, 0.0), (0.0, 1.0))
    assert embedded.input_tokens == 4


async def test_many_texts_are_embedded_in_batches_that_add_up(endpoint, backend):
    batch = {"data": [embedding(index, [1.0]) for index in range(32)], "usage": {"prompt_tokens": 32}}
    endpoint.reply(batch)
    embedded = await backend.embed("e", tuple("x" * 64), "id")
    assert (len(embedded.vectors), embedded.input_tokens) == (64, 64)
    assert [headers["X-Client-Request-Id"] for headers in endpoint.headers] == ["id", "id-1"]


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        [3],
        [embedding(1, [1.0])],
        [embedding(0, [])],
        [embedding(0, ["1"])],
        [embedding(0, [float("nan")])],
        [embedding([], [1.0])],
        [embedding(0, [1.0]), embedding(0, [1.0])],
    ],
)
async def test_embeddings_that_do_not_fit_the_texts_are_malformed(endpoint, backend, data):
    endpoint.reply({"data": data})
    with pytest.raises(ProviderError) as caught:
        await backend.embed("e", ("a",), "id")
    assert caught.value.fault is Fault.MALFORMED
