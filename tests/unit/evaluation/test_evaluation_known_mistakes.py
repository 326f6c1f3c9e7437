"""Mistakes that evaluation tools are known for, put to our public door: each is answered rightly here."""

import pytest

from loom.calls.scripted import ScriptedBackend
from loom.core.errors import Fault, ProviderError
from loom.evaluation.models import Case, Suite
from loom.evaluation.scorers.match import FieldMatch


def answering(refused=(), wrong=()):
    """A model that refuses some texts, is wrong about others, and labels the rest as they should be."""

    def answer(request):
        said = request.messages[-1].text
        if any(f'"{text}"' in said for text in refused):
            return ProviderError("it was refused", Fault.REFUSED)
        return '{"label":"other"}' if any(f'"{text}"' in said for text in wrong) else '{"label":"right"}'

    return ScriptedBackend(answer)


def suite_of(count: int) -> Suite:
    return Suite("s", tuple(Case(f"t{n}", {"text": f"t{n}"}, {"label": "right"}) for n in range(count)))


@pytest.fixture
def scorer_fails_for(monkeypatch):
    """Lets the scorer fail for some cases, as one that asks an overloaded judge does."""
    score = FieldMatch.score
    failing: set[str] = set()

    def failing_score(self, item):
        if item.case in failing:
            raise RuntimeError("rate limit")
        return score(self, item)

    monkeypatch.setattr(FieldMatch, "score", failing_score)

    def choose(names):
        failing.clear()
        failing.update(names)

    return choose


def texts(*numbers: int) -> list[str]:
    return [f"t{n}" for n in numbers]


async def test_inspect_ai_3707_an_errored_sample_stays_in_the_denominator(lab):
    """100 samples, 10 error, 80 are right: another tool says 88.9 %, 80 of the 90 that came to an answer."""
    lab.backend = answering(refused=texts(*range(10)), wrong=texts(*range(10, 20)))
    report = await lab.run(suite_of(100))
    rate = report.pass_rate
    assert (rate.value, rate.n, rate.errored) == (0.8, 100, 10)
    assert rate.show().startswith("80.0 % [")
    assert rate.show().endswith("n = 100 (10 errored)")
    assert report.score.value == pytest.approx(0.8)


async def test_tau2_bench_493_a_task_whose_trials_all_broke_down_still_counts_as_not_passed(lab):
    """Two tasks of two trials, one trial succeeds, three break down: another tool says pass^1 = 100 %."""
    down = ProviderError("down", Fault.REFUSED)
    lab.backend = ScriptedBackend([down, '{"label":"right"}', down, down])
    report = await lab.run(suite_of(2), repetitions=2, concurrency=1)
    found = report.reliability
    assert [(one.k, one.value) for one in found.all_pass] == [(1, 0.25), (2, 0.0)]
    assert (found.cases, found.left_out, report.pass_rate.errored) == (2, (), 3)


async def test_ragas_2980_a_mean_over_what_survived_says_over_how_many_it_is(lab, scorer_fails_for):
    """Of 100 samples 90 could not be scored: another tool prints the mean of the other 10, and no more."""
    lab.backend = answering()
    scorer_fails_for(texts(*range(10, 100)))
    score = (await lab.run(suite_of(100))).score
    assert (score.value, score.n, score.unscored, score.attempted) == (1.0, 10, 90, 100)
    assert score.show() == "100.0 % [72.2, 100.0], n = 10 (90 unscored)"


async def test_ragas_2980_versions_are_compared_on_the_samples_that_both_have_scored(lab, scorer_fails_for):
    """Whether it got better, or others survived: only pairs tell, and what is in no pair is named."""
    lab.backend = answering(wrong=texts(*range(10)))
    scorer_fails_for(texts(*range(10)))
    first = await lab.run(suite_of(40))
    scorer_fails_for(texts(*range(10, 40, 2)))
    second = await lab.run(suite_of(40), use_cache=False)
    assert (first.pass_rate.value, second.pass_rate.value) == (1.0, 0.6)
    compared = await lab.reports.compare(first.run, second.run)
    assert (compared.verdict, compared.cases, compared.pass_rate.change.mean) == ("not separable", 15, 0.0)
    assert len(compared.unscored) == 25
