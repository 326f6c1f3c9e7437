"""Both sides of the OpenAI wire agree: what one spells, the other reads."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from loom.calls.models import (
    FinishReason,
    Message,
    ModelAnswer,
    ModelRequest,
    Part,
    Role,
    ToolCall,
    ToolSpec,
    Usage,
)
from loom.calls.openai.codec import encode_request, read_answer
from loom.calls.openai.serving import answer_json, read_embedding_texts, read_request, stream_chunks
from loom.calls.openai.stream import Chunks

words = st.text(max_size=30)
names = st.text(st.characters(codec="ascii", categories=("L",)), min_size=1, max_size=8)
objects = st.dictionaries(names, st.integers() | words, max_size=3)
calls = st.builds(
    lambda id_, name, given: ToolCall(id_, name, given, json.dumps(given)), names, names, objects
)
said = st.builds(
    lambda role, text: Message(role, (Part(text),)), st.sampled_from([Role.SYSTEM, Role.USER]), words
)
called = st.builds(lambda text, made: Message(Role.ASSISTANT, (Part(text),), (made,)), words, calls)
result = st.builds(lambda text, id_: Message(Role.TOOL, (Part(text),), (), id_), words, names)
requests = st.builds(
    ModelRequest,
    model=names,
    messages=st.lists(said | called | result, min_size=1, max_size=4).map(tuple),
    tools=st.lists(st.builds(ToolSpec, names, words, objects), max_size=2).map(tuple),
    tool_choice=st.none() | st.sampled_from(["auto", "required"]) | names,
    temperature=st.none() | st.floats(0, 2),
    top_p=st.none() | st.floats(0, 1),
    max_tokens=st.none() | st.integers(0, 9999),
    seed=st.none() | st.integers(-(2**63), 2**63),
    stop=st.lists(st.text(min_size=1, max_size=3), max_size=2).map(tuple),
    response_format=st.none() | objects,
)
answers = st.builds(
    ModelAnswer,
    text=words,
    tool_calls=st.lists(calls, max_size=2).map(tuple),
    usage=st.builds(Usage, st.integers(0, 99), st.integers(0, 20)),
    finish_reason=st.sampled_from([FinishReason.LENGTH, FinishReason.FILTERED]),
    model=names,
)


@given(requests)
def test_a_request_reads_as_it_was_spelled(request):
    body = encode_request(request)
    assert encode_request(read_request(json.loads(body))) == body


@given(answers)
def test_an_answer_reads_as_it_was_spelled(answer):
    document = answer_json(answer, "id", 1)
    read = read_answer(json.loads(json.dumps(document)), 10_000)
    assert (read.text or "", read.tool_calls) == (answer.text, answer.tool_calls)
    assert (read.usage, read.finish_reason, read.model) == (answer.usage, answer.finish_reason, answer.model)


@given(answers)
def test_a_streamed_answer_reads_as_the_whole_one(answer):
    chunks = stream_chunks(answer, "id", 1, include_usage=True)
    events = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
    streamed = read_answer(Chunks().whole(events.encode()), 10_000)
    whole = read_answer(answer_json(answer, "id", 1), 10_000)
    assert structs.replace(streamed, reasoning=None) == whole


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model": None}, "'model' must be a non-empty string"),
        ({"messages": "hi"}, "'messages' must be an array of objects"),
        ({"messages": []}, "'messages' must be a non-empty array"),
        ({"messages": [{"role": "robot"}]}, "unknown role 'robot'"),
        ({"messages": [{"role": "user", "content": 5}]}, "'content' must be an array of objects"),
        ({"tools": [{"function": {}}]}, "'name' must be a non-empty string"),
        ({"tool_choice": 5}, "'tool_choice' must be a string or an object"),
        ({"temperature": True}, "'temperature' must be a number"),
        ({"top_p": float("nan")}, "'top_p' must be a number"),
        ({"max_tokens": 1.5}, "'max_tokens' must be a whole number"),
        ({"seed": 10**400}, "'seed' must be a number"),
        ({"stop": [1]}, "'stop' must be a string or an array of strings"),
        ({"response_format": "json"}, "'response_format' must be an object"),
    ],
)
def test_a_body_that_is_no_request_says_why(change, said):
    with pytest.raises(ValueError, match=said):
        read_request({"model": "m", "messages": [{"role": "user", "content": "hi"}], **change})


def test_other_spellings_of_the_same_are_read():
    request = read_request(
        {
            "model": "m",
            "messages": [
                {
                    "role": "developer",
                    "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
                }
            ],
            "max_completion_tokens": 5,
            "stop": "x",
        }
    )
    assert (request.messages[0].role, request.messages[0].text) == (Role.SYSTEM, "ab")
    assert (request.max_tokens, request.stop) == (5, ("x",))


def test_arguments_that_are_no_object_are_kept_as_written():
    call = {"id": "a", "function": {"name": "f", "arguments": "[1"}}
    request = read_request({"model": "m", "messages": [{"role": "assistant", "tool_calls": [call]}]})
    assert request.messages[0].tool_calls == (ToolCall("a", "f", None, "[1"),)


def test_texts_to_embed_are_one_or_many():
    assert read_embedding_texts({"model": "m", "input": "a"}) == ("m", ["a"])
    with pytest.raises(ValueError, match="'input' must be"):
        read_embedding_texts({"model": "m", "input": [1]})
