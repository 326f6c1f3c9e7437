"""The family as a whole: pure, bounded, better when larger and when told more."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loom.calls.models import FinishReason, Message, ModelRequest, Role
from loom.calls.simulated import simulate

CLEAR = """You sort the mail of a phone company.

INPUT FORMAT:
You will receive the customer's message.

OUTPUT FORMAT:
Respond with ONLY a JSON object:
{"category": "billing" | "network" | "hardware" | "sales"}

CATEGORIES:
- billing: invoices, charges, refunds, payments, the monthly bill
- network: no signal, slow internet, calls that drop, outages, wifi
- hardware: a broken phone, cracked screen, battery, charger, buttons
- sales: buying a new phone, prices of plans, upgrades, offers

RULES:
- Exactly one category.
- Never output anything except the JSON object.
"""
VAGUE = 'Say what it is about (billing, network, hardware or sales). Reply in JSON like {"category": "..."}'
MESSAGES = {
    "billing": (
        "My last invoice is twice as high as usual.",
        "You charged me for a call I never made.",
        "When will the refund reach my bank?",
        "The payment of the March bill failed again.",
        "Please explain the extra charges on my monthly bill.",
        "I paid the invoice but got a reminder.",
        "Can I get a copy of the May invoice?",
        "There is a payment on my statement that I do not know.",
    ),
    "network": (
        "I have had no signal since noon.",
        "The internet is slow every evening.",
        "My calls drop after a minute.",
        "Is there an outage in our street?",
        "The wifi cuts out in the kitchen.",
        "No signal in the cellar at all.",
        "Calls drop whenever I take the train.",
        "Our wifi is down and the internet too.",
    ),
    "hardware": (
        "The screen of my phone is cracked.",
        "The battery lasts only two hours.",
        "The charger gets very hot.",
        "One of the buttons is stuck.",
        "My phone is broken, it fell into the sink.",
        "The battery is swollen and lifts the screen.",
        "A new charger, please, this one is broken.",
        "Since the fall the buttons do not react.",
    ),
    "sales": (
        "What are the prices of your plans?",
        "I would like to buy a new phone.",
        "Are there offers for students?",
        "I want an upgrade to the larger plan.",
        "How much is the family plan?",
        "Do you have offers on a new phone this week?",
        "Which upgrades can I buy for my plan?",
        "Send me the prices for ten new phones.",
    ),
}


def asked(
    text: str, *, system: str = CLEAR, model: str = "sim-medium", seed: int | None = None, **params: object
) -> ModelRequest:
    messages = (Message.of(Role.SYSTEM, system), Message.of(Role.USER, text))
    return ModelRequest(model, messages, seed=seed, **{"temperature": 0.0, **params})  # type: ignore[arg-type]


def accuracy(model: str, system: str) -> float:
    cases = [(label, text, seed) for label, texts in MESSAGES.items() for text in texts for seed in range(4)]
    answers = [
        simulate(asked(text, system=system, model=model, seed=seed)).answer.text for _, text, seed in cases
    ]
    right = [f'"{label}"' in (answer or "") for (label, _, _), answer in zip(cases, answers, strict=True)]
    return sum(right) / len(right)


def test_the_same_request_gets_the_same_answer() -> None:
    assert simulate(asked("The wifi is down.")) == simulate(asked("The wifi is down."))


def test_seed_repetition_and_model_each_change_the_luck() -> None:
    texts = [text for group in MESSAGES.values() for text in group]
    plain = [simulate(asked(text, model="sim-small")).answer.text for text in texts]
    assert plain != [simulate(asked(text, model="sim-small", seed=1)).answer.text for text in texts]
    assert plain != [simulate(asked(text, model="sim-small"), repetition=1).answer.text for text in texts]


def test_a_larger_model_is_right_more_often() -> None:
    small, medium, large = (accuracy(f"sim-{size}", CLEAR) for size in ("small", "medium", "large"))
    assert 0.6 < small < medium < large
    assert large > 0.92


@pytest.mark.parametrize("model", ["sim-small", "sim-medium", "sim-large"])
def test_a_clear_prompt_beats_a_vague_one(model: str) -> None:
    assert accuracy(model, CLEAR) > accuracy(model, VAGUE) + 0.05


def test_examples_teach_classes_whose_names_say_nothing() -> None:
    told = "Name the team: red, green, blue or gold."
    pairs = [(team, text) for team, texts in teams().items() for text in texts[:3]]
    shown = "".join(f"Input: {text}\nOutput: {team}\n\n" for team, text in pairs)
    assert words_right(f"{told}\n\nExamples:\n{shown}") > 1.5 * words_right(told)


def teams() -> dict[str, tuple[str, ...]]:
    return dict(zip(("red", "green", "blue", "gold"), MESSAGES.values(), strict=True))


def words_right(system: str) -> int:
    cases = [(team, text) for team, texts in teams().items() for text in texts[3:]]
    return sum(team in (simulate(asked(text, system=system)).answer.text or "") for team, text in cases)


def test_heat_costs_quality() -> None:
    texts = [(label, text) for label, group in MESSAGES.items() for text in group]
    cold, hot = (
        sum(
            label in (simulate(asked(t, model="sim-small", temperature=heat, seed=s)).answer.text or "")
            for label, t in texts
            for s in range(8)
        )
        for heat in (0.0, 2.0)
    )
    assert cold > hot


def test_a_limit_of_tokens_cuts_the_answer_and_says_so() -> None:
    answer = simulate(asked("The wifi is down.", max_tokens=2)).answer
    assert answer.finish_reason is FinishReason.LENGTH
    assert answer.text == '{"catego'
    assert answer.usage is not None
    assert answer.usage.output_tokens == 2


def test_a_stop_sequence_ends_the_answer_before_it() -> None:
    answer = simulate(asked("The wifi is down.", stop=('"category"',))).answer
    assert answer.text == "{"
    assert answer.finish_reason is FinishReason.STOP


def test_a_model_outside_the_family_is_refused() -> None:
    with pytest.raises(KeyError, match="gpt"):
        simulate(asked("Hello", model="gpt"))


def test_a_snapshot_name_is_as_good_as_the_name() -> None:
    assert simulate(asked("The wifi is down.", model="sim-large-1")) == simulate(
        asked("The wifi is down.", model="sim-large")
    )


def test_a_larger_model_takes_longer() -> None:
    waits = [
        simulate(asked("The wifi is down.", model=f"sim-{size}")).latency_s
        for size in ("small", "medium", "large")
    ]
    assert waits == sorted(waits)


@settings(max_examples=150, deadline=None)
@given(system=st.text(max_size=300), text=st.text(max_size=300))
def test_no_text_makes_it_fail(system: str, text: str) -> None:
    answer = simulate(asked(text, system=system, model="sim-large")).answer
    assert answer.text is not None
    assert answer.usage is not None


HOSTILE = {
    "digits": "1" * 8000,
    "sums": "1+" * 4000,
    "amounts": "1,111" * 2000,
    "open objects": '{"a":' * 2000,
    "options": " or ".join("ab" for _ in range(2000)),
    "names": "Anna of the " * 800,
    "mail": "a." * 4000,
    "examples": "Input: a\n" * 1000,
    "lines": "a: b\n" * 2000,
    "codes": "A-1-" * 2000,
    "initials": "A. " * 3000,
    "blanks": " " * 8000,
    "empty lines": " \n" * 4000,
}


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("place", ["system", "user"])
def test_no_text_makes_it_slow(kind: str, place: str) -> None:
    system, text = (CLEAR + HOSTILE[kind], "Hi") if place == "system" else (CLEAR, HOSTILE[kind])
    wanted = 'Extract. Respond with JSON: {"name": "", "date": "", "total": 0.0, "email": "", "id": "", "result": 0}'
    started = time.perf_counter()
    assert simulate(asked(text, system=f"{wanted}\n{system}", model="sim-large")).answer.usage
    assert time.perf_counter() - started < 2


def test_an_answer_takes_a_few_milliseconds_at_most() -> None:
    texts = [
        f"{text} Case {number}." for number in range(10) for group in MESSAGES.values() for text in group
    ]
    started = time.perf_counter()
    for text in texts:
        simulate(asked(text, model="sim-large"))
    assert (time.perf_counter() - started) / len(texts) < 0.01
