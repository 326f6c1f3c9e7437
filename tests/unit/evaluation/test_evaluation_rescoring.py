"""Outputs scored once more: no worker is asked, and the result is a run like any other."""

from dataclasses import replace

import pytest
from msgspec import structs

from loom.access.models import LOCAL
from loom.core.errors import ConfigError, UsageError
from loom.core.ids import text
from loom.engine.models import JobState, Steer
from loom.evaluation.models import Case, Split, Suite
from loom.evaluation.running.rescoring import RescoreWish, Rescorings
from loom.evaluation.running.specification import Selection
from loom.evaluation.suites.store import SuiteStore

MIXED = ("a", "b", "wrong", "nonsense", "refused", "c")
STARTS_WITH_A = {"scorer": "regex", "pattern": "^a", "field": "label"}


@pytest.fixture
def rescorings(lab):
    return Rescorings(lab.database, lab.clock, lab, SuiteStore())


@pytest.fixture
def rescored(lab, rescorings):
    async def run(source, *scorers, **wish):
        job = await rescorings.open(RescoreWish(source, scorers, **wish), LOCAL)
        ended = await (await rescorings.work(job)).run()
        assert ended.state is JobState.COMPLETED
        return await lab.report(job)

    return run


async def test_outputs_are_judged_by_other_scorers_and_no_model_is_asked(lab, suite, rescored):
    first = await lab.run(suite(*MIXED), repetitions=2)
    asked = len(lab.backend.requests)
    report = await rescored(first.run, STARTS_WITH_A)
    assert len(lab.backend.requests) == asked
    assert (report.run.kind, report.run.done, report.scorers) == ("rescore", 12, ("regex",))
    assert (report.pass_rate.passed, report.pass_rate.errored, report.invalid, report.paid_nano) == (
        2,
        2,
        2,
        0,
    )
    assert [one.output for one in report.results] == [one.output for one in first.results]


async def test_the_same_scorers_give_the_same_rates(lab, suite, rescored):
    first = await lab.run(suite(*MIXED))
    report = await rescored(first.run, "field_match")
    assert (report.pass_rate, report.score) == (first.pass_rate, first.score)
    assert (await lab.reports.compare(first.run, report.run)).pass_rate.change.mean == 0


async def test_a_scorer_may_look_at_the_words_of_the_answer_as_they_came(lab, suite, rescored):
    first = await lab.run(suite("a", "nonsense"))
    report = await rescored(first.run, {"scorer": "regex", "pattern": "^hm$"})
    scores = {one.case.name: one.scores["regex"][0] for one in report.results}
    assert scores == {"a#0": 0.0, "nonsense#1": 1.0}


async def test_a_re_scoring_that_is_paused_goes_on_where_it_stood(lab, suite, rescorings):
    first = await lab.run(suite(*(f"t{n}" for n in range(40))))
    job = await rescorings.open(RescoreWish(first.run, ("exact_match",), concurrency=1), LOCAL)
    work = await rescorings.work(job)
    work.steer(Steer.PAUSE)
    assert (await work.run()).state is JobState.PAUSED
    again = await rescorings.work(job)
    assert (await again.run()).state is JobState.COMPLETED
    report = await lab.report(job)
    assert (report.run.done, again.tally.done) == (40, 40)
    assert (await lab.reports.find("last")).id == report.run.id
    assert text(report.run.job) == text(job)


async def test_a_run_can_be_scored_as_another_was_whatever_its_own_suite_says(lab, suite, rescorings):
    strict = {"scorer": "field_match", "threshold": 1.0}
    first = await lab.run(replace(suite(*MIXED), scorers=(strict,)))
    for scorers in (("field_match",), (STARTS_WITH_A, "exact_match")):
        other = await lab.run(suite(*MIXED), scorers=scorers)
        job = await rescorings.open(await rescorings.like(first.run, other.run), LOCAL)
        await (await rescorings.work(job)).run()
        again = (await lab.report(job)).run
        assert not (await lab.reports.compare(again, other.run)).scored_differently


async def test_where_nobody_names_a_scorer_a_re_scoring_judges_as_an_evaluation_does(lab, suite, rescored):
    first = await lab.run(suite(*MIXED))
    report = await rescored(first.run)
    assert (report.pass_rate, report.scorers) == (first.pass_rate, first.scorers)


async def test_a_run_can_be_scored_as_one_whose_cases_have_their_own_scorers(lab, suite, rescorings):
    first = await lab.run(suite(*MIXED))
    cases = suite(*MIXED).cases
    own = structs.replace(cases[0], scorers=(STARTS_WITH_A,))
    other = await lab.run(Suite("texts", (own, *cases[1:])))
    job = await rescorings.open(await rescorings.like(first.run, other.run), LOCAL)
    await (await rescorings.work(job)).run()
    assert (await lab.report(job)).pass_rate == first.pass_rate


async def test_a_re_scoring_can_be_scored_again(lab, suite, rescored):
    first = await lab.run(suite("a", "b"))
    again = await rescored((await rescored(first.run, "exact_match")).run, STARTS_WITH_A)
    assert again.pass_rate.passed == 1


async def test_a_re_scoring_of_a_re_scoring_has_the_words_of_the_answers_too(lab, suite, rescored):
    first = await lab.run(suite("a", "nonsense"), repetitions=2)
    second = await rescored(first.run, "exact_match")
    third = await rescored(
        (await rescored(second.run, "exact_match")).run, {"scorer": "regex", "pattern": "^hm$"}
    )
    assert {one.case.name: one.scores["regex"][0] for one in third.results} == {"a#0": 0.0, "nonsense#1": 1.0}


async def test_scoring_sealed_outputs_once_more_is_a_look_and_others_are_not(lab, rescored):
    cases = (
        Case("o", {"text": "o"}, {"label": "o"}),
        Case("s", {"text": "s"}, {"label": "s"}, split=Split.SEALED),
    )
    for selection, looks in ((Selection(Split.SEALED), 2), (Selection(), None)):
        first = await lab.run(Suite("mixed", cases), selection=selection)
        assert (await rescored(first.run, "exact_match")).sealed_looks == looks
    assert (await lab.run(Suite("mixed", cases), selection=Selection(Split.SEALED))).sealed_looks == 3


async def test_what_cannot_be_scored_again_is_refused(lab, suite, rescorings):
    pending = await lab.report(await lab.open(suite("a")))
    with pytest.raises(UsageError, match="has no output yet; choose a run"):
        await rescorings.open(RescoreWish(pending.run, ("exact_match",)), LOCAL)
    done = await lab.run(suite("a"))
    with pytest.raises(ConfigError, match="exact_mach"):
        await rescorings.open(RescoreWish(done.run, ("exact_mach",)), LOCAL)


@pytest.mark.parametrize(
    ("steer", "words"),
    [
        (Steer.PAUSE, r"is paused at 3 of 4: .*; finish it first: loom eval --resume"),
        (Steer.STOP, r"is stopped at 3 of 4: .*; evaluate again: answers that were paid for"),
    ],
)
async def test_a_run_of_which_only_a_part_is_done_is_not_scored_again(lab, suite, rescorings, steer, words):
    lab.halt_at, lab.halt_by = 3, steer
    wish = RescoreWish((await lab.run(suite("a", "b", "c", "d"), concurrency=1)).run, ("exact_match",))
    for refused in (rescorings.estimate(wish), rescorings.open(wish, LOCAL)):
        with pytest.raises(UsageError, match=words):
            await refused
