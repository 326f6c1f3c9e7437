"""Both sides of the Anthropic and the Ollama wire agree: what one spells, the other reads."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from loom.calls import anthropic, ollama
from loom.calls.anthropic import codec as claude
from loom.calls.anthropic import serving as claude_serving
from loom.calls.anthropic import stream as claude_stream
from loom.calls.backend import Received, Wire
from loom.calls.lines import LineReader
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
from loom.calls.ollama import codec as llama
from loom.calls.ollama import serving as llama_serving
from loom.calls.ollama import stream as llama_stream
from loom.core.errors import Fault, InputError, ProviderError

words = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)
names = st.text(st.characters(codec="ascii", categories=("L",)), min_size=1, max_size=8)
calls = st.builds(
    lambda place, name, given: ToolCall(f"call_{place}", name, given, json.dumps(given)),
    st.just(0),
    names,
    st.dictionaries(names, st.integers() | words, max_size=3),
)
answers = st.builds(
    ModelAnswer,
    text=words,
    tool_calls=st.lists(calls, max_size=1).map(tuple),
    usage=st.builds(Usage, st.integers(1, 99), st.integers(1, 20)),
    finish_reason=st.just(FinishReason.LENGTH),
    model=names,
)


def meaning(answer):
    """What two spellings of one answer have in common: not the spaces in arguments."""
    return structs.replace(
        answer, tool_calls=tuple(structs.replace(call, raw_arguments="") for call in answer.tool_calls)
    )


@given(answers)
def test_an_anthropic_answer_reads_the_same_whole_and_streamed(answer):
    whole = claude.read_answer(claude_serving.answer_json(answer, "m"), 9999)
    events = claude_serving.stream_events(answer, "m")
    body = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)
    streamed = claude.read_answer(claude_stream.Events().whole(body), 9999)
    assert meaning(whole) == meaning(streamed) == meaning(answer)


@given(answers)
def test_an_ollama_answer_reads_the_same_whole_and_streamed(answer):
    whole = llama.read_answer(llama_serving.answer_json(answer, 0), 9999)
    lines = llama_serving.stream_lines(answer, 0)
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    streamed = llama.read_answer(llama_stream.Lines().whole(body), 9999)
    assert meaning(whole) == meaning(streamed) == meaning(answer)


@given(words, words, calls, words)
def test_a_conversation_with_a_tool_reads_as_it_was_spelled(asked, said, call, result):
    messages = (
        Message.of(Role.SYSTEM, "Be brief."),
        Message.of(Role.USER, asked),
        Message(Role.ASSISTANT, (Part(said),), (call,)),
        Message(Role.TOOL, (Part(result),), tool_call_id=call.id),
    )
    request = ModelRequest("m", messages, temperature=0.5, top_p=0.5, max_tokens=9, stop=("x",))
    for codec, serving in ((claude, claude_serving), (llama, llama_serving)):
        read = serving.read_request(json.loads(codec.encode_request(request)))
        assert [(message.role, message.text) for message in read.messages] == [
            (message.role, message.text) for message in messages
        ]
        assert read.messages[2].tool_calls[0].arguments == call.arguments
        assert (read.temperature, read.top_p, read.max_tokens, read.stop) == (0.5, 0.5, 9, ("x",))


def test_results_of_one_round_of_tools_stand_in_one_turn_for_anthropic():
    turns = (
        Message(Role.TOOL, (Part("1"),), tool_call_id="a"),
        Message(Role.TOOL, (Part("2"),), tool_call_id="b"),
    )
    body = json.loads(claude.encode_request(ModelRequest("m", (*turns, Message.of(Role.USER, "so?")))))
    (turn,) = body["messages"]
    assert [block["type"] for block in turn["content"]] == ["tool_result", "tool_result", "text"]


def test_a_result_names_its_tool_for_ollama():
    called = Message(Role.ASSISTANT, tool_calls=(ToolCall("a", "look", {}),))
    result = Message(Role.TOOL, (Part("seen"),), tool_call_id="a")
    body = json.loads(llama.encode_request(ModelRequest("m", (called, result))))
    assert body["messages"][1] == {"role": "tool", "content": "seen", "tool_name": "look"}


@pytest.mark.parametrize(
    ("wished", "claudes", "llamas"),
    [
        ({"type": "json_object"}, None, "json"),
        (
            {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}},
            {"format": {"type": "json_schema", "schema": {"type": "object"}}},
            {"type": "object"},
        ),
    ],
)
def test_a_response_format_is_spelled_where_there_is_a_word_for_it(wished, claudes, llamas):
    request = ModelRequest("m", (Message.of(Role.USER, "hi"),), response_format=wished)
    spoken = json.loads(claude.encode_request(request))
    assert spoken.get("output_config") == claudes
    assert ("response_format" in spoken) is (claudes is None)
    assert json.loads(llama.encode_request(request))["format"] == llamas


@pytest.mark.parametrize(
    ("backend", "written", "origin"),
    [
        (anthropic.AnthropicBackend, "https://api.anthropic.com", "https://api.anthropic.com/v1"),
        (anthropic.AnthropicBackend, "http://h:1/v1/messages", "http://h:1/v1"),
        (ollama.OllamaBackend, "http://LocalHost:11434/", "http://localhost:11434"),
        (ollama.OllamaBackend, "http://h/api/chat", "http://h"),
        (ollama.OllamaBackend, "http://h:11434/v1", "http://h:11434"),
    ],
)
def test_an_address_is_understood_as_people_write_it(backend, written, origin):
    assert backend(written).origin == origin


@pytest.mark.parametrize("backend", [anthropic.AnthropicBackend, ollama.OllamaBackend])
@pytest.mark.parametrize("written", ["localhost:1", "ftp://h", "http://me:key@h", "http://h?key=1"])
def test_what_is_no_address_is_refused(backend, written):
    with pytest.raises(InputError):
        backend(written)


@given(st.lists(st.sampled_from([b'{"a":1}', b"\n", b"\r\n", b"x", b""]), max_size=12), st.integers(1, 5))
def test_lines_are_the_same_however_the_bytes_are_cut(parts, size):
    body = b"".join(parts)
    reader = LineReader()
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    cut = [line for piece in pieces for line in reader.feed(piece)] + reader.close()
    assert [line.strip() for line in cut] == [line.strip() for line in body.split(b"\n") if line.strip()]


@pytest.mark.parametrize(
    "broken", [b"", b"{}", b'{"message": 3}', b'{"message": {"content": 3}, "done": true}', b'{"done": true}']
)
def test_what_ollama_would_never_say_is_malformed(broken):
    with pytest.raises(Exception, match="http://h: the endpoint's answer is"):
        ollama.OllamaBackend("http://h").read(Received(broken))


@pytest.mark.parametrize(
    ("backend", "name", "asked"),
    [
        (anthropic.AnthropicBackend, "seed", {"seed": 7}),
        (anthropic.AnthropicBackend, "response_format", {"response_format": {"type": "json_object"}}),
        (ollama.OllamaBackend, "tool_choice", {"tool_choice": "none"}),
    ],
)
async def test_what_an_api_has_no_word_for_is_named_and_nothing_is_sent(endpoint, backend, name, asked):
    one = backend(endpoint.url)
    body = one.encode(ModelRequest("m", (Message.of(Role.USER, "hi"),), **asked))
    with pytest.raises(ProviderError, match=f"has no '{name}'") as caught:
        await one.send(Wire(body, "id", 5.0))
    assert (caught.value.fault, caught.value.parameter) == (Fault.PARAMETER, name)
    assert endpoint.bodies == []
    await one.aclose()


async def test_a_tool_whose_argument_is_called_seed_is_no_such_parameter(endpoint):
    endpoint.reply({"type": "message", "content": [], "stop_reason": "end_turn", "model": "m"})
    one = anthropic.AnthropicBackend(endpoint.url)
    tool = ToolSpec("f", "", {"type": "object", "properties": {"seed": {"type": "integer"}}})
    body = one.encode(ModelRequest("m", (Message.of(Role.USER, "hi"),), (tool,)))
    assert one.read(await one.send(Wire(body, "id", 5.0))).text == ""
    await one.aclose()


def event(kind, **more):
    return f"data: {json.dumps({'type': kind, 'index': 0, **more})}\n\n"


CLAUDE_ERROR = event("error", error={"type": "overloaded_error", "message": "Overloaded"})
CLAUDE_THINKS = event("content_block_delta", delta={"type": "thinking_delta", "thinking": "hm"})
CLAUDE_CALLS = event("content_block_start", content_block={"type": "tool_use", "id": "t", "name": "f"})
LLAMA_ERROR = '{"error": "it broke"}\n'
LLAMA_THINKS = '{"message": {"thinking": "hm"}}\n'
LLAMA_CALLS = '{"message": {"tool_calls": [{"function": {"name": "f", "arguments": {}}}]}}\n'


@pytest.mark.parametrize(
    ("assembly", "body", "fault"),
    [
        (claude_stream.Events, event("message_start", message={}) + CLAUDE_ERROR, Fault.SERVER),
        (claude_stream.Events, CLAUDE_THINKS + CLAUDE_ERROR, Fault.NO_ANSWER),
        (claude_stream.Events, CLAUDE_CALLS + CLAUDE_ERROR, Fault.NO_ANSWER),
        (llama_stream.Lines, LLAMA_ERROR, Fault.SERVER),
        (llama_stream.Lines, LLAMA_THINKS + LLAMA_ERROR, Fault.NO_ANSWER),
        (llama_stream.Lines, LLAMA_CALLS + LLAMA_ERROR, Fault.NO_ANSWER),
    ],
)
def test_an_error_after_thoughts_or_calls_may_have_been_charged(assembly, body, fault):
    with pytest.raises(ProviderError) as caught:
        assembly().whole(body.encode())
    assert caught.value.fault is fault
