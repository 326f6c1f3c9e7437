"""Evaluations with scorers that ask models: journaled, cached, within the budget, and resumed without paying twice."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from loom.calls.tables import attempt, call
from loom.core.errors import ConfigError, Fault, LimitError, ProviderError, UsageError
from loom.engine.models import JobState
from loom.engine.store import load_job
from loom.evaluation.models import Case, Suite
from loom.evaluation.running.specification import Evaluation
from loom.evaluation.scorers.base import JudgeChoice

JUDGE = ("llm_judge",)


@pytest.fixture
def judged(lab: Any) -> Any:
    """A lab whose model also judges: 0.9 for an output that says its input, else 0.1, as `lab.verdict` may change."""

    class Judged(type(lab)):
        verdict: Callable[[Any], Any] | None = None

        def _answer(self, request: Any) -> Any:
            seen = json.loads(request.messages[-1].text)
            if "actual_output" not in seen:
                return super()._answer(request)
            if self.verdict is not None:
                return self.verdict(seen)
            right = json.loads(seen["actual_output"])["label"] == seen["input"]["text"]
            return json.dumps({"score": 0.9 if right else 0.1, "reasoning": "so it is"})

    return Judged(lab.database, lab._route_to)


def purposes(lab: Any, rows: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in rows(lab.database, call):
        found[row.purpose] = found.get(row.purpose, 0) + 1
    return found


def scores(report: Any, name: str = "llm_judge") -> list[float | None]:
    return [one.scores[name][0] for one in report.results]


async def test_a_judge_scores_on_the_jobs_account(judged, suite, rows):
    report = await judged.run(suite("a", "wrong b"), scorers=JUDGE)
    assert scores(report) == [0.9, 0.1]
    assert [one.scores["llm_judge"][1] for one in report.results] == ["so it is"] * 2
    assert purposes(judged, rows) == {"generate": 2, "judge": 2}
    booked = sum(row.cost_nano for row in rows(judged.database, attempt))
    assert report.paid_nano == booked > 2
    assert len(judged.backend.requests) == 4


async def test_what_was_judged_before_is_not_judged_again(judged, suite, rows):
    await judged.run(suite("a", "b"), scorers=JUDGE)
    again = await judged.run(suite("a", "b"), scorers=JUDGE)
    assert (len(judged.backend.requests), again.paid_nano, scores(again)) == (4, 0, [0.9, 0.9])
    assert purposes(judged, rows) == {"generate": 4, "judge": 4}


async def test_a_judge_that_cannot_be_asked_leaves_the_case_unscored(judged, suite):
    judged.verdict = lambda _: ProviderError("it is too long", Fault.REFUSED)
    report = await judged.run(suite("a", "b"), scorers=JUDGE)
    assert (scores(report), report.run.state) == ([None, None], "completed")
    assert report.pass_rate.unscored == 2


async def test_a_refused_key_of_the_judge_pauses_the_job_and_what_was_made_is_kept(judged, suite):
    judged.verdict = lambda _: ProviderError("wrong key", Fault.UNAUTHORIZED)
    job = await judged.open(suite("a", "b", "c"), scorers=JUDGE)
    ended = await judged.work(job)
    assert (ended.state, str(ended.cause)) == (JobState.PAUSED, "wrong key")
    judged.verdict = None
    assert (await judged.work(job)).state is JobState.COMPLETED
    made = [one for one in judged.backend.requests if "actual_output" not in one.messages[-1].text]
    assert len(made) == 3
    assert scores(await judged.report(job)) == [0.9] * 3


@pytest.mark.parametrize("use_cache", [True, False])
async def test_a_budget_that_a_judge_exhausts_pauses_the_job_and_nothing_is_paid_twice(
    judged, suite, rows, use_cache
):
    job = await judged.open(suite(*"abcdef"), scorers=JUDGE, budget_nano=520, use_cache=use_cache)
    ended = await judged.work(job)
    assert ended.state is JobState.PAUSED
    assert isinstance(ended.cause, LimitError)
    assert (await judged.work(job, budget_nano=100_000)).state is JobState.COMPLETED
    assert scores(await judged.report(job)) == [0.9] * 6
    assert purposes(judged, rows) == {"generate": 6, "judge": 6}
    assert len(judged.backend.requests) == 12


async def test_the_judge_is_the_one_that_was_chosen_when_the_job_was_opened(judged, suite):
    job = await judged.open(suite("a"), scorers=JUDGE, judge=JudgeChoice(prompt="Be strict."))
    stored = await judged.database.read(lambda connection: load_job(connection, job))
    evaluation = Evaluation.from_json(stored.spec)
    (scorer,) = evaluation.configured_scorers()
    assert (scorer.params["model"], scorer.params["endpoint"]) == ("m", "scripted")
    assert "\n\nBe strict.\n\n" in scorer.params["system"]
    assert Evaluation.from_json(evaluation.to_json()) == evaluation


async def test_a_judge_that_nobody_asks_is_refused(judged, suite):
    with pytest.raises(UsageError, match="add --scorer llm_judge"):
        await judged.open(suite("a"), judge=JudgeChoice("m"))


async def test_a_judge_without_a_price_is_refused_under_a_budget(judged, suite):
    free = replace(await judged.route(), price=None)

    async def unpriced(**_named: Any) -> Any:
        return free

    priced, judged.route = await judged.route(), unpriced
    with pytest.raises(LimitError, match="price"):
        await judged.open(suite("a"), route=priced, scorers=JUDGE, budget_nano=1000)


async def test_a_case_may_have_scorers_of_its_own(judged, suite):
    long = {"scorer": "length", "min_chars": 100}
    plain, strict = suite("a", "b").cases
    cases = (plain, structs.replace(strict, scorers=("field_match", long)))
    report = await judged.run(Suite("mixed", cases, scorers=("field_match",)))
    first, second = report.results
    assert (first.outcome, second.outcome) == ("passed", "failed")
    assert (set(first.scores), set(second.scores)) == ({"field_match"}, {"field_match", "length"})


async def test_a_case_without_scorers_is_scored_by_field_where_others_have_their_own(judged):
    own = Case("own", {"text": "a"}, {"label": "z"}, scorers=({"scorer": "regex", "pattern": "a"},))
    plain = Case("plain", {"text": "b"}, {"label": "b"})
    report = await judged.run(Suite("mixed", (own, plain)))
    assert [set(one.scores) for one in report.results] == [{"regex"}, {"field_match"}]
    assert [one.outcome for one in report.results] == ["passed", "passed"]


async def test_a_case_whose_scorer_is_wrong_is_refused_before_anything_is_paid(judged, suite):
    (case,) = suite("a").cases
    with pytest.raises(ConfigError):
        await judged.open(Suite("bad", (structs.replace(case, scorers=("judge_judy",)),)))
    assert judged.backend.requests == []


async def test_an_embedding_model_is_asked_for_all_texts_of_a_case_at_once(judged, suite, rows):
    similar = {"scorer": "embedding_similarity", "field": "label", "model": "m"}
    report = await judged.run(suite("a", "wrong b"), scorers=(similar,))
    assert scores(report, "embedding_similarity")[0] == pytest.approx(1)
    assert (scores(report, "embedding_similarity")[1] or 0) < 0.99
    wires = [wire for wire in judged.backend.wires if wire.kind == "embedding"]
    assert sorted(len(json.loads(wire.body)["input"]) for wire in wires) == [1, 2]
    assert purposes(judged, rows) == {"generate": 2, "embed": 2}
