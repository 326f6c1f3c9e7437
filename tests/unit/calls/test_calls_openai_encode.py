"""How a request is spelled for the OpenAI API."""

import json

import pytest

from loom.calls.models import Message, ModelRequest, Part, Role, ToolCall, ToolSpec
from loom.calls.openai import OpenAIBackend

BACKEND = OpenAIBackend("http://h:1")


def test_what_is_unset_is_not_sent():
    body = BACKEND.encode(ModelRequest("m", (Message.of(Role.USER, "é"),)))
    assert body == '{"messages":[{"content":"é","role":"user"}],"model":"m"}'.encode()


def test_every_setting_has_its_place():
    tool = ToolSpec("f", "does f", {"type": "object"})
    request = ModelRequest(
        "m",
        (Message.of(Role.SYSTEM, "s"),),
        tools=(tool,),
        tool_choice="f",
        temperature=0.0,
        top_p=1.0,
        max_tokens=5,
        seed=0,
        stop=("a",),
        response_format={"type": "json_object"},
    )
    assert json.loads(BACKEND.encode(request)) == {
        "model": "m",
        "messages": [{"role": "system", "content": "s"}],
        "tools": [
            {
                "type": "function",
                "function": {"name": "f", "description": "does f", "parameters": {"type": "object"}},
            }
        ],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "temperature": 0.0,
        "top_p": 1.0,
        "max_tokens": 5,
        "seed": 0,
        "stop": ["a"],
        "response_format": {"type": "json_object"},
    }


@pytest.mark.parametrize("choice", ["auto", "none", "required"])
def test_a_general_tool_choice_is_a_word(choice):
    request = ModelRequest("m", (), tool_choice=choice)
    assert json.loads(BACKEND.encode(request))["tool_choice"] == choice


def test_a_conversation_with_tools_goes_back_as_the_model_wrote_it():
    calls = (ToolCall("c1", "f", None, "{broken"), ToolCall("c2", "g", {"b": 1, "a": 2}))
    messages = (
        Message(Role.ASSISTANT, tool_calls=calls),
        Message(Role.TOOL, (Part("one"), Part("two")), tool_call_id="c1"),
    )
    assistant, tool = json.loads(BACKEND.encode(ModelRequest("m", messages)))["messages"]
    assert assistant["content"] is None
    assert [call["function"]["arguments"] for call in assistant["tool_calls"]] == ["{broken", '{"a":2,"b":1}']
    assert tool == {"role": "tool", "content": "onetwo", "tool_call_id": "c1"}
