"""Two runs before a judge: both orders, ties where they contradict, and a job that is budgeted and resumed."""

import json
from typing import Any

import pytest

from loom.access.models import LOCAL
from loom.calls.models import ModelAnswer
from loom.calls.tables import call
from loom.core.errors import Fault, LimitError, ProviderError, UsageError
from loom.engine.models import JobState
from loom.evaluation.comparing.comparison import Verdict
from loom.evaluation.judging.pairs import Judged, PairJudge, PairOutcome, Winner, summary
from loom.evaluation.judging.service import Judgings, PairWish
from loom.evaluation.models import Case
from loom.evaluation.scorers.base import JudgeChoice

CASE = Case("c", {"q": "?"}, "Bern")
JUDGE = PairJudge("m", "e")


class Answers:
    """A caller that answers in turn."""

    def __init__(self, *winners: str) -> None:
        self._winners = list(winners)
        self.asked: list[Any] = []

    async def ask(self, request: Any, wish: Any, *, sample: int = 0, timeout_s: Any = None) -> ModelAnswer:
        self.asked.append(json.loads(request.messages[1].text))
        return ModelAnswer(json.dumps({"reasoning": "so", "winner": self._winners.pop(0)}))

    async def embed(self, texts: Any, wish: Any, *, timeout_s: Any = None) -> Any:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("said", "winner", "swayed"),
    [
        (("A", "B"), Winner.A, False),
        (("B", "A"), Winner.B, False),
        (("A", "A"), Winner.TIE, True),
        (("B", "B"), Winner.TIE, True),
        (("tie", "A"), Winner.TIE, False),
        (("Answer A", "tie"), Winner.TIE, False),
        (("tie", "neither"), Winner.TIE, False),
    ],
)
async def test_a_verdict_that_changes_with_the_order_is_a_tie(said, winner, swayed):
    caller = Answers(*said)
    found = await JUDGE.compare(CASE, "Bern", "Basel", caller)
    assert (found.winner, found.swayed) == (winner, swayed)
    assert [(one["answer_a"], one["answer_b"]) for one in caller.asked] == [
        ("Bern", "Basel"),
        ("Basel", "Bern"),
    ]
    assert PairOutcome.from_json(found.to_json()) == found


@pytest.mark.parametrize(("a", "b", "winner"), [("x", "x", "tie"), (None, "x", "b"), ("x", None, "a")])
async def test_where_nothing_needs_asking_nothing_is_asked(a, b, winner):
    caller = Answers()
    assert (await JUDGE.compare(CASE, a, b, caller)).winner == winner
    assert caller.asked == []


async def test_an_answer_without_a_winner_is_asked_for_again_and_then_given_up():
    assert (await JUDGE.compare(CASE, "x", "y", Answers("hm", "A", "B"))).winner is Winner.A
    with pytest.raises(ValueError, match="names no winner"):
        await JUDGE.compare(CASE, "x", "y", Answers("hm", "hm"))


def outcomes(**counts: int) -> list[tuple[bytes, Judged]]:
    made = {
        "a": PairOutcome(Winner.A, ("first", "second")),
        "b": PairOutcome(Winner.B, ("second", "first")),
        "tie": PairOutcome(Winner.TIE, ("tie", "tie")),
        "first": PairOutcome(Winner.TIE, ("first", "first")),
        "lost": None,
    }
    listed = [made[name] for name, count in counts.items() for _ in range(count)]
    return [(b"%d" % number, Judged(CASE, outcome)) for number, outcome in enumerate(listed)]


def test_wins_become_a_verdict_with_an_interval():
    found = summary(outcomes(b=30, a=8, tie=10, lost=2))
    assert (found.verdict, found.wins_b, found.wins_a, found.ties, found.unjudged) == (
        Verdict.BETTER,
        30,
        8,
        10,
        2,
    )
    assert found.change is not None
    assert found.change.mean == pytest.approx(22 / 48)
    assert 22 / 48 in found.change.interval
    assert summary(outcomes(a=30, b=8)).verdict is Verdict.WORSE
    for even in (outcomes(a=20, b=20), outcomes(b=5), outcomes(tie=30), outcomes(lost=3), []):
        assert summary(even).verdict is Verdict.NOT_SEPARABLE


def test_a_judge_that_prefers_a_place_is_found_out():
    assert summary(outcomes(first=10, b=10)).biased
    assert not summary(outcomes(first=2, b=10)).biased
    assert not summary(outcomes(a=10, b=10)).biased


def test_repetitions_of_a_case_count_once():
    pair = Judged(CASE, PairOutcome(Winner.B, ("second", "first")))
    assert summary([(b"1", pair)] * 40).cases == 1


@pytest.fixture
def pairs(lab: Any) -> Any:
    """A lab whose model judges too: the answer that is its input wins, else the first."""

    class Pairs(type(lab)):
        fails: Any = None

        def _answer(self, request: Any) -> Any:
            seen = json.loads(request.messages[-1].text)
            if "answer_a" not in seen:
                return super()._answer(request)
            if self.fails is not None:
                return self.fails
            right = [
                json.loads(seen[name])["label"] == seen["input"]["text"] for name in ("answer_a", "answer_b")
            ]
            return json.dumps({"reasoning": "r", "winner": "B" if right == [False, True] else "A"})

        async def judging(self, a: Any, b: Any, **wish: Any) -> Any:
            judgings = Judgings(self.database, self.clock, self, self.reports)
            return await judgings.work(PairWish(a.run, b.run, JudgeChoice(), **wish), LOCAL)

    return Pairs(lab.database, lab._route_to)


async def two_runs(pairs: Any, suite: Any) -> tuple[Any, Any]:
    """The second answers right where the first said `other`."""
    texts = [f"wrong {number}" for number in range(8)] + ["same"]
    before = await pairs.run(suite(*texts))
    good = type(pairs)._answer
    pairs.backend._next = lambda request: (
        json.dumps({"label": json.loads(request.messages[-1].text)["text"]})
        if "answer_a" not in json.loads(request.messages[-1].text)
        else good(pairs, request)
    )
    return before, await pairs.run(suite(*texts), use_cache=False)


async def test_the_better_run_wins_and_the_calls_are_the_jobs(pairs, suite, rows):
    before, after = await two_runs(pairs, suite)
    work = await pairs.judging(before, after)
    assert (await work.run()).state is JobState.COMPLETED
    found = summary(await work.pairs())
    assert (found.verdict, found.wins_b, found.ties, found.asked) == (Verdict.BETTER, 8, 1, 8)
    assert (await work.account()).spent_nano > 0
    judged = [row for row in rows(pairs.database, call) if row.purpose == "judge"]
    assert len(judged) == 16
    again = await pairs.judging(before, after)
    await again.run()
    assert ((await again.account()).spent_nano, summary(await again.pairs())) == (0, found)


async def test_a_budget_pauses_it_and_the_same_wish_goes_on(pairs, suite):
    before, after = await two_runs(pairs, suite)
    asked = len(pairs.backend.requests)
    ended = await (work := await pairs.judging(before, after, budget_nano=320)).run()
    assert (ended.state, type(ended.cause).__mro__[1]) == (JobState.PAUSED, LimitError)
    again = await pairs.judging(before, after, budget_nano=100_000)
    assert again.run_id == work.run_id
    assert (await again.run()).state is JobState.COMPLETED
    assert len(pairs.backend.requests) - asked == 16
    assert summary(await again.pairs()).wins_b == 8


async def test_a_judge_that_refuses_leaves_pairs_unjudged_and_a_wrong_key_pauses(pairs, suite):
    before, after = await two_runs(pairs, suite)
    pairs.fails = ProviderError("wrong key", Fault.UNAUTHORIZED)
    assert (await (await pairs.judging(before, after)).run()).state is JobState.PAUSED
    pairs.fails = ProviderError("too long", Fault.REFUSED)
    work = await pairs.judging(before, after)
    assert (await work.run()).state is JobState.COMPLETED
    assert summary(await work.pairs()).unjudged == 8
    assert {one.error for _, one in await work.pairs()} == {"too long", None}


async def test_runs_that_share_no_case_are_refused(pairs, suite):
    one, other = await pairs.run(suite("a")), await pairs.run(suite("b"))
    with pytest.raises(UsageError, match="share no case"):
        await pairs.judging(one, other)
