"""Which endpoint and model a call goes to, and what its route carries."""

import socket

import pytest

from loom.calls.adapters import ADAPTERS
from loom.calls.endpoints import Endpoints
from loom.calls.models import Message, ModelRequest, Role
from loom.core.clock import FakeClock
from loom.core.endpoint_config import EndpointKind
from loom.core.errors import Fault, ProviderError, UsageError
from loom.core.money import Price
from loom.core.settings import load_settings
from loom.core.worker_config import Tier

SIMS = ["sim-large", "sim-medium", "sim-small"]
THREE = """
endpoints:
  - {name: open, url: "http://open.example"}
  - {name: shop, url: "http://shop.example/v1", models: [small, big], prices: {small: {input: 1, output: 2}}}
  - {name: single, url: "http://single.example", models: [only]}
"""


@pytest.fixture
def made(tmp_path):
    def made(text="", *, concurrency=64, **env):
        path = tmp_path / "config.yaml"
        path.write_text(text)
        return Endpoints(load_settings(env, path), FakeClock(), concurrency=concurrency)

    return made


async def where(endpoints, **asked):
    route = await endpoints.route(**asked)
    return route.keys.endpoint, route.model


async def refusal(endpoints, **asked):
    with pytest.raises(UsageError) as caught:
        await endpoints.route(**asked)
    return str(caught.value)


@pytest.mark.parametrize(
    ("tier", "model"),
    [
        (None, "sim-medium"),
        (Tier.LOCAL, "sim-small"),
        (Tier.STANDARD, "sim-medium"),
        (Tier.FRONTIER, "sim-large"),
    ],
)
async def test_with_nothing_configured_a_tier_is_a_size_of_the_embedded_family(made, tier, model):
    route = await made().route(tier=tier)
    assert (route.keys.endpoint, route.model, route.simulated) == ("simulated", model, True)
    assert route.price is not None


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"endpoint": "shop", "model": "big", "tier": Tier.LOCAL}, ("shop", "big")),
        ({"endpoint": "single", "tier": Tier.LOCAL}, ("single", "only")),
        ({"endpoint": "shop", "tier": Tier.LOCAL}, ("shop", "small")),
        ({"endpoint": "simulated", "tier": Tier.FRONTIER}, ("simulated", "sim-large")),
        ({"tier": Tier.LOCAL}, ("shop", "small")),
        ({"tier": Tier.LOCAL, "model": "big"}, ("shop", "big")),
        ({"tier": Tier.LOCAL, "model": "only"}, ("single", "only")),
        ({"model": "only"}, ("single", "only")),
        ({"model": "unheard-of"}, ("open", "unheard-of")),
        ({"model": "sim-small"}, ("simulated", "sim-small")),
        ({"model": "sim-small", "tier": Tier.FRONTIER}, ("simulated", "sim-small")),
        ({"model": "sim-small", "endpoint": "open"}, ("open", "sim-small")),
    ],
)
async def test_the_endpoint_then_the_tier_then_who_lists_the_model_then_the_first(made, asked, found):
    assert await where(made(THREE + "tiers: {local: shop/small}"), **asked) == found


async def test_a_simulated_model_is_asked_elsewhere_only_where_it_is_listed(made):
    one = "endpoints: [{name: shop, url: 'http://shop.example', models: [sim-small]}]"
    assert await where(made(one), model="sim-small") == ("shop", "sim-small")
    assert await where(made(one), model="sim-large") == ("simulated", "sim-large")


async def test_an_unknown_endpoint_or_model_is_refused_with_a_suggestion(made):
    endpoints = made(THREE)
    assert "'endpoint' is not an endpoint (got 'shopp'); did you mean 'shop'?" in await refusal(
        endpoints, endpoint="shopp"
    )
    assert "did you mean 'small'?" in await refusal(endpoints, endpoint="shop", model="smal")
    assert "set OPENAI_API_KEY, or add its endpoint" in await refusal(made(), model="gpt-9")


async def test_openai_model_is_asked_of_the_environments_endpoints_only(made):
    env = {"OPENAI_MODEL": "m", "OPENAI_API_KEY": "sk-123456"}
    assert await where(made(**env)) == ("openai", "m")
    one = "endpoints: [{name: mine, url: 'http://h', models: [a]}]"
    assert await where(made(one, **env)) == ("mine", "a")


async def test_several_models_and_none_named_is_a_question_to_the_caller(made):
    said = await refusal(made(THREE), endpoint="shop")
    assert said == "'shop' has 2 models, among them small, big; name one with --model"


@pytest.mark.parametrize(
    ("listed", "asked", "model"),
    [(["m1"], {}, "m1"), (SIMS, {"tier": Tier.LOCAL}, "sim-small"), ([*SIMS, "sim-embed"], {}, "sim-medium")],
)
async def test_an_endpoint_is_asked_once_for_its_models(made, endpoint, listed, asked, model):
    endpoint.reply({"data": [{"id": name} for name in listed]})
    endpoints = made(OPENAI_BASE_URL=endpoint.url)
    assert await where(endpoints, **asked) == await where(endpoints, **asked) == ("openai", model)
    assert len(endpoint.headers) == 1
    await endpoints.aclose()


async def test_a_long_list_of_models_is_shown_in_part(made, endpoint):
    endpoint.reply({"data": [{"id": f"m{number:02}"} for number in range(25)]})
    endpoints = made(OPENAI_BASE_URL=endpoint.url)
    assert "has 25 models, among them m00, m01," in (said := await refusal(endpoints))
    assert "m19 and 5 more; name one with --model" in said
    await endpoints.aclose()


async def test_an_endpoint_that_lists_no_models_asks_for_a_name(made, endpoint):
    endpoint.reply({"error": {"message": "no such path"}}, status=404)
    endpoints = made(OPENAI_BASE_URL=endpoint.url)
    assert "does not list its models" in (said := await refusal(endpoints))
    assert "name one with --model" in said
    assert await where(endpoints, model="m") == ("openai", "m")
    await endpoints.aclose()


async def test_an_endpoint_that_is_down_matters_only_when_its_list_is_needed(made):
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        endpoints = made(OPENAI_BASE_URL=f"http://127.0.0.1:{nobody_listens.getsockname()[1]}")
        assert await where(endpoints, model="m") == ("openai", "m")
        with pytest.raises(ProviderError) as caught:
            await endpoints.route()
    assert caught.value.fault is Fault.UNSENT
    await endpoints.aclose()


async def test_the_key_is_sent_and_named_when_it_is_missing(made, endpoint):
    text = f"endpoints: [{{name: mine, url: '{endpoint.url}', key: 'env:LLM_K'}}]"
    endpoint.reply({"data": [{"id": "m"}]})
    endpoints = made(text, LLM_K="sk-123456")
    await endpoints.route()
    assert endpoint.headers[0]["Authorization"] == "Bearer sk-123456"
    await endpoints.aclose()
    assert "'LLM_K' is not set" in await refusal(made(text), model="m")


async def test_routes_of_one_endpoint_share_backend_and_limiter(made):
    endpoints = made(THREE)
    small, big = await endpoints.route(model="small"), await endpoints.route(model="big")
    assert small.backend is big.backend
    assert small.limiter is big.limiter is endpoints.limiter


async def test_a_price_of_ones_own_counts_and_an_unknown_one_stays_unknown(made):
    endpoints = made(THREE)
    assert (await endpoints.route(model="small")).price == Price(1_000_000_000, 2_000_000_000)
    assert (await endpoints.route(model="big")).price is None


@pytest.mark.parametrize(("limits", "limit"), [("{}", 128), ("{max_concurrent: 8}", 8)])
async def test_concurrency_starts_at_twice_the_callers_and_within_what_is_configured(made, limits, limit):
    endpoints = made(f"endpoints: [{{name: a, url: 'http://h', models: [m], limits: {limits}}}]")
    route = await endpoints.route()
    (await endpoints.limiter.acquire(route.keys, 1)).succeeded()
    assert [view.limit for view in endpoints.limiter.view()] == [limit]


async def test_the_simulated_endpoint_answers(made):
    route = await made().route()
    request = ModelRequest(route.model, (Message.of(Role.USER, "What is 2 + 3?"),))
    assert route.backend.encode(request).startswith(b'{"messages"')
    assert await route.backend.models() == tuple(SIMS)


async def test_the_embedded_family_is_listed_last(made):
    assert [config.name for config in await made(THREE).all()] == ["open", "shop", "single", "simulated"]


def test_every_kind_of_endpoint_can_be_built():
    assert set(ADAPTERS) == set(EndpointKind)


LOCAL = {"OLLAMA_URL": "http://o:11434"}
CLAUDE = {"ANTHROPIC_API_KEY": "sk-ant-123456"}


@pytest.mark.parametrize(
    ("env", "tier", "found"),
    [
        (LOCAL | CLAUDE, Tier.LOCAL, ("ollama", "llama3.2:3b")),
        (LOCAL | CLAUDE, Tier.STANDARD, ("anthropic", "claude-sonnet-4-20250514")),
        (LOCAL | CLAUDE, Tier.FRONTIER, ("anthropic", "claude-opus-4-20250514")),
        (LOCAL | {"OLLAMA_MODEL": "m"}, Tier.FRONTIER, ("ollama", "m")),
        (CLAUDE, Tier.LOCAL, ("anthropic", "claude-sonnet-4-20250514")),
        (CLAUDE | {"OPENAI_API_KEY": "sk-1", "OPENAI_MODEL": "g"}, Tier.LOCAL, ("openai", "g")),
        (CLAUDE | {"OPENAI_API_KEY": "sk-1"}, Tier.STANDARD, ("anthropic", "claude-sonnet-4-20250514")),
    ],
)
async def test_tiers_lead_to_ollama_and_anthropic_by_their_variables(made, env, tier, found):
    assert await where(made(**env), tier=tier) == found


async def test_ollama_charges_nothing_except_in_its_cloud(made):
    prices = {name: (await made(**LOCAL).route(model=name)).price for name in ("qwen3:8b", "odd-cloud")}
    assert prices == {"qwen3:8b": Price(0, 0), "odd-cloud": None}


@pytest.mark.parametrize(
    ("kind", "path", "body"),
    [("anthropic", "/v1", {"data": [{"id": "m"}]}), ("ollama", "", {"models": [{"name": "m"}]})],
)
async def test_each_kind_proves_its_key_in_its_own_header(made, endpoint, kind, path, body):
    address = endpoint.url.removesuffix("/v1") + path
    endpoint.reply(body)
    endpoints = made(
        f"endpoints: [{{name: a, url: '{address}', kind: {kind}, key: 'env:LLM_K'}}]", LLM_K="sk-123456"
    )
    assert await endpoints.models("a") == ("m",)
    sent = endpoint.headers[0]
    await endpoints.aclose()
    if kind == "anthropic":
        assert (sent["x-api-key"], sent["anthropic-version"]) == ("sk-123456", "2023-06-01")
        assert "Authorization" not in sent
    else:
        assert sent["Authorization"] == "Bearer sk-123456"
