"""What is read from bodies, whole and streamed, sound and not.

The shapes are written from the providers' published API pages, not tried live.
"""

import contextlib
import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.calls.backend import Received
from loom.calls.lines import EventReader
from loom.calls.models import (
    FinishReason,
    ModelAnswer,
    ToolCall,
    Usage,
)
from loom.calls.openai import OpenAIBackend
from loom.core.errors import Fault, ProviderError

BACKEND = OpenAIBackend("http://h:1")


def read(document, *, streamed=False):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return BACKEND.read(Received(body, streamed=streamed))


def answer(message, finish="stop", **more):
    return {"choices": [{"message": message, "finish_reason": finish}], **more}


def called(arguments, **more):
    return answer({"tool_calls": [{"id": "c1", "function": {"name": "f", "arguments": arguments}, **more}]})


def events(*chunks, line_end="\n"):
    return "".join(f"data: {json.dumps(chunk)}{line_end}{line_end}" for chunk in chunks).encode()


def delta(**parts):
    return {"choices": [{"delta": parts}]}


FINISH = {"choices": [{"delta": {}, "finish_reason": "stop"}]}


def failure(document, *, streamed=False):
    with pytest.raises(ProviderError) as caught:
        read(document, streamed=streamed)
    return caught.value


def test_text_reasoning_and_snapshot_are_read():
    found = read(answer({"content": "yes", "reasoning_content": "because"}, model="m-2026"))
    assert (found.text, found.reasoning, found.model) == ("yes", "because", "m-2026")


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (
            {"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}, {"type": "image"}]},
            "ab",
        ),
        ({"content": None}, ""),
        ({}, ""),
    ],
)
def test_content_has_several_shapes(message, text):
    assert read(answer(message)).text == text


@pytest.mark.parametrize(
    ("said", "finish"),
    [
        ("stop", FinishReason.STOP),
        ("length", FinishReason.LENGTH),
        ("tool_calls", FinishReason.TOOL_CALLS),
        ("content_filter", FinishReason.FILTERED),
        ("eos", FinishReason.STOP),
        (None, FinishReason.STOP),
        (7, FinishReason.STOP),
    ],
)
def test_finish_reasons_share_one_vocabulary(said, finish):
    assert read(answer({"content": "x"}, said)).finish_reason is finish


def test_a_refusal_is_a_filtered_answer_with_its_words():
    found = read(answer({"content": None, "refusal": "I will not"}))
    assert (found.text, found.finish_reason) == ("I will not", FinishReason.FILTERED)


def test_tool_calls_count_though_the_finish_reason_says_stop():
    found = read(called('{"a": 1}'))
    assert found.tool_calls == (ToolCall("c1", "f", {"a": 1}, '{"a": 1}'),)
    assert (found.text, found.finish_reason) == (None, FinishReason.TOOL_CALLS)


@pytest.mark.parametrize(
    ("given_arguments", "arguments", "raw"),
    [
        ("{broken", None, "{broken"),
        ("[1]", None, "[1]"),
        ('"text"', None, '"text"'),
        ([1], None, "[1]"),
        ("", {}, ""),
        (None, {}, ""),
        ({"b": 1}, {"b": 1}, '{"b":1}'),
        ('{"a": NaN}', None, '{"a": NaN}'),
        ('{"a": 1e999}', None, '{"a": 1e999}'),
        ("[" * 100_000, None, "[" * 100_000),
    ],
)
def test_arguments_that_are_no_object_are_kept_as_written(given_arguments, arguments, raw):
    (call,) = read(called(given_arguments)).tool_calls
    assert (call.arguments, call.raw_arguments) == (arguments, raw)


def test_a_tool_call_without_an_id_gets_one_by_its_place():
    assert read(called("{}", id=None)).tool_calls[0].id == "call_0"


def test_usage_is_read_with_its_details():
    usage = {
        "prompt_tokens": 10,
        "completion_tokens": 50,
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 45},
    }
    assert read(answer({"content": "hi"}, usage=usage)).usage == Usage(10, 50, 4, 45)


def test_hidden_reasoning_may_exceed_the_bytes_of_the_answer():
    usage = {
        "prompt_tokens": 1,
        "completion_tokens": 9000,
        "completion_tokens_details": {"reasoning_tokens": 8990},
    }
    assert read(answer({"content": "hi"}, usage=usage)).usage == Usage(1, 9000, 0, 8990)


def test_reasoning_counted_beside_the_output_is_added_to_it():
    usage = {
        "prompt_tokens": 1,
        "completion_tokens": 5,
        "total_tokens": 306,
        "completion_tokens_details": {"reasoning_tokens": 300},
    }
    assert read(answer({"content": "hi"}, usage=usage)).usage == Usage(1, 305, 0, 300)


@pytest.mark.parametrize(
    "usage",
    [
        None,
        [],
        "many",
        {},
        {"prompt_tokens": 1},
        {"prompt_tokens": None, "completion_tokens": 1},
        {"prompt_tokens": -1, "completion_tokens": 1},
        {"prompt_tokens": 1, "completion_tokens": -1},
        {"prompt_tokens": 1.5, "completion_tokens": 1},
        {"prompt_tokens": "1", "completion_tokens": 1},
        {"prompt_tokens": True, "completion_tokens": 1},
        {"prompt_tokens": 1, "completion_tokens": 1_000_000},
    ],
)
def test_usage_that_cannot_be_true_is_unknown(usage):
    assert read(answer({"content": "hi"}, usage=usage)).usage is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>gateway</html>",
        b"null",
        b"3",
        b"[]",
        b"{}",
        b'{"choices": []}',
        b'{"choices": [null]}',
        b'{"choices": {}}',
        b'{"choices": [{}]}',
        b'{"choices": [{"message": 3}]}',
        b'{"choices": [{"message": {"content": 3}}]}',
        b'{"choices": [{"message": {"tool_calls": 3}}]}',
        b'{"choices": [{"message": {"tool_calls": [3]}}]}',
        b'{"choices": [{"message": {"tool_calls": [{"function": {"name": ""}}]}}]}',
        b'{"choices": [{"message": {"content": "cut o',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_what_is_not_an_answer_is_malformed(body):
    assert failure(body).fault is Fault.MALFORMED


def test_a_malformed_body_is_quoted_briefly():
    message = str(failure(b"<html>" + b"x" * 10_000))
    assert "<html>" in message
    assert len(message) < 500


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        ({"message": "m", "code": 429}, Fault.THROTTLED),
        ({"message": "m", "type": "rate_limit_error"}, Fault.THROTTLED),
        ({"message": "m", "code": 429, "status": "RESOURCE_EXHAUSTED"}, Fault.THROTTLED),
        ({"message": "m", "code": "rate_limit_exceeded"}, Fault.THROTTLED),
        ({"message": "m", "code": "insufficient_quota"}, Fault.UNAUTHORIZED),
        ({"message": "m", "type": "authentication_error"}, Fault.UNAUTHORIZED),
        ({"message": "m", "code": "invalid_api_key", "type": "invalid_request_error"}, Fault.UNAUTHORIZED),
        ({"message": "m", "type": "invalid_request_error"}, Fault.REFUSED),
        ({"message": "m", "code": "context_length_exceeded"}, Fault.REFUSED),
        ({"message": "m", "type": "server_error"}, Fault.SERVER),
        ({"message": "m", "code": 502}, Fault.SERVER),
        ({"message": "m", "type": "overloaded_error"}, Fault.SERVER),
        ("m", Fault.SERVER),
    ],
)
@pytest.mark.parametrize("shape", ["whole", "choice", "event", "list"])
def test_an_error_under_a_success_status_is_what_it_says(error, fault, shape):
    bodies = {
        "whole": json.dumps({"error": error}).encode(),
        "choice": json.dumps({"choices": [{"error": error}]}).encode(),
        "event": events({"error": error}),
        "list": json.dumps([{"error": error}]).encode(),
    }
    raised = failure(bodies[shape], streamed=shape == "event")
    assert raised.fault is fault
    assert str(raised).endswith(": m")


@pytest.mark.parametrize("kind", ["overloaded_error", "rate_limit_error"])
def test_an_error_after_the_first_words_may_have_been_charged(kind):
    begun = events(delta(content="hel"), {"error": {"message": "m", "type": kind}})
    assert failure(begun, streamed=True).fault is Fault.NO_ANSWER


@pytest.mark.parametrize(
    "parts",
    [
        {"reasoning_content": "hm"},
        {"refusal": "I will not"},
        {"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "f", "arguments": ""}}]},
    ],
)
def test_an_error_after_anything_that_a_model_made_may_have_been_charged(parts):
    begun = events(delta(**parts), {"error": {"message": "m", "type": "overloaded_error"}})
    assert failure(begun, streamed=True).fault is Fault.NO_ANSWER


def test_an_error_before_anything_but_a_role_is_the_endpoints_own():
    opened = events(delta(role="assistant", content=""), {"error": {"message": "m", "code": 502}})
    assert failure(opened, streamed=True).fault is Fault.SERVER


def test_an_error_beside_a_part_of_an_answer_may_have_been_charged():
    choice = {"message": {"content": "hel"}, "error": {"message": "m", "code": 502}, "finish_reason": "error"}
    assert failure({"choices": [choice]}).fault is Fault.NO_ANSWER


def test_a_limit_reported_under_success_keeps_its_wait():
    error = {"message": "Please try again in 20s.", "code": "rate_limit_exceeded"}
    assert failure({"error": error}).retry_after_s == 20.0


def test_a_streamed_tool_call_is_put_together():
    first = {"index": 0, "id": "c1", "function": {"name": "f", "arguments": ""}}
    pieces = [{"index": 0, "function": {"arguments": piece}} for piece in ('{"a"', ": 1}")]
    second = {"index": 1, "id": "c2", "function": {"name": "g", "arguments": "{}"}}
    chunks = [delta(tool_calls=[entry]) for entry in (first, *pieces, second)]
    found = read(events(*chunks, FINISH), streamed=True)
    assert [(call.id, call.name, call.arguments) for call in found.tool_calls] == [
        ("c1", "f", {"a": 1}),
        ("c2", "g", {}),
    ]


@pytest.mark.parametrize("index", [{}, {"index": 0}])
def test_streamed_tool_calls_without_proper_indexes_are_told_apart_by_id(index):
    entries = [{**index, "id": name, "function": {"name": name, "arguments": "{}"}} for name in ("f", "g")]
    found = read(events(delta(tool_calls=entries), FINISH), streamed=True)
    assert [call.name for call in found.tool_calls] == ["f", "g"]


def test_a_streamed_refusal_and_reasoning_are_read():
    found = read(
        events(delta(reasoning="hm"), delta(refusal="I "), delta(refusal="will not"), FINISH), streamed=True
    )
    assert (found.text, found.reasoning, found.finish_reason) == ("I will not", "hm", FinishReason.FILTERED)


def test_a_character_split_over_two_chunks_is_joined_and_a_lone_half_replaced():
    halves = b'data: {"choices":[{"delta":{"content":"\\ud83d"}}]}\n\ndata: {"choices":[{"delta":{"content":"\\ude00"}}]}\n\n'
    assert read(halves + events(FINISH), streamed=True).text == "😀"
    assert read(answer({"content": "a\ud83d"})).text == "a�"


def test_an_error_under_success_names_the_endpoint_and_never_the_key():
    backend = OpenAIBackend("http://h:1", "sk-secret-1")
    with pytest.raises(ProviderError) as caught:
        backend.read(Received(b'{"error": "your key sk-secret-1 is odd"}'))
    assert "http://h:1/v1: " in str(caught.value)
    assert "sk-secret-1" not in str(caught.value)


def test_a_garbled_chunk_is_not_skipped_silently():
    body = events(delta(content="a")) + b"data: {bro\n\n" + events(FINISH)
    assert failure(body, streamed=True).fault is Fault.MALFORMED


def test_a_stream_of_nothing_but_its_end_is_malformed():
    assert failure(b"data: [DONE]\n\n", streamed=True).fault is Fault.MALFORMED


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_comments_names_and_any_line_end_are_understood(line_end):
    body = f": hello{line_end}event: x{line_end}id: 1{line_end}".encode() + events(
        delta(content="é"), FINISH, line_end=line_end
    )
    assert read(body, streamed=True).text == "é"


PIECES = st.lists(st.sampled_from(["data: a", "data:b", "\n", "\r", "\r\n", ": c", "event: d", "é", "\n\n"]))


@given(PIECES, st.lists(st.integers(0, 60)))
def test_events_do_not_depend_on_how_the_bytes_were_cut(pieces, places):
    body = "".join(pieces).encode()
    whole, parted = EventReader(), EventReader()
    cuts = [0, *sorted(place for place in places if place <= len(body)), len(body)]
    expected = whole.feed(body) + whole.close()
    found = [data for start, end in pairwise(cuts) for data in parted.feed(body[start:end])]
    assert found + parted.close() == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


def objects(**fields):
    """Objects of these fields, each perhaps missing, perhaps something else altogether."""
    return JSON | st.fixed_dictionaries({}, optional={name: JSON | value for name, value in fields.items()})


TEXT = st.text(max_size=5)
FUNCTION = objects(name=TEXT, arguments=TEXT | st.just('{"a": 1}'))
CALLS = st.lists(objects(index=st.integers(0, 2), id=TEXT, function=FUNCTION), max_size=3)
MESSAGE = objects(
    content=TEXT | st.lists(objects(text=TEXT), max_size=2), tool_calls=CALLS, refusal=TEXT, reasoning=TEXT
)
ERROR = objects(message=TEXT, type=TEXT, code=st.integers(0, 600), param=TEXT)
CHOICE = objects(message=MESSAGE, delta=MESSAGE, finish_reason=st.just("stop"), error=ERROR)
USAGE = objects(prompt_tokens=st.integers(), completion_tokens=st.integers(), prompt_tokens_details=objects())
DOCUMENT = objects(choices=st.lists(CHOICE, max_size=2), usage=USAGE, model=TEXT, error=ERROR)


@given(st.lists(DOCUMENT, min_size=1, max_size=3), st.booleans())
def test_no_body_whatever_raises_anything_but_a_provider_error(documents, streamed):
    body = events(*documents, FINISH) if streamed else json.dumps(documents[0]).encode()
    with contextlib.suppress(ProviderError):
        assert isinstance(BACKEND.read(Received(body, streamed=streamed)), ModelAnswer)
