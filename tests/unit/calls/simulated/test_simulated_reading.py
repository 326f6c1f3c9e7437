"""What is read from a prompt, seen in the fields, classes and rules."""

import pytest

from loom.calls.simulated.brief import Kind, Missing, Task
from loom.calls.simulated.prompt_reading import read_prompt


def test_fields_come_from_a_loose_json_skeleton() -> None:
    brief = read_prompt(
        'Respond with JSON:\n{"people": ["name1"], "count": <total number of entities>, "due": "YYYY-MM-DD" or null}'
    )
    assert [(field.name, field.kind, field.type) for field in brief.fields] == [
        ("people", Kind.PEOPLE, "array"),
        ("count", Kind.COUNT, "integer"),
        ("due", Kind.DATE, "string"),
    ]


def test_nested_objects_become_groups() -> None:
    brief = read_prompt(
        'Return {"buyer": {"name": "...", "email": "..."}, "lines": [{"item": "...", "price": 0.0}]}'
    )
    buyer, lines = brief.fields
    assert [child.kind for child in buyer.children] == [Kind.PARTY, Kind.EMAIL]
    assert lines.many
    assert [child.name for child in lines.children] == ["item", "price"]


@pytest.mark.parametrize(
    "prompt",
    [
        'Classify. Respond with {"kind": "red | green | blue"}',
        'Classify. Respond with {"kind": "red" | "green" | "blue"}',
        'Classify. Respond with {"kind": "red" or "green" or "blue"}',
        'Classify. Respond with {"kind": "<one of: red, green, blue>"}',
        'Classify. The kind is one of red, green or blue. Respond with {"kind": "..."}',
        'Classify.\n\nKIND:\n- red: fire, blood\n- green: grass\n- blue: sky,\n  sea\n\nOutput:\n{"kind": "..."}',
    ],
)
def test_classes_are_found_however_they_are_listed(prompt: str) -> None:
    (field,) = read_prompt(prompt).fields
    assert [label.name for label in field.labels] == ["red", "green", "blue"]


def test_classes_without_an_output_field_belong_to_the_answer() -> None:
    brief = read_prompt("Label the text.\nCategories:\n- spam: prizes, offers\n- ham: everything else")
    assert [label.name for label in brief.labels] == ["spam", "ham"]
    assert brief.fallback == "ham"


def test_the_input_format_gives_no_fields() -> None:
    brief = read_prompt(
        'INPUT FORMAT:\nYou receive JSON:\n{"text": "...", "id": 1}\n\nOUTPUT FORMAT:\n{"summary": "..."}'
    )
    assert [field.name for field in brief.fields] == ["summary"]


def test_only_stated_rules_count() -> None:
    stated = read_prompt(
        'Extract {"date": "...", "total": "..."}.\nRULES:\n- Dates as YYYY-MM-DD.\n- Amounts without currency.\n'
        "- Use null if a value is missing.\n- At most 20 words."
    ).rules
    assert (stated.date_pattern, stated.plain_amounts, stated.missing, stated.max_words) == (
        "%Y-%m-%d",
        True,
        Missing.NULL,
        20,
    )
    silent = read_prompt('Extract {"date": "...", "total": "..."}').rules
    assert (silent.date_pattern, silent.plain_amounts, silent.missing) == (None, False, Missing.UNSAID)


def test_examples_are_read_with_their_outputs() -> None:
    brief = read_prompt(
        'Sort.\n\nExamples:\nInput: it burns\nOutput: {"label": "hot"}\n\nInput: it freezes\nOutput: {"label": "cold"}'
    )
    assert [example.output for example in brief.examples] == [{"label": "hot"}, {"label": "cold"}]
    assert [field.name for field in brief.fields] == ["label"]


@pytest.mark.parametrize(
    ("prompt", "task"),
    [
        ("Summarize the article in two sentences.", Task.SUMMARIZE),
        ("Translate the text into German.", Task.TRANSLATE),
        ("You are an impartial judge. Score the answer.", Task.JUDGE),
        ("Which answer is better, A or B?", Task.COMPARE),
        ("Extract all named entities.", Task.ENTITIES),
        ("Tell a story.", Task.REPLY),
    ],
)
def test_the_task_is_named_by_the_prompt(prompt: str, task: Task) -> None:
    assert read_prompt(prompt).task is task


def test_clarity_grows_with_what_the_prompt_says() -> None:
    bare = "Classify as red or blue."
    formed = bare + ' Respond with ONLY JSON: {"kind": "red | blue"}'
    full = formed + "\n\nKIND:\n- red: fire, blood\n- blue: sky, sea\n\nRULES:\n- One kind.\n- No guessing.\n"
    assert read_prompt(bare).clarity < read_prompt(formed).clarity < read_prompt(full).clarity
