"""Model lists and embeddings over the OpenAI API, sound and not."""

import pytest

from loom.calls.backend import Wire, WireKind
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


async def embed(backend, *texts):
    wire = Wire(backend.encode_embedding("e", texts), "id", 5.0, WireKind.EMBEDDING)
    return backend.read_embedding(await backend.send(wire), len(texts))


async def test_embeddings_come_back_in_the_order_of_the_texts(endpoint, backend):
    endpoint.reply({"data": [embedding(1, [0, 1]), embedding(0, [1, 0])], "usage": {"prompt_tokens": 4}})
    embedded = await embed(backend, "a", "b")
    assert embedded.vectors == ((1.0, 0.0), (0.0, 1.0))
    assert embedded.input_tokens == 4


async def test_an_embedding_goes_to_its_own_path_with_its_request_id(endpoint, backend):
    endpoint.reply({"data": [embedding(0, [1.0])], "model": "e-2"})
    embedded = await embed(backend, "a")
    assert (embedded.input_tokens, embedded.model) == (None, "e-2")
    assert endpoint.headers[0]["X-Client-Request-Id"] == "id"


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
        [embedding(0, [10**400])],
        [embedding([], [1.0])],
        [embedding(0, [1.0]), embedding(0, [1.0])],
    ],
)
async def test_embeddings_that_do_not_fit_the_texts_are_malformed(endpoint, backend, data):
    endpoint.reply({"data": data})
    with pytest.raises(ProviderError) as caught:
        await embed(backend, "a")
    assert caught.value.fault is Fault.MALFORMED
