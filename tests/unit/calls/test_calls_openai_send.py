"""What an OpenAI-compatible endpoint may do to a request, and what must come of it."""

import asyncio
import json
import socket

import pytest
from aiohttp import web

from loom.calls.backend import Delta, Wire
from loom.calls.credential import Credential
from loom.calls.models import Message, ModelRequest, Role
from loom.calls.openai import OpenAIBackend
from loom.core.clock import FakeClock
from loom.core.errors import Fault, ProviderError

REQUEST = ModelRequest("m1", (Message.of(Role.USER, "hi"),), temperature=0.5, max_tokens=9, seed=3)
ANSWER = {
    "model": "m1-2026",
    "choices": [{"message": {"content": "hello"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 2},
}
CHUNKS = (
    'data: {"model":"m1","choices":[{"delta":{"role":"assistant","content":""}}]}\n\n',
    'data: {"choices":[{"delta":{"content":"hel"}}]}\n\n',
    'data: {"choices":[{"delta":{"content":"lo"}}]}\n\n',
)
FINISH = 'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'
USAGE = 'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}\n\n'
DONE = "data: [DONE]\n\n"


@pytest.fixture
async def backend(endpoint):
    made = OpenAIBackend(endpoint.url, Credential("sk-secret-1", "MY_KEY"))
    yield made
    await made.aclose()


def wire(backend, timeout_s=5.0, request=REQUEST):
    return Wire(backend.encode(request), "req-1", timeout_s)


async def failure(backend, *, on_delta=None, timeout_s=5.0):
    with pytest.raises(ProviderError) as caught:
        await backend.send(wire(backend, timeout_s), on_delta)
    return caught.value


async def test_the_body_is_sent_as_encoded_with_the_key_and_the_request_id(endpoint, backend):
    endpoint.reply(ANSWER)
    received = await backend.send(wire(backend))
    assert endpoint.raw == [backend.encode(REQUEST)]
    assert endpoint.headers[0]["Authorization"] == "Bearer sk-secret-1"
    assert endpoint.headers[0]["X-Client-Request-Id"] == "req-1"
    assert received.body == json.dumps(ANSWER).encode()
    assert not received.streamed


async def test_a_streamed_body_differs_by_the_transports_flags_only(endpoint, backend):
    endpoint.stream(*CHUNKS, FINISH, USAGE, DONE)
    await backend.send(wire(backend), print)
    extra = b',"stream":true,"stream_options":{"include_usage":true}}'
    assert endpoint.raw == [backend.encode(REQUEST)[:-1] + extra]


async def test_a_stream_gives_its_deltas_and_reads_as_the_whole(endpoint, backend):
    endpoint.stream(*CHUNKS, FINISH, USAGE, DONE)
    deltas: list[Delta] = []
    received = await backend.send(wire(backend), deltas.append)
    assert [delta.text for delta in deltas] == ["hel", "lo"]
    assert received.body == "".join((*CHUNKS, FINISH, USAGE, DONE)).encode()
    answer = backend.read(received)
    assert (answer.text, answer.model) == ("hello", "m1")
    assert answer.usage.output_tokens == 2


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (429, Fault.THROTTLED),
        (408, Fault.SERVER),
        (409, Fault.SERVER),
        (425, Fault.SERVER),
        (500, Fault.SERVER),
        (503, Fault.SERVER),
        (529, Fault.SERVER),
        (401, Fault.UNAUTHORIZED),
        (402, Fault.UNAUTHORIZED),
        (403, Fault.UNAUTHORIZED),
        (400, Fault.REFUSED),
        (404, Fault.REFUSED),
        (413, Fault.REFUSED),
        (422, Fault.REFUSED),
    ],
)
async def test_a_status_decides_the_fault(endpoint, backend, status, fault):
    endpoint.reply({"error": {"message": "no luck"}}, status)
    error = await failure(backend)
    assert (error.fault, error.status) == (fault, status)
    assert "no luck" in str(error)
    assert endpoint.url in str(error)


async def test_a_used_up_quota_needs_a_person_though_it_comes_as_429(endpoint, backend):
    endpoint.reply({"error": {"message": "You exceeded it", "code": "insufficient_quota"}}, 429)
    error = await failure(backend)
    assert error.fault is Fault.UNAUTHORIZED
    assert "credit" in str(error)


async def test_a_wrong_key_is_named_by_where_it_comes_from_and_never_shown(endpoint, backend):
    endpoint.reply({"error": {"message": "Incorrect API key provided: sk-secret-1"}}, 401)
    message = str(await failure(backend))
    assert "check the key in MY_KEY" in message
    assert "sk-secret-1" not in message


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Retry-After": "89"}, 89.0),
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": "1.5"}, 1.5),
        ({"Retry-After": "86400"}, 86400.0),
        ({"Retry-After": "86401"}, None),
        ({"Retry-After": "1e308"}, None),
        ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}, None),
        ({"retry-after-ms": "1e12", "Retry-After": "2"}, 2.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-3"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": ""}, None),
        ({"Retry-After": "Tue, 14 Nov 2023 22:13:50 GMT", "Date": "Tue, 14 Nov 2023 22:13:20 GMT"}, 30.0),
        ({"Retry-After": "Tue, 14 Nov 2023 22:13:00 GMT", "Date": "Tue, 14 Nov 2023 22:13:20 GMT"}, None),
        ({"Retry-After": "Tue, 99 Nov 2023 99:13:00 GMT"}, None),
        ({"retry-after-ms": "1250", "Retry-After": "2"}, 1.25),
        ({"retry-after-ms": "x", "Retry-After": "2"}, 2.0),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s"}, 360.0),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "120ms"}, 0.12),
        ({"x-ratelimit-remaining-requests": "7", "x-ratelimit-reset-requests": "8s"}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1700000005"}, 5.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1700000002500"}, 2.5),
        ({}, None),
    ],
)
async def test_the_wait_is_what_the_endpoint_asks_for(endpoint, headers, expected):
    backend = OpenAIBackend(endpoint.url, clock=FakeClock(1_700_000_000_000_000))
    endpoint.reply({"error": {"message": "slow down"}}, 429, headers)
    error = await failure(backend)
    await backend.aclose()
    assert error.retry_after_s == (pytest.approx(expected) if expected is not None else None)


async def test_a_wait_written_in_words_counts_when_no_header_tells_one(endpoint, backend):
    endpoint.reply({"error": {"message": "Rate limit reached. Please try again in 1m2.5s. Visit us"}}, 429)
    assert (await failure(backend)).retry_after_s == 62.5


async def test_an_overloaded_server_may_ask_for_a_wait_too(endpoint, backend):
    endpoint.reply("busy", 503, {"Retry-After": "7"})
    assert (await failure(backend)).retry_after_s == 7.0


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"error": {"message": "Unsupported value: 'temperature' does not support 0.5 with this model.",
                    "param": "temperature", "code": "unsupported_value"}}, "temperature"),
        ({"error": {"message": "Unrecognized request argument supplied: seed", "param": None}}, "seed"),
        ({"error": {"message": "Unknown parameter: 'seed'.", "param": "seed", "code": "unknown_parameter"}}, "seed"),
        ({"object": "error", "message": "[{'type': 'extra_forbidden', 'loc': ('body', 'seed')}]", "code": 400}, "seed"),
        ({"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs"}]}, "seed"),
        ([{"error": {"message": 'Unknown name "seed": Cannot find field.', "status": "INVALID_ARGUMENT"}}], "seed"),
        ({"error": "Unsupported param: seed"}, "seed"),
        ({"error": {"message": "`temperature` is deprecated for this model."}}, "temperature"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", [400, 422])
async def test_a_rejected_parameter_is_named_in_each_providers_spelling(
    endpoint, backend, status, body, name
):
    endpoint.reply(body, status)
    error = await failure(backend)
    assert (error.fault, error.parameter) == (Fault.PARAMETER, name)


@pytest.mark.parametrize(
    "message",
    [
        "max_tokens is too large: 9. This model supports at most 4 completion tokens",
        "Unknown parameter: 'logit_bias'",
        "top_p is not supported",
        "Unexpected message after the seed was sown",
        "registry.example/m1 does not support tools",
    ],
)
async def test_a_refusal_that_no_omission_mends_stays_a_refusal(endpoint, backend, message):
    endpoint.reply({"error": {"message": message}}, 400)
    error = await failure(backend)
    assert (error.fault, error.parameter) == (Fault.REFUSED, None)


async def test_a_model_that_calls_the_cap_otherwise_gets_it_so_from_then_on(endpoint, backend):
    said = "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead."
    endpoint.reply({"error": {"message": said, "param": "max_tokens", "code": "unsupported_parameter"}}, 400)
    endpoint.reply(ANSWER)
    await backend.send(wire(backend))
    await backend.send(wire(backend))
    other = ModelRequest("m2", REQUEST.messages, max_tokens=9)
    await backend.send(wire(backend, request=other))
    assert [body.get("max_completion_tokens") for body in endpoint.bodies] == [None, 9, 9, None]
    assert [body.get("max_tokens") for body in endpoint.bodies] == [9, None, None, 9]


async def test_a_server_that_rejects_both_names_of_the_cap_ends_in_its_error(endpoint, backend):
    said = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    endpoint.reply({"error": {"message": said, "param": "max_tokens", "code": "unsupported_parameter"}}, 400)
    assert (await failure(backend)).fault in (Fault.PARAMETER, Fault.REFUSED)
    assert len(endpoint.bodies) <= 3


async def test_an_endpoint_without_stream_options_streams_without_them(endpoint, backend):
    endpoint.reply({"error": {"message": "Unrecognized request argument supplied: stream_options"}}, 400)
    endpoint.stream(*CHUNKS, FINISH, DONE)
    received = await backend.send(wire(backend), print)
    assert "stream_options" not in endpoint.bodies[1]
    assert backend.read(received).usage is None


async def test_nothing_listening_means_the_request_was_not_sent():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    backend = OpenAIBackend(f"http://127.0.0.1:{port}")
    error = await failure(backend)
    await backend.aclose()
    assert error.fault is Fault.UNSENT
    assert "check the address" in str(error)


async def test_a_connection_that_is_never_taken_up_was_not_sent(monkeypatch):
    backend = OpenAIBackend("http://127.0.0.1:9")

    async def stalled(*_args, **_more):
        await asyncio.sleep(60)

    monkeypatch.setattr("aiohttp.connector.TCPConnector._create_connection", stalled)
    error = await failure(backend, timeout_s=0.1)
    await backend.aclose()
    assert error.fault is Fault.UNSENT


async def test_a_server_that_stays_silent_may_have_been_paid(endpoint, backend):
    released = asyncio.Event()

    async def stall(_request):
        await released.wait()
        return web.Response()

    endpoint.answers.append(stall)
    error = await failure(backend, timeout_s=0.1)
    released.set()
    assert error.fault is Fault.NO_ANSWER
    assert "within 0.1 s" in str(error)


async def cut(request):
    request.transport.abort()


async def test_a_connection_cut_before_the_answer_may_have_been_paid(endpoint, backend):
    async def hang_up(request):
        request.transport.abort()
        return web.Response()

    endpoint.answers.append(hang_up)
    assert (await failure(backend)).fault is Fault.NO_ANSWER


async def test_a_body_shorter_than_announced_is_no_answer(endpoint, backend):
    async def short(request):
        response = web.StreamResponse(headers={"Content-Length": "500"})
        await response.prepare(request)
        await response.write(b'{"choices":')
        request.transport.close()
        return response

    endpoint.answers.append(short)
    assert (await failure(backend)).fault is Fault.NO_ANSWER


@pytest.mark.parametrize("after", [None, cut])
async def test_a_stream_that_ends_before_its_finish_is_no_answer_and_tells_how_far_it_came(
    endpoint, backend, after
):
    endpoint.stream(*CHUNKS, after=after)
    deltas: list[Delta] = []
    error = await failure(backend, on_delta=deltas.append)
    assert error.fault is Fault.NO_ANSWER
    assert "5 characters, ending in 'hello'" in str(error)


async def test_a_stream_cut_after_its_finish_is_an_answer(endpoint, backend):
    endpoint.stream(*CHUNKS, FINISH, after=cut)
    answer = backend.read(await backend.send(wire(backend), print))
    assert (answer.text, answer.usage) == ("hello", None)


async def test_a_stream_that_falls_silent_ends_at_the_idle_bound(endpoint):
    released = asyncio.Event()
    endpoint.stream(*CHUNKS, after=lambda _: released.wait())
    backend = OpenAIBackend(endpoint.url, idle_s=0.1)
    error = await failure(backend, on_delta=print, timeout_s=30)
    released.set()
    await backend.aclose()
    assert error.fault is Fault.NO_ANSWER


async def test_a_stream_left_open_after_its_end_mark_is_not_waited_for(endpoint, backend):
    released = asyncio.Event()
    endpoint.stream(*CHUNKS, FINISH, DONE, after=lambda _: released.wait())
    async with asyncio.timeout(3):
        answer = backend.read(await backend.send(wire(backend, timeout_s=30), print))
    released.set()
    assert answer.text == "hello"


async def test_an_endpoint_that_does_not_stream_is_read_whole(endpoint, backend):
    endpoint.reply(ANSWER)
    received = await backend.send(wire(backend), print)
    assert not received.streamed
    assert backend.read(received).text == "hello"


async def test_an_endpoint_that_always_streams_is_read_as_a_stream(endpoint, backend):
    endpoint.stream(*CHUNKS, FINISH, DONE)
    assert backend.read(await backend.send(wire(backend))).text == "hello"


async def test_a_redirect_is_not_followed_so_the_key_stays_home(endpoint, backend):
    endpoint.reply("", 307, {"Location": "http://127.0.0.1:1/v1/chat/completions"})
    error = await failure(backend)
    assert error.fault is Fault.REFUSED
    assert "http://127.0.0.1:1/v1" in str(error)
    assert len(endpoint.raw) == 1


async def test_an_answer_without_end_is_cut_at_the_cap(endpoint, backend, monkeypatch):
    monkeypatch.setattr("loom.calls.transport._LARGEST_ANSWER", 1000)
    endpoint.reply("x" * 2000)
    assert "longer than 1000 bytes" in str(await failure(backend))


async def test_a_large_request_goes_out_whole(endpoint, backend):
    endpoint.reply(ANSWER)
    large = ModelRequest("m1", (Message.of(Role.USER, "x" * 2**21),))
    await backend.send(wire(backend, request=large))
    assert endpoint.raw == [backend.encode(large)]


async def test_a_long_error_page_is_quoted_from_its_beginning(endpoint, backend):
    endpoint.reply("<html>" + "x" * 5000, 502)
    message = str(await failure(backend))
    assert "<html>" in message
    assert len(message) < 500
