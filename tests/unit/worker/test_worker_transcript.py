"""Steps are stored and given back unchanged."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.calls.models import FinishReason, ModelAnswer, ToolCall, Usage
from loom.worker.transcript import (
    HumanAnswer,
    ModelTurn,
    Opening,
    Step,
    ToolResult,
    Transcript,
    step_from_json,
    step_to_json,
)

texts = st.text(max_size=20)
counts = st.integers(0, 10**9)
objects = st.dictionaries(texts, st.none() | st.booleans() | st.integers() | texts, max_size=3)
tool_calls = st.builds(ToolCall, texts, texts, st.none() | objects, texts)
answers = st.builds(
    ModelAnswer,
    st.none() | texts,
    st.lists(tool_calls, max_size=3).map(tuple),
    st.none() | texts,
    st.none() | st.builds(Usage, counts, counts, counts, counts),
    st.sampled_from(FinishReason),
    texts,
    st.lists(texts, max_size=2).map(tuple),
)
steps = st.one_of(
    st.builds(ModelTurn, answers, st.none() | st.binary(min_size=16, max_size=16)),
    st.builds(ToolResult, texts, texts, texts, st.booleans()),
    st.builds(HumanAnswer, texts, st.none() | texts),
)


@given(steps)
def test_a_stored_step_is_read_back_unchanged(step: Step) -> None:
    assert step_from_json(json.loads(json.dumps(step_to_json(step)))) == step


def test_a_step_of_a_kind_this_version_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="newer Loom"):
        step_from_json({"kind": "dream"})


def test_usage_is_summed_over_the_turns_that_reported_it() -> None:
    said = [
        ModelAnswer("a", usage=Usage(5, 2, 1)),
        ModelAnswer("b"),
        ModelAnswer("c", usage=Usage(7, 3, 0, 2)),
    ]
    transcript = Transcript(Opening(()), tuple(map(ModelTurn, said)))
    assert transcript.turns == 3
    assert transcript.usage == Usage(12, 5, 1, 2)


def test_usage_is_unknown_when_no_turn_reported_any() -> None:
    assert Transcript(Opening(()), (ModelTurn(ModelAnswer("a")),)).usage is None
