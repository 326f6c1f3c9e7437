"""Choosing a class: by what the prompt says of each, and of choosing; on sentences of our own."""

import pytest

from loom.calls.simulated.brief import Choosing
from loom.calls.simulated.classify import Classes, classify
from loom.calls.simulated.noise import Noise, Skill
from loom.calls.simulated.prompt_reading import read_prompt

GARAGE = (
    "Sort the message to a garage.\n\nTOPICS:\n- brakes: brakes, squealing\n- lights: lamps, a dark tail light\n"
    "- papers: inspection papers, a lost key\n- rest: everything else"
)
BY_REQUEST = "\n\nRULES:\n- Several topics: choose the one that the customer asks for."
WITHOUT_DENIED = "\n\nRULES:\n- A topic that the customer rules out does not count."
RULED_OUT = "I am not asking about the brakes. A lamp has burnt out."
DEPTHS = (1, 2, 3)


def chosen(depth: int, system: str, text: str) -> str:
    """The class that a reader of this depth gives when it does not slip."""
    brief = read_prompt(system)
    classes = Classes(brief.labels, brief.rules.choosing, brief.fallback)
    return classify(text, classes, Skill(depth, slip=0.0, untidy=0.0, background=0), Noise(b"", b"")).label


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("I lost the key.", "papers"),
        ("The tail is dark, no light there.", "lights"),
        ("It is dark when I come home.", "rest"),
        ("The tail of this queue is long.", "rest"),
    ],
)
def test_a_saying_counts_by_how_much_of_it_the_text_holds(depth: int, text: str, topic: str) -> None:
    assert chosen(depth, GARAGE, text) == topic


@pytest.mark.parametrize("depth", DEPTHS)
def test_what_is_asked_for_decides_where_the_prompt_says_so(depth: int) -> None:
    text = "The brakes were squealing. What about the lamps, the light?"
    assert chosen(depth, GARAGE + BY_REQUEST, text) == "lights"


@pytest.mark.parametrize("depth", DEPTHS)
def test_what_is_ruled_out_does_not_count_where_the_prompt_says_so(depth: int) -> None:
    assert chosen(depth, GARAGE + WITHOUT_DENIED, RULED_OUT) == "lights"


def test_the_smallest_counts_what_is_ruled_out_where_nothing_is_said() -> None:
    assert chosen(1, GARAGE, RULED_OUT) == "brakes"


@pytest.mark.parametrize(
    ("rule", "choosing"),
    [
        ("Several topics: choose the one the customer asks you to act on.", Choosing(asked=True)),
        ("More than one topic: take the one that is requested.", Choosing(asked=True)),
        ("What the customer wants decides.", Choosing(asked=True)),
        ("A topic that is ruled out does not count.", Choosing(ruled_out=True)),
        ("A topic that is said to be settled is ignored.", Choosing(ruled_out=True)),
        ("Ignore a topic that the customer rules out.", Choosing(ruled_out=True)),
        ("Give one topic.", Choosing()),
    ],
)
def test_how_to_choose_is_read_from_the_rules(rule: str, choosing: Choosing) -> None:
    assert read_prompt(f"{GARAGE}\n\nRULES:\n- {rule}").rules.choosing == choosing
