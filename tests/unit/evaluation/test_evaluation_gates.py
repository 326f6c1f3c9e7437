"""The gate: what closes it, what does not, and what it says when it cannot tell."""

from dataclasses import replace

import pytest

from loom.core.errors import UsageError
from loom.evaluation.comparing.comparison import Measure, RunScores, compare
from loom.evaluation.comparing.gates import Gate, Standing, pass_gate, refuse_uncalibrated
from loom.evaluation.models import ItemKey
from loom.evaluation.scorers import make_scorer
from loom.evaluation.scorers.base import JudgeChoice
from loom.evaluation.statistics.case_totals import CaseTotal
from loom.evaluation.statistics.rates import pass_rate


def run(name: str, passed: int, cases: int = 100, *, score: float = 1.0) -> RunScores:
    totals = [
        CaseTotal(ItemKey(b"", n), str(n), passed=int(n < passed), failed=int(n >= passed), score_sum=score)
        for n in range(cases)
    ]
    return RunScores(name, tuple(totals), name.encode())


def said(gate: Gate, before: RunScores | None, after: RunScores):
    measure = gate.measure
    return pass_gate(gate, pass_rate(after.cases), before and compare(before, after, measure))


def test_a_significant_regression_closes_the_gate():
    result = said(Gate(), run("a", 90), run("b", 70))
    assert (result.standing, result.failed) == (Standing.REGRESSED, True)
    assert result.reason.startswith("pass rate −20.0 points [")


def test_what_cannot_be_told_is_no_regression_but_is_said_with_the_cases_it_would_take():
    result = said(Gate(), run("a", 90), run("b", 88))
    assert (result.standing, result.failed) == (Standing.CANNOT_TELL, False)
    assert (
        f"a drop of 5.9 points cannot be ruled out; about {result.cases_needed} more cases" in result.reason
    )


def test_an_improvement_holds():
    assert said(Gate(), run("a", 70), run("b", 90)).standing is Standing.HELD


@pytest.mark.parametrize(
    ("tolerance", "after", "standing"),
    [
        (0.05, 70, Standing.REGRESSED),
        (0.05, 89, Standing.HELD),
        (0.15, 80, Standing.CANNOT_TELL),
        (0.30, 80, Standing.HELD),
    ],
)
def test_a_tolerance_allows_so_much_and_must_be_shown_to_be_kept(tolerance, after, standing):
    assert said(Gate(tolerance=tolerance), run("a", 90), run("b", after)).standing is standing


def test_the_run_itself_holds_against_itself():
    assert said(Gate(), run("a", 90), run("a", 90)).standing is Standing.HELD


@pytest.mark.parametrize(("minimum", "failed"), [(0.91, True), (0.9, False), (0.0, False)])
def test_a_minimum_is_a_rule_about_these_cases(minimum, failed):
    result = said(Gate(minimum=minimum), None, run("b", 90))
    assert result.failed is failed
    assert f"{100 * minimum:.1f} %" in result.reason


def test_the_score_may_decide_instead():
    before, after = run("a", 100, score=0.9), run("b", 100, score=0.6)
    after = RunScores("b", (*after.cases[:-1], CaseTotal(ItemKey(b"", 99), "99", passed=1, score_sum=0.7)))
    assert said(Gate(Measure.SCORE), before, after).standing is Standing.REGRESSED
    assert said(Gate(), before, after).standing is Standing.CANNOT_TELL


def test_a_gate_without_anything_to_go_by_is_refused():
    unscored = RunScores("a", (CaseTotal(ItemKey(b""), "a", unscored=1),))
    other = RunScores("c", (CaseTotal(ItemKey(b"else"), "a", passed=1),))
    for before, after, why in (
        (None, run("b", 9), "no baseline"),
        (run("a", 9), unscored, "no case of the run was scored"),
        (run("a", 9), other, "share no case"),
    ):
        with pytest.raises(UsageError, match=why):
            said(Gate(), before, after)


class TestJudges:
    @pytest.fixture
    def judge(self):
        return make_scorer("llm_judge", JudgeChoice("m", "e"))

    def labels(self, count, *, agreeing=True):
        return [(float(n % 2), float(n % 2 if agreeing else 1 - n % 2)) for n in range(count)]

    def test_a_judge_gates_only_from_fifty_labels_on(self, judge):
        for count in (0, 49):
            with pytest.raises(UsageError, match=r"'llm_judge' may not decide a gate.*label export r"):
                refuse_uncalibrated([judge], {judge.scorer_hash: self.labels(count)}, "r")
        refuse_uncalibrated([judge], {judge.scorer_hash: self.labels(50)}, "r")

    def test_a_judge_that_agrees_with_nobody_does_not_gate(self, judge):
        with pytest.raises(UsageError, match="kappa"):
            refuse_uncalibrated([judge], {judge.scorer_hash: self.labels(80, agreeing=False)}, "r")

    def test_what_asks_no_judge_needs_no_labels(self):
        refuse_uncalibrated([make_scorer("field_match")], {}, "r")


def test_a_gate_is_not_closed_by_a_baseline_that_has_not_ended():
    before = replace(run("a", 90), unfinished="run 1 has not ended: 100 of 200 done")
    with pytest.raises(UsageError, match=r"100 of 200 done; gate against a run that is completed"):
        said(Gate(), before, run("b", 20))


def test_a_gate_does_not_close_because_the_scorers_were_changed():
    before = replace(run("a", 90), scorers={"exact_match": "1"})
    with pytest.raises(UsageError, match=r"scored differently.*set a new baseline"):
        said(Gate(), before, replace(run("b", 20), scorers={"regex": "1"}))
