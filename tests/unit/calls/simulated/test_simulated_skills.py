"""Answers, reviews and translations, on sentences of our own, asked of the largest model."""

import json
from typing import Any

import pytest

from loom.calls.models import Message, ModelRequest, Role
from loom.calls.simulated import simulate
from loom.calls.simulated.german import to_german

TEXT = (
    "The tower was built in 1902 and is 88 metres tall. Its clock was given by Ada Quill, a merchant. "
    "The platform opens at 9:30 from 4 May. A ticket costs 7.50 euros, for groups of ten 60 euros."
)
ANSWER = 'Answer the question. Respond with ONLY JSON: {"answer": "<as short as possible>", "found": <true or false>}'
STRICT = ANSWER + '\n- If the text does not say it, found is false and answer is an empty string "".'
REVIEW = (
    'Check the draft against the checklist. Respond with ONLY JSON: {"verdict": "accept" | "revise", "missing": [<number>]}\n'
    "RULES:\n- A point is covered in other words too.\n- A point that is only announced is not covered.\n"
    "- A point whose opposite is said is not covered."
)
POINTS = ["apologizes for the noise", "names the day of the repair", "offers a discount"]


def ask(system: str, **given: Any) -> Any:
    messages = (Message.of(Role.SYSTEM, system), Message.of(Role.USER, json.dumps(given)))
    return json.loads(simulate(ModelRequest("sim-large", messages, temperature=0.0, seed=1)).answer.text)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How tall is the tower?", "88 metres"),
        ("Who gave the clock?", "Ada Quill"),
        ("At what time does the platform open?", "9:30"),
        ("On which date does the platform open?", "4 May"),
        ("What does a ticket cost?", "7.50 euros"),
        ("What year was the tower built?", "1902"),
    ],
)
def test_an_answer_is_of_the_kind_that_is_asked_for(question, answer):
    assert ask(STRICT, text=TEXT, question=question) == {"answer": answer, "found": True}


def test_who_is_told_to_says_that_there_is_no_answer_and_who_is_not_guesses():
    question = "What did the clock of the tower cost the merchant?"
    assert ask(STRICT, text=TEXT.replace("euros", "stamps"), question=question) == {
        "answer": "",
        "found": False,
    }
    assert ask(ANSWER, text=TEXT.replace("euros", "stamps"), question=question)["found"] is True


@pytest.mark.parametrize(
    ("draft", "missing"),
    [
        ("We are sorry for the noise. The repair is on Monday. Please accept a discount of 5 %.", []),
        ("The repair is on Monday. We are sorry about the noise.", [3]),
        ("Sorry for the noise! You will get a discount. We will tell you the day of the repair later.", [2]),
        ("We apologize for the noise. The repair is on Monday. There is no discount.", [3]),
        ("Thank you for your letter.", [1, 2, 3]),
    ],
)
def test_a_review_finds_the_points_that_a_draft_leaves_out(draft, missing):
    found = ask(REVIEW, checklist=POINTS, draft=draft)
    assert found == {"verdict": "revise" if missing else "accept", "missing": missing}


def test_a_point_that_is_missing_may_be_wanted_in_words():
    system = 'Which points are missing? Respond with ONLY JSON: {"missing": ["<point>"]}'
    assert ask(system, checklist=POINTS, draft="Dear neighbours, hello.") == {"missing": POINTS}


def german(text: str, level: int = 3, glossary: tuple[tuple[str, str], ...] = ()) -> str:
    return to_german(text, glossary, level, lambda _: False)


@pytest.mark.parametrize(
    ("english", "expected"),
    [
        ("Buy bread", "Brot kaufen"),
        ("Red house", "Rotes Haus"),
        ("Open the old door", "Alte Tür öffnen"),
        ("Three cold nights", "Drei kalte Nächte"),
        ("My key", "Mein Schlüssel"),
        ("Kitchen table", "Küchentisch"),
        ("File not found", "Datei nicht gefunden"),
        ("Copied: {count} files", "Kopiert: {count} Dateien"),
        ("Your friend is here.", "Ihr Freund ist hier."),
        ("The gizmo", "Die gizmo"),
    ],
)
def test_a_translation_has_endings_compounds_and_the_verb_in_its_place(english, expected):
    assert german(english) == expected


def test_the_word_list_comes_first_and_is_inflected():
    glossary = (("parcel", "Sendung"), ("drop", "verwerfen"))
    assert german("Drop two new parcels", glossary=glossary) == "Zwei neue Sendungen verwerfen"


def test_less_grammar_leaves_words_as_they_are():
    assert german("Buy red shoes", 1) == "Kaufen rot shoes"
    assert german("Buy red shoes", 2) == "Rot Schuhe kaufen"


def test_a_forgotten_word_stays():
    assert to_german("Buy bread", (), 3, lambda term: term.startswith("bread")) == "Bread kaufen"


def test_a_judge_without_an_expected_output_asks_whether_the_input_says_so():
    system = 'You are an impartial judge. Respond with JSON only: {"reasoning": "<why>", "score": 0.0}'
    grounded = ask(
        system, task="Summarize it.", input={"text": TEXT}, actual_output="The tower is 88 metres tall."
    )
    invented = ask(
        system, task="Summarize it.", input={"text": TEXT}, actual_output="Wolves sing at dawn in Peru."
    )
    assert grounded["score"] > invented["score"] + 0.3
    assert "stand in the input" in grounded["reasoning"]
