"""A run added up in SQL is the run added up one by one, whatever is in it."""

import pytest

from loom.evaluation.models import Case, ItemKey, Suite
from loom.evaluation.running.specification import Selection
from loom.evaluation.statistics.rates import both_rates
from one_by_one import ScoredExecution, case_totals

MIXED = ("a", "b", "wrong", "nonsense", "refused", "invalid", "c")
STRICT = {"scorer": "exact_match", "threshold": 1, "weight": 3}
HALF = {"scorer": "regex", "pattern": "a", "field": "label", "threshold": 0.5}


async def one_by_one(lab, report):
    """The same totals from the results, as a person goes through them."""
    return case_totals(
        ScoredExecution(
            ItemKey(one.key), one.case.name, one.outcome, one.score, one.case.cluster, one.case.weight
        )
        for one in await lab.reports.results(report.run)
    )


def counts(cases):
    return [
        (one.name, one.passed, one.failed, one.errored, one.unscored, one.aborted, round(one.score_sum, 9))
        for one in cases
    ]


@pytest.mark.parametrize("scorers", [(), (STRICT,), ("field_match", STRICT, HALF)])
async def test_the_totals_are_those_of_the_results(lab, suite, scorers):
    report = await lab.run(suite(*MIXED), repetitions=3, scorers=scorers)
    cases = await one_by_one(lab, report)
    assert sorted(counts(report.cases)) == sorted(counts(cases))
    assert (report.pass_rate, report.score) == both_rates(cases)


async def test_cases_with_scorers_of_their_own_are_added_up_too(lab):
    cases = (
        Case("own", {"text": "a"}, {"label": "b"}, scorers=(HALF,)),
        Case("none", {"text": "a"}),
        Case("bad", {"text": "wrong"}, {"label": "a"}),
    )
    report = await lab.run(Suite("own", cases), repetitions=2)
    assert sorted(counts(report.cases)) == sorted(counts(await one_by_one(lab, report)))
    assert {one.name: one.passed for one in report.cases} == {"own": 2, "none": 0, "bad": 0}


async def test_only_the_cases_that_were_run_are_in_it_in_the_order_of_the_suite(lab, suite):
    report = await lab.run(suite(*MIXED), selection=Selection(limit=3), repetitions=2)
    assert [case.name for case in report.cases] == ["a#0", "b#1", "wrong#2"]


async def test_the_first_failures_are_found_without_going_through_everything(lab, suite):
    report = await lab.run(suite(*MIXED), repetitions=2)
    assert [one.case.name for one in report.failures(3)] == ["wrong#2", "nonsense#3", "wrong#2"]
    assert len(list(report.failures(99))) == 8


async def test_the_commonest_errors_are_counted(lab, suite):
    report = await lab.run(suite("refused x", "refused y", "a"))
    assert report.errors == (("it was refused", 2),)


async def test_an_invalid_output_that_no_scorer_could_judge_has_failed_and_is_not_unscored(lab):
    cases = tuple(Case(said, {"text": said}) for said in ("a", "nonsense", "invalid"))
    report = await lab.run(Suite("expects nothing", cases))
    assert (report.pass_rate.unscored, report.invalid) == (1, 2)
    assert [number for _, number in report.unscored] == [1]
