"""The server through its own door: a client on the loopback address."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from loom.sim import RunningServer, SimOptions, serving
from loom.sim.bill import Bill
from loom.sim.faults import Fault, FaultPlan

pytestmark = pytest.mark.anyio
CHAT = "/v1/chat/completions"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        yield session


def body(text: str = "What is 2 + 2?", **more: Any) -> dict[str, Any]:
    return {"model": "sim-large", "messages": [{"role": "user", "content": text}], "temperature": 0, **more}


async def post(
    client: aiohttp.ClientSession, server: RunningServer, json_body: Any, path: str = CHAT, **more: Any
) -> Any:
    async with client.post(server.url + path, json=json_body, **more) as response:
        return response.status, await response.json(), response.headers


async def get(client: aiohttp.ClientSession, server: RunningServer, path: str) -> Any:
    async with client.get(server.url + path) as response:
        return await response.json()


async def rows(client: aiohttp.ClientSession, server: RunningServer, query: str = "") -> list[dict[str, Any]]:
    async with client.get(f"{server.url}/stats/requests{query}") as response:
        return [json.loads(line) for line in (await response.text()).splitlines()]


def faulty(name: str, **more: Any) -> SimOptions:
    trigger = more if more.keys() & {"every", "first", "probability"} else {"every": 1, **more}
    return SimOptions(faults=FaultPlan((Fault(name, **trigger),)))


async def test_a_completion_has_the_published_shape(client: aiohttp.ClientSession) -> None:
    async with serving() as server:
        status, answer, _ = await post(client, server, body())
    (choice,) = answer["choices"]
    assert (status, answer["object"], answer["model"]) == (200, "chat.completion", "sim-large-1")
    assert choice["message"] == {"role": "assistant", "content": "The result is 4."}
    assert choice["finish_reason"] == "stop"
    usage = answer["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


async def test_a_stream_adds_up_to_the_whole_answer_and_ends_with_usage(
    client: aiohttp.ClientSession,
) -> None:
    async with serving() as server:
        _, whole, _ = await post(client, server, body())
        streamed = body(stream=True, stream_options={"include_usage": True})
        async with client.post(server.url + CHAT, json=streamed) as response:
            assert response.content_type == "text/event-stream"
            lines = [line[6:] for line in (await response.text()).splitlines() if line]
    assert lines.pop() == "[DONE]"
    events = [json.loads(line) for line in lines]
    assert events[-1]["usage"] == whole["usage"]
    text = "".join(choice["delta"].get("content") or "" for event in events for choice in event["choices"])
    assert text == whole["choices"][0]["message"]["content"]


async def test_a_tool_is_called_and_its_result_is_answered(client: aiohttp.ClientSession) -> None:
    function = {
        "name": "get_weather",
        "description": "Weather of a city",
        "parameters": {"properties": {"city": {"type": "string"}}},
    }
    asked = body("What is the weather in Oslo?", tools=[{"type": "function", "function": function}])
    async with serving() as server:
        _, first, _ = await post(client, server, asked)
        message = first["choices"][0]["message"]
        assert first["choices"][0]["finish_reason"] == "tool_calls"
        assert json.loads(message["tool_calls"][0]["function"]["arguments"]) == {"city": "Oslo"}
        result = {
            "role": "tool",
            "tool_call_id": message["tool_calls"][0]["id"],
            "content": '{"sky": "cloudless"}',
        }
        _, second, _ = await post(
            client, server, {**asked, "messages": [*asked["messages"], message, result]}
        )
    assert "cloudless" in second["choices"][0]["message"]["content"]


async def test_embeddings_models_and_health_are_served(client: aiohttp.ClientSession) -> None:
    async with serving() as server:
        _, answer, _ = await post(
            client, server, {"model": "sim-small", "input": ["a b", "c"], "dimensions": 8}, "/v1/embeddings"
        )
        assert [len(item["embedding"]) for item in answer["data"]] == [8, 8]
        assert {model["id"] for model in (await get(client, server, "/v1/models"))["data"]} == {
            "sim-small",
            "sim-medium",
            "sim-large",
        }
        assert (await get(client, server, "/health"))["status"] == "ok"


@pytest.mark.parametrize(
    ("wrong", "status", "says"),
    [
        ({"model": "sim-small"}, 400, "messages"),
        ({"model": "sim-small", "messages": [{"role": "bard", "content": "x"}]}, 400, "bard"),
        ({"model": "sim-small", "messages": ["x"]}, 400, "messages"),
        ([1], 400, "object"),
        (body(model="gpt-9"), 404, "gpt-9"),
        (body(temperature="hot"), 400, "temperature"),
        (body(temperature=float("nan")), 400, "NaN"),
    ],
)
async def test_a_wrong_request_is_refused_with_its_reason(
    client: aiohttp.ClientSession, wrong: Any, status: int, says: str
) -> None:
    async with serving() as server:
        got, answer, _ = await post(client, server, wrong)
        assert got == status
        assert says in answer["error"]["message"]
        (row,) = await rows(client, server)
        assert (row["outcome"], row["billed"]) == ("refused", False)


@pytest.mark.parametrize("wrong", [{"input": 7}, {"input": "x", "dimensions": "many"}])
async def test_a_wrong_embedding_request_is_refused(client: aiohttp.ClientSession, wrong: Any) -> None:
    async with serving() as server:
        status, answer, _ = await post(client, server, {"model": "sim-small", **wrong}, "/v1/embeddings")
    assert status == 400
    assert answer["error"]["message"]


@pytest.mark.parametrize("name", ["429", "500", "502", "503", "529"])
async def test_a_status_fault_does_no_work(client: aiohttp.ClientSession, name: str) -> None:
    async with serving(faulty(name)) as server:
        status, answer, headers = await post(client, server, body())
        assert status == int(name)
        assert "error" in answer
        assert headers.get("Retry-After") == ("1" if name == "429" else None)
        (row,) = await rows(client, server)
        assert (row["outcome"], row["billed"], row["cost_nano_usd"]) == (f"fault:{name}", False, 0)


@pytest.mark.parametrize(("form", "value"), [("long", "89"), ("junk", "soon"), ("absent", None)])
async def test_retry_after_takes_every_form(
    client: aiohttp.ClientSession, form: str, value: str | None
) -> None:
    async with serving(faulty("429", retry_after=form)) as server:
        _, _, headers = await post(client, server, body())
    assert headers.get("Retry-After") == value


async def test_retry_after_may_be_a_date(client: aiohttp.ClientSession) -> None:
    async with serving(faulty("429", retry_after="date")) as server:
        _, _, headers = await post(client, server, body())
    assert headers["Retry-After"].endswith("GMT")


async def test_an_error_under_status_200_is_no_answer(client: aiohttp.ClientSession) -> None:
    async with serving(faulty("error_200")) as server:
        status, answer, _ = await post(client, server, body())
    assert status == 200
    assert "choices" not in answer
    assert answer["error"]["message"]


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_cut_answer_is_billed(client: aiohttp.ClientSession, streamed: bool) -> None:
    async with serving(faulty("cut")) as server:
        with pytest.raises(aiohttp.ClientError):
            async with client.post(server.url + CHAT, json=body(stream=streamed)) as response:
                await response.read()
        (row,) = await rows(client, server)
    assert (row["outcome"], row["billed"]) == ("fault:cut", True)


async def test_a_stall_never_answers_but_is_billed(client: aiohttp.ClientSession) -> None:
    async with serving(faulty("stall")) as server:
        with pytest.raises(TimeoutError):
            await post(client, server, body(), timeout=aiohttp.ClientTimeout(total=0.1))
        await closed(client, server)
        (row,) = await rows(client, server)
    assert (row["outcome"], row["billed"], row["status"]) == ("fault:stall", True, 0)


async def closed(client: aiohttp.ClientSession, server: RunningServer) -> None:
    """Returns when the server has no open request any more."""
    async with asyncio.timeout(5):
        while (await get(client, server, "/stats"))["open"]:
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("name", ["malformed", "empty_choices", "missing_usage"])
async def test_a_stream_is_spoiled_too(client: aiohttp.ClientSession, name: str) -> None:
    async with serving(faulty(name)) as server:
        streamed = body(stream=True, stream_options={"include_usage": True})
        async with client.post(server.url + CHAT, json=streamed) as response:
            text = await response.text()
    sound = {
        "malformed": '"delta\n' not in text,
        "empty_choices": '"delta"' in text,
        "missing_usage": "prompt_tokens" in text,
    }
    assert not sound[name]


async def test_a_malformed_body_is_no_json(client: aiohttp.ClientSession) -> None:
    async with (
        serving(faulty("malformed")) as server,
        client.post(server.url + CHAT, json=body()) as response,
    ):
        with pytest.raises(json.JSONDecodeError):
            json.loads(await response.text())


@pytest.mark.parametrize(("name", "field"), [("missing_usage", "usage"), ("empty_choices", "choices")])
async def test_what_a_fault_leaves_out_is_gone(client: aiohttp.ClientSession, name: str, field: str) -> None:
    async with serving(faulty(name)) as server:
        _, answer, _ = await post(client, server, body())
    assert not answer.get(field)


async def test_wrong_usage_is_wrong_on_the_wire_and_right_on_the_bill(client: aiohttp.ClientSession) -> None:
    async with serving(faulty("wrong_usage")) as server:
        seen = [(await post(client, server, body()))[1]["usage"]["prompt_tokens"] for _ in range(3)]
        billed = [row["input_tokens"] for row in await rows(client, server)]
    assert sorted(seen) == [-7, 0, 10**12]
    assert len(set(billed)) == 1
    assert billed[0] > 0


async def test_a_rejected_parameter_is_named_and_its_absence_is_fine(client: aiohttp.ClientSession) -> None:
    async with serving(faulty("reject_param", parameter="temperature")) as server:
        status, answer, _ = await post(client, server, body())
        assert (status, answer["error"]["param"]) == (400, "temperature")
        without = body()
        del without["temperature"]
        assert (await post(client, server, without))[0] == 200


async def test_a_retry_of_the_same_request_gets_past_its_first_faults(client: aiohttp.ClientSession) -> None:
    async with serving(faulty("503", first=2)) as server:
        statuses = [(await post(client, server, body(text)))[0] for text in ("a", "b", "a", "a", "b", "b")]
    assert statuses == [503, 503, 503, 200, 503, 200]


async def test_faults_change_while_it_runs(client: aiohttp.ClientSession) -> None:
    async with serving() as server:
        assert (await post(client, server, body()))[0] == 200
        plan = {"seed": 4, "faults": [{"name": "500", "every": 2}]}
        assert (await post(client, server, plan, "/faults"))[0] == 200
        assert [(await post(client, server, body()))[0] for _ in range(4)] == [200, 500, 200, 500]
        status, answer, _ = await post(
            client, server, {"faults": [{"name": "thunder", "every": 1}]}, "/faults"
        )
        assert status == 400
        assert "thunder" in answer["error"]["message"]
        assert (await get(client, server, "/faults"))["seed"] == 4


async def test_the_bill_adds_up(client: aiohttp.ClientSession) -> None:
    async with serving(faulty("500", every=3)) as server:
        for number in range(6):
            await post(
                client, server, body(f"What is {number} + 1?"), headers={"X-Client-Request-Id": f"r{number}"}
            )
        totals, listed = await get(client, server, "/stats"), await rows(client, server)
        (one,) = await rows(client, server, "?id=r4")
        assert [row["n"] for row in await rows(client, server, "?after=2&limit=2")] == [3, 4]
    assert totals["outcomes"] == {"completed": 4, "fault:500": 2}
    assert totals["statuses"] == {"200": 4, "500": 2}
    for column in ("input_tokens", "output_tokens", "cost_nano_usd"):
        assert totals[column] == sum(row[column] for row in listed)
    assert one["n"] == 5
    assert one["arrived_us"] <= one["finished_us"]


async def test_the_hash_ignores_how_the_answer_is_sent(client: aiohttp.ClientSession) -> None:
    async with serving() as server:
        await post(client, server, body())
        async with client.post(server.url + CHAT, json=body(stream=True)) as response:
            await response.read()
        await post(client, server, body("Something else"))
        first, second, third = [row["request_hash"] for row in await rows(client, server)]
    assert first == second != third


async def test_the_bill_survives_in_its_file(client: aiohttp.ClientSession, tmp_path: Path) -> None:
    path = tmp_path / "bill.jsonl"
    async with serving(SimOptions(bill_path=path)) as server:
        await post(client, server, body())
        (row,) = await rows(client, server)
        assert [json.loads(line) for line in path.read_text().splitlines()] == [row]


async def test_memory_is_bounded_and_totals_are_not_forgotten(client: aiohttp.ClientSession) -> None:
    async with serving(SimOptions(bill_rows=2)) as server:
        for _ in range(5):
            await post(client, server, body())
        totals = await get(client, server, "/stats")
        assert [row["n"] for row in await rows(client, server)] == [4, 5]
        assert (totals["requests"], totals["rows_kept"], totals["rows_dropped"]) == (5, 2, 3)
        _, emptied, _ = await post(client, server, {}, "/stats/reset")
    assert (emptied["requests"], emptied["cost_nano_usd"]) == (0, 0)


async def test_too_many_requests_are_told_to_wait(client: aiohttp.ClientSession) -> None:
    async with serving(SimOptions(requests_per_s=1)) as server:
        (first, *_), (second, _, headers) = [await post(client, server, body()) for _ in range(2)]
    assert (first, second) == (200, 429)
    assert int(headers["Retry-After"]) >= 1


async def test_too_many_at_once_are_refused(client: aiohttp.ClientSession) -> None:
    async with serving(SimOptions(max_concurrent=1, latency_ms=50)) as server:
        statuses = await asyncio.gather(*(post(client, server, body()) for _ in range(3)))
    assert sorted(status for status, _, _ in statuses) == [200, 429, 429]


async def test_a_key_is_asked_for_when_required(client: aiohttp.ClientSession) -> None:
    async with serving(SimOptions(require_key="s3cret")) as server:
        assert (await post(client, server, body()))[0] == 401
        assert (await post(client, server, body(), headers={"Authorization": "Bearer s3cret"}))[0] == 200


async def test_a_fixed_answer_is_padded_and_costs_no_work(client: aiohttp.ClientSession) -> None:
    async with serving(SimOptions(fixed_answer='{"a": 1}', answer_bytes=50_000)) as server:
        _, answer, _ = await post(client, server, body(model="anything"))
    content = answer["choices"][0]["message"]["content"]
    assert len(content) == 50_000
    assert json.loads(content) == {"a": 1}


async def test_a_body_above_the_limit_is_refused(client: aiohttp.ClientSession) -> None:
    async with serving(SimOptions(max_body=1000)) as server:
        assert (await post(client, server, body("x" * 2000)))[0] == 413
        assert (await rows(client, server))[0]["outcome"] == "refused"


def test_a_request_that_was_open_at_a_reset_is_counted_nowhere():
    bill = Bill()
    before = bill.open(None, "/v1/chat/completions", 1)
    bill.reset()
    after = bill.open(None, "/v1/chat/completions", 2)
    bill.close(before, status=200, outcome="completed", finished_us=3)
    totals = bill.totals()
    assert (totals["requests"], totals["open"], totals["outcomes"]) == (1, 1, {})
    bill.close(after, status=200, outcome="completed", finished_us=4)
    assert (bill.totals()["open"], bill.totals()["outcomes"]) == (0, {"completed": 1})
