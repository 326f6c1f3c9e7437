"""What is sent to the endpoints' doors to read secrets, to reach what is no model, or to fill the pages."""

import pytest

ENDPOINTS = "/api/v1/endpoints"
SAID = {"label": "mock", "url": "http://127.0.0.1:9/v1"}
SECRET = "sk-typed-secret"


@pytest.mark.parametrize(
    "said",
    [
        {"apikey": SECRET},
        {"api_key": f"{SECRET}\nHost: elsewhere"},
        {"api_key": {"key": SECRET}},
        {"api_key_env": "sk_typed_secret"},
        {"api_key": SECRET, "api_key_env": "LLM_A"},
        {"headers": {"X-Team": SECRET}},
        {"headers": [{"name": "X-Team", "value": f"{SECRET}\r\nHost: elsewhere"}]},
        {"headers": [{"name": "X-Team", "value": SECRET, "secret": SECRET}]},
        {"headers": [{"name": "Authorization", "value": SECRET}]},
        {"url": f"http://me:{SECRET}@127.0.0.1/v1"},
        {"url": f"http://127.0.0.1/v1?key={SECRET}"},
    ],
)
async def test_a_refusal_never_says_a_secret_back(visitor, said) -> None:
    refused = await visitor.client.post(ENDPOINTS, json={**SAID, **said})
    assert refused.status_code in (400, 422)
    assert not [word for word in (SECRET, "sk_typed_secret") if word in refused.text], refused.text


@pytest.mark.parametrize("number", [{"api_key": 7_777_777}, {"headers": [{"name": "X", "value": 7_777_777}]}])
async def test_a_secret_of_digits_is_not_said_back_either(visitor, number) -> None:
    refused = await visitor.client.post(ENDPOINTS, json={**SAID, **number})
    assert (refused.status_code, "7777777" in refused.text) == (422, False)


async def test_a_refused_form_forgets_the_key_that_was_typed(visitor) -> None:
    form = {**SAID, "url": "nowhere", "api_key": SECRET}
    assert SECRET not in (await visitor.post("/settings/endpoints", 400, **form)).text


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest",
        "http://[::ffff:169.254.169.254]/",
        "http://2852039166/",
        "http://0xA9FEA9FE/",
        "http://METADATA.google.internal./v1",
        "http://h\r\nHost: x/",
        "file:///etc/passwd",
    ],
)
async def test_an_address_where_no_model_is_is_refused_before_it_is_asked(visitor, url) -> None:
    answer = await visitor.client.post("/settings/endpoints/new/test", data={**SAID, "url": url})
    assert "It was not asked." in answer.text
    await visitor.json("POST", ENDPOINTS, {**SAID, "url": url}, 400)


@pytest.mark.parametrize(
    "said",
    [
        {"models": ["x" * 201]},
        {"models": ["a\nb"]},
        {"models": ["turned \u202e round"]},
        {"models": [str(number) for number in range(1001)]},
        {"prices": {"a\nb": {"input": 1, "output": 1}}},
        {"prices": {"m": {"input": 1e14, "output": 1}}},
    ],
)
async def test_names_and_prices_have_bounds(visitor, said) -> None:
    await visitor.json("POST", ENDPOINTS, {**SAID, **said}, 400)


async def test_of_what_an_endpoint_lists_only_names_are_shown(visitor, listening) -> None:
    listening.listed = ["fine", "x" * 201, "two\nlines", "", *(f"m{number}" for number in range(6000))]
    made = await visitor.json("POST", ENDPOINTS, {**SAID, "url": listening.url}, 201)
    tried = await visitor.json("POST", f"{ENDPOINTS}/{made['id']}/test")
    assert len(tried["models"]) == 5000
    assert {"fine", "m0"} <= set(tried["models"])
    assert not {"x" * 201, "two\nlines", ""} & set(tried["models"])


async def test_what_a_tier_leads_to_is_one_line_in_the_audit_log(visitor) -> None:
    await visitor.json("POST", ENDPOINTS, SAID, 201)
    await visitor.json("PUT", "/api/v1/tiers", {"local": "mock/a\nb"}, 400)
    for target in ("mock/m", None):
        await visitor.json("PUT", "/api/v1/tiers", {"local": target})
    noted = (await visitor.json("GET", "/api/v1/audit"))["items"][:2]
    assert [one["detail"] for one in noted] == ["as the settings say", "mock/m"]
