"""Headers that an endpoint wants beside its key: sent to it alone, never shown, and never in the key's place."""

import pytest

HEADERS = [{"name": "X-Project", "value": "blue-whale"}, {"name": "X-Team", "value": "env:LLM_TEAM"}]
ENDPOINTS = "/api/v1/endpoints"


async def added(visitor, listening) -> str:
    body = {"label": "mock", "url": listening.url, "headers": HEADERS}
    made = await visitor.json("POST", ENDPOINTS, body, 201)
    return f"{ENDPOINTS}/{made['id']}"


async def test_they_are_sent_beside_the_key(visitor, listening, monkeypatch) -> None:
    here = await added(visitor, listening)
    assert (await visitor.json("POST", f"{here}/test"))["ok"] is False  # the variable is not set
    monkeypatch.setenv("LLM_TEAM", "tea")
    await visitor.json("PUT", here, {"api_key": "sk-of-this"})
    assert (await visitor.json("POST", f"{here}/test"))["ok"] is True
    await visitor.json("GET", "/api/v1/models")
    for shown in listening.headers:
        assert (shown["X-Project"], shown["X-Team"]) == ("blue-whale", "tea")
        assert shown["Authorization"] == "Bearer sk-of-this"
    assert len(listening.headers) == 2


async def test_a_value_is_never_shown_again(visitor, listening) -> None:
    here = await added(visitor, listening)
    told = await visitor.json("GET", here)
    assert told["headers"] == [
        {"name": "X-Project", "source": "stored", "state": "ready"},
        {"name": "X-Team", "source": "env:LLM_TEAM", "state": "missing"},
    ]
    pages = (ENDPOINTS, here, here.removeprefix("/api/v1").replace("/endpoints", "/settings/endpoints"))
    assert not [page for page in pages if "blue-whale" in (await visitor.get(page)).text]


async def test_a_value_that_is_left_out_stays_and_a_header_that_is_left_out_goes(
    visitor, listening, monkeypatch
) -> None:
    monkeypatch.setenv("LLM_TEAM", "tea")
    here = await added(visitor, listening)
    await visitor.json("PUT", here, {"headers": [{"name": "x-project"}]})
    await visitor.json("POST", f"{here}/test")
    assert listening.headers[-1]["x-project"] == "blue-whale"
    assert "X-Team" not in listening.headers[-1]


async def test_another_address_never_gets_them(visitor, listening) -> None:
    here = await added(visitor, listening)
    moved = listening.url.replace("127.0.0.1", "localhost")
    kept = {"url": moved, "headers": [{"name": "X-Project"}]}
    refused = await visitor.json("PUT", here, kept, 400)
    assert "has no value" in str(refused)
    assert (await visitor.json("PUT", here, {"url": moved}))["headers"] == []


async def test_they_can_be_read_after_the_encryption_key_changed(visitor, listening, monkeypatch) -> None:
    monkeypatch.setenv("LLM_TEAM", "tea")
    here = await added(visitor, listening)
    for _ in range(3):
        await visitor.post("/settings/endpoints/rotate")
    assert (await visitor.json("POST", f"{here}/test"))["ok"] is True
    assert listening.headers[-1]["X-Project"] == "blue-whale"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("Authorization", "x", "carries a key"),
        ("x-api-key", "x", "carries a key"),
        ("Cookie", "x", "carries a key"),
        ("Host", "x", "is set by Loom"),
        ("Transfer-Encoding", "chunked", "is set by Loom"),
        ("X Y", "x", "is no name of a header"),
        ("X-Y", "a\nb", "no header may carry"),
        ("X-Y", "env:PATH", "not for keys"),
        ("x-project", "twice", "is given twice"),
    ],
)
async def test_a_header_that_may_not_be_sent_is_refused(visitor, name: str, value: str, said: str) -> None:
    headers = [HEADERS[0], {"name": name, "value": value}]
    body = {"label": "mock", "url": "http://127.0.0.1:9/v1", "headers": headers}
    answer = await visitor.json("POST", ENDPOINTS, body, 400)
    assert said in answer["error"]["message"]
    assert "blue-whale" not in str(answer)


async def test_the_form_keeps_what_it_does_not_show(visitor, listening, monkeypatch) -> None:
    monkeypatch.setenv("LLM_TEAM", "tea")
    here = await added(visitor, listening)
    page = here.removeprefix("/api/v1").replace("/endpoints", "/settings/endpoints")
    told = (await visitor.get(page)).text
    assert 'value="X-Project"' in told
    assert 'value="env:LLM_TEAM"' in told
    form = {"label": "mock", "url": listening.url, "enabled": "on"}
    rows = {"header-0-name": "X-Project", "header-1-name": "X-New", "header-1-value": "new"}
    await visitor.post(page, **form, **rows)
    await visitor.json("POST", f"{here}/test")
    assert (listening.headers[-1]["X-Project"], listening.headers[-1]["X-New"]) == ("blue-whale", "new")
