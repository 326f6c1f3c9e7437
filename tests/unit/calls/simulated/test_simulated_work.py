"""The abilities one by one, on sentences of our own, asked of the largest model."""

import json
import math
from typing import Any

import pytest

from loom.calls.models import Message, ModelRequest, Part, Role, ToolCall, ToolSpec
from loom.calls.simulated import embed, simulate
from loom.calls.simulated.prices import cost_nano_usd

ORDER = ToolSpec(
    "find_order",
    "Look up the status of an order by its number",
    {"type": "object", "properties": {"order_id": {"type": "string"}}, "required": ["order_id"]},
)
WEATHER = ToolSpec(
    "get_weather",
    "Current weather of a city",
    {
        "type": "object",
        "properties": {"city": {"type": "string"}, "unit": {"enum": ["celsius", "fahrenheit"]}},
        "required": ["city"],
    },
)


def ask(text: str, system: str = "", *later: Message, **params: Any) -> Any:
    opening = (Message.of(Role.SYSTEM, system),) if system else ()
    messages = (*opening, Message.of(Role.USER, text), *later)
    return simulate(ModelRequest("sim-large", messages, temperature=0.0, seed=3, **params)).answer


def answer(text: str, system: str = "") -> str:
    return ask(text, system).text


def as_json(text: str, system: str) -> dict[str, Any]:
    return json.loads(answer(text, system))


def test_fields_are_copied_from_the_text_in_the_stated_format() -> None:
    system = (
        'Extract the data. Respond with ONLY JSON: {"invoice_number": "...", "date": "YYYY-MM-DD", "total": <number>, '
        '"currency": "<ISO code>", "email": "...", "phone": "..."}'
    )
    text = (
        "Invoice QX-771 of 3 May 2026. Total: €1,204.50. Questions: help@lumen.example or +44 20 7946 0958."
    )
    assert as_json(text, system) == {
        "invoice_number": "QX-771",
        "date": "2026-05-03",
        "total": 1204.5,
        "currency": "EUR",
        "email": "help@lumen.example",
        "phone": "+44 20 7946 0958",
    }


def test_without_a_stated_format_values_stay_as_written() -> None:
    assert as_json("Due on 3 May 2026.", 'Extract. Respond with ONLY JSON: {"due_date": "..."}') == {
        "due_date": "3 May 2026"
    }


def test_the_date_is_chosen_by_the_words_before_it() -> None:
    system = 'Extract. Respond with ONLY JSON: {"issue_date": "YYYY-MM-DD", "due_date": "YYYY-MM-DD"}'
    found = as_json("Payable by 2026-04-01, issued on 2026-03-02.", system)
    assert found == {"issue_date": "2026-03-02", "due_date": "2026-04-01"}


def test_people_places_and_organizations_are_told_apart() -> None:
    system = 'Find the entities. Respond with ONLY JSON: {"people": ["a"], "places": ["b"], "organizations": ["c"], "count": 0}\n- Deduplicate.'
    text = "Dr. Ana Moss left Norwich University for Lisbon. In Lisbon, Moss met Otto Brandt of Vellum Press."
    assert as_json(text, system) == {
        "people": ["Ana Moss", "Otto Brandt"],
        "places": ["Lisbon"],
        "organizations": ["Norwich University", "Vellum Press"],
        "count": 5,
    }


def test_a_summary_keeps_to_the_stated_limits() -> None:
    text = "The dam was finished in May. It holds back the Orr. The dam feeds two towns. Ducks like it. The dam cost nine million."
    found = as_json(
        text,
        'Summarize. Respond with ONLY JSON: {"summary": "<at most 12 words>", "key_points": ["<up to 2 points>"]}',
    )
    assert len(found["summary"].split()) <= 12
    assert len(found["key_points"]) == 2
    assert all(point in text for point in found["key_points"])


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is 12 * (3 + 4)?", "84"),
        ("What is the sum of 4, 8 and 15?", "27"),
        ("What is 15% of 80?", "12"),
        ("Tom has 12 apples, buys 5 and gives away 3. How many are left?", "14"),
    ],
)
def test_it_calculates(question: str, expected: str) -> None:
    assert expected in answer(question)


def test_a_question_is_answered_from_the_text() -> None:
    text = "The ferry leaves at seven. It reaches Kelm at nine. A ticket costs 14 euros."
    assert answer(
        json.dumps({"text": text, "question": "When does it reach Kelm?"}),
        "Answer the question from the text.",
    ) == ("It reaches Kelm at nine.")


def test_a_question_beyond_the_text_is_not_answered() -> None:
    payload = json.dumps(
        {"text": "The ferry leaves at seven.", "question": "Who painted the chapel ceiling?"}
    )
    assert answer(payload, "Answer the question from the text.") == "The text does not say."


def test_the_glossary_of_the_prompt_comes_first() -> None:
    assert (
        answer("Text: water and bread", "Translate into French.\nGlossary:\n- bread = baguette")
        == "eau et baguette"
    )


def test_a_judge_scores_the_better_output_higher() -> None:
    system = 'You are a judge. Respond with ONLY JSON: {"score": <0-1>, "reasoning": "...", "criteria": {"correctness": 0.0}}'
    expected = '## Expected output\n{"city": "Turin", "year": 1908}\n\n## Actual output\n'
    good, bad = (
        as_json(expected + actual, system)
        for actual in ('{"city": "Turin", "year": 1908}', '{"city": "Rome"}')
    )
    assert good["score"] > 0.85 > 0.4 > bad["score"]
    assert "city" in bad["reasoning"]


def test_a_comparison_names_the_better_answer() -> None:
    text = "Question: Which river flows through Turin?\n\nAnswer A: Turin is nice.\n\nAnswer B: The river Po flows through Turin."
    assert answer(text, "Which answer is better? Reply with only A, B or tie.") == "B"


def test_a_tool_is_chosen_by_its_words_and_its_arguments_are_filled() -> None:
    (call,) = ask("What is the weather in Oslo in celsius?", tools=(ORDER, WEATHER)).tool_calls
    assert (call.name, call.arguments) == ("get_weather", {"city": "Oslo", "unit": "celsius"})
    (call,) = ask("Where is my order KD-2041?", tools=(ORDER, WEATHER)).tool_calls
    assert (call.name, call.arguments) == ("find_order", {"order_id": "KD-2041"})


def test_a_request_that_fits_no_tool_calls_none() -> None:
    assert ask("Tell me a joke.", tools=(ORDER, WEATHER)).tool_calls == ()
    assert ask("What is the weather in Oslo?", tools=(WEATHER,), tool_choice="none").tool_calls == ()
    assert ask("Hm.", tools=(WEATHER,), tool_choice="required").tool_calls[0].name == "get_weather"


def test_a_tools_result_is_what_the_answer_is_made_of() -> None:
    call = ToolCall("c1", "find_order", {"order_id": "KD-2041"}, '{"order_id": "KD-2041"}')
    result = Message(Role.TOOL, (Part('{"status": "shipped", "carrier": "Brix"}'),), tool_call_id="c1")
    said = ask(
        "Where is my order KD-2041?", "", Message(Role.ASSISTANT, tool_calls=(call,)), result, tools=(ORDER,)
    )
    assert said.tool_calls == ()
    assert "shipped" in said.text


def test_a_schema_forces_clean_json_with_its_fields() -> None:
    schema = {
        "type": "object",
        "properties": {"mood": {"enum": ["good", "bad"]}, "words": {"type": "integer"}},
    }
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    for seed in range(20):
        request = ModelRequest(
            "sim-small", (Message.of(Role.USER, "A fine day"),), seed=seed, response_format=form
        )
        found = json.loads(simulate(request).answer.text or "")
        assert found.keys() == {"mood", "words"}


def test_near_texts_have_near_embeddings() -> None:
    cat, cats, tax = embed(["the cat sleeps", "a cat is sleeping", "tax law reform"])
    assert math.isclose(sum(value * value for value in cat), 1.0)
    assert (
        sum(a * b for a, b in zip(cat, cats, strict=True))
        > 0.5
        > sum(a * b for a, b in zip(cat, tax, strict=True))
    )
    assert embed([""], 8) == [[0.0] * 8]


def test_prices_are_per_million_tokens() -> None:
    assert cost_nano_usd("sim-medium", 1_000_000, 0) == 400_000_000
    assert cost_nano_usd("sim-large-1", 0, 1) == 10_000
