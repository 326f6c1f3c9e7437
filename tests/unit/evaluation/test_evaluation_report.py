"""What a run came to, and which run is meant by a name."""

import asyncio

import pytest

from loom.access.models import LOCAL
from loom.calls.scripted import ScriptedBackend
from loom.core.errors import ConflictError, Fault, NotFoundError, ProviderError, UsageError
from loom.core.ids import short, text
from loom.engine.bench import TestBench, TestWish
from loom.engine.jobs import JobPlan, open_job
from loom.engine.models import JobKind, NewRun
from loom.evaluation.models import Case, Split, Suite
from loom.evaluation.reports.document import ReportDocument
from loom.evaluation.reports.markdown import as_markdown
from loom.evaluation.reports.values import report_json
from loom.evaluation.running.specification import Selection
from loom.evaluation.statistics.case_totals import Outcome
from loom.workshop.pages.run_facts import run_figures

MIXED = ("a", "b", "wrong", "nonsense", "refused", "c")


async def opened_tests(lab, count):
    """Jobs of the bench, none of them an evaluation."""

    async def one(number):
        run = NewRun(number.to_bytes(16, "big"), {}, "labeller", None, None, "m", "scripted", True, 1)
        await open_job(lab.database, lab.clock, JobPlan(JobKind.TEST, {}, (run,)), LOCAL)

    await asyncio.gather(*(one(number) for number in range(1, count + 1)))


class TestRates:
    async def test_errors_stay_in_the_denominator_and_every_count_is_there(self, lab, suite):
        report = await lab.run(suite(*MIXED))
        rate = report.pass_rate
        assert (rate.attempted, rate.completed, rate.errored, rate.passed, rate.n) == (6, 5, 1, 3, 6)
        assert (rate.value, report.score.value) == (0.5, 0.5)
        assert rate.interval.low < 0.5 < rate.interval.high

    @pytest.mark.parametrize("says", ["nonsense", "invalid"])
    async def test_an_output_that_breaks_its_contract_has_failed(self, lab, suite, says):
        report = await lab.run(suite(says, "a"))
        assert ([one.outcome for one in report.results], report.invalid) == (["failed", "passed"], 1)
        assert next(iter(report.results)).problems

    async def test_an_output_that_breaks_its_contract_has_failed_even_where_no_scorer_can_judge(self, lab):
        cases = (Case("nonsense", {"text": "nonsense"}), Case("good", {"text": "good"}))
        report = await lab.run(Suite("open", cases))
        assert [one.outcome for one in report.results] == [Outcome.FAILED, Outcome.UNSCORED]
        assert (report.invalid, report.pass_rate.n) == (1, 1)

    async def test_a_case_without_expectation_is_unscored_and_in_no_denominator(self, lab):
        cases = (Case("open", {"text": "a"}), Case("closed", {"text": "b"}, {"label": "b"}))
        report = await lab.run(Suite("mixed", cases))
        assert [one.outcome for one in report.results] == [Outcome.UNSCORED, Outcome.PASSED]
        assert (report.pass_rate.unscored, report.pass_rate.n, report.pass_rate.value) == (1, 1, 1.0)

    async def test_an_error_says_what_went_wrong_and_an_output_is_shown(self, lab, suite):
        refused, good = (await lab.run(suite("refused", "a"))).results
        assert (refused.outcome, refused.error, refused.output) == ("errored", "it was refused", None)
        assert (good.error, good.output, good.problems) == (None, {"label": "a"}, ())

    async def test_each_scorer_gives_its_value_and_its_reason(self, lab, suite):
        scorers = ("field_match", {"scorer": "exact_match", "weight": 3, "threshold": 0})
        report = await lab.run(suite("wrong"), scorers=scorers)
        [one] = report.results
        assert one.scores == {"field_match": (0.0, "differs in label"), "exact_match": (0.0, "not equal")}
        assert report.scorers == ("field_match", "exact_match")

    async def test_two_scorers_of_one_kind_are_both_shown(self, lab, suite):
        scorers = tuple(
            {"scorer": "regex", "pattern": pattern, "field": "label"} for pattern in ("^a$", "^b$")
        )
        report = await lab.run(suite("a"), scorers=scorers)
        assert sorted(value for value, _ in next(iter(report.results)).scores.values()) == [0.0, 1.0]
        assert len(report.scorers) == 2

    async def test_a_run_that_has_not_begun_has_no_rate(self, lab, suite):
        report = await lab.report(await lab.open(suite("a")))
        assert (tuple(report.results), report.pass_rate.value, report.latency_ms) == ((), None, None)
        assert report.pass_rate.show() == "no rate, n = 0"


class TestMoney:
    async def test_what_was_paid_and_what_the_answers_are_worth_are_told_apart(self, lab, suite):
        first = await lab.run(suite("a", "b"))
        second = await lab.run(suite("a", "b", "c"))
        assert (first.paid_nano, first.worth_nano, first.cached) == (2, 2, 0)
        assert (second.paid_nano, second.worth_nano, second.cached) == (1, 3, 2)
        assert (second.output_tokens, second.input_tokens) == (3, 3 * first.input_tokens // 2)

    async def test_a_run_without_prices_is_of_unknown_worth(self, lab, suite, route_to):
        lab._route_to = lambda backend: route_to(backend, None)
        report = await lab.run(suite("a"))
        assert (report.worth_nano, report.output_tokens) == (None, 1)

    async def test_a_try_that_may_have_been_paid_counts_as_paid(self, lab, suite, route_to):
        lab._route_to = lambda backend: route_to(backend, tries=1)
        lab.backend = ScriptedBackend(ProviderError("cut off", Fault.NO_ANSWER))
        report = await lab.run(suite("a"))
        assert (report.paid_nano, report.worth_nano, report.pass_rate.errored) == (10, 0, 1)

    async def test_times_are_of_what_was_not_cached(self, lab, suite):
        fresh, stored = await lab.run(suite("a", "b")), await lab.run(suite("a", "b"))
        assert fresh.latency_ms[0] <= fresh.latency_ms[1]
        assert stored.latency_ms is None
        assert [one.latency_ms for one in stored.results] == [0, 0]


class TestNames:
    @pytest.fixture
    async def reports(self, lab, suite):
        return [await lab.run(suite(name, name=name)) for name in ("one", "two", "three")]

    async def test_a_run_is_found_by_its_id_and_by_the_digits_that_tables_show(self, lab, reports):
        run = reports[1].run
        for name in (text(run.id), run.id.hex(), short(run.id), short(run.id).upper(), text(run.job)):
            assert (await lab.reports.find(name)).id == run.id

    async def test_the_last_runs_are_found_without_digits(self, lab, reports):
        found = [(await lab.reports.find(name)).suite for name in ("last", "last~0", "last~1", "last~2")]
        assert found == ["three", "three", "two", "one"]

    async def test_a_test_of_the_bench_is_not_the_last_run(self, lab, reports):
        wish = TestWish("labeller", lab.task, {"text": "x"}, await lab.route())
        await TestBench(lab.database, lab.clock).test(wish, LOCAL)
        assert (await lab.reports.find("last")).suite == "three"
        assert [run.kind for run in await lab.reports.runs()] == ["test", *["evaluation"] * 3]

    async def test_the_last_run_is_found_behind_any_number_of_tests(self, lab, suite):
        await lab.run(suite("a"))
        await opened_tests(lab, 250)
        assert (await lab.reports.find("last")).suite == "texts"

    @pytest.mark.parametrize("name", ["last~7", "ffffffff"])
    async def test_a_run_that_is_not_there_is_named(self, lab, reports, name):
        with pytest.raises(NotFoundError, match=rf"there is no .*'{name}'$"):
            await lab.reports.find(name)

    @pytest.mark.parametrize("name", ["yesterday", "last~x", "abc"])
    async def test_what_cannot_be_a_run_is_refused_with_what_to_do(self, lab, name):
        with pytest.raises(UsageError, match=f"is no run.*{name}.*(give|write)"):
            await lab.reports.find(name)

    async def test_digits_that_fit_several_runs_are_refused_with_the_runs(self, lab):
        for start in (b"\x01", b"\x02"):
            run = NewRun(start + bytes(15), {}, "labeller", None, None, "m", "scripted", True, 1)
            await open_job(lab.database, lab.clock, JobPlan(JobKind.TEST, {"n": 1}, (run,)), LOCAL)
        with pytest.raises(ConflictError, match=r"'00000000' fits several runs \(02.*, 01.*\); give more"):
            await lab.reports.find("00000000")

    async def test_runs_are_listed_newest_first_with_how_far_they_are(self, lab, suite, reports):
        await lab.open(suite("a", "b", name="four"))
        listed = await lab.reports.runs(2)
        assert [(run.suite, run.state, run.done, run.planned) for run in listed] == [
            ("four", "pending", 0, 2),
            ("three", "completed", 1, 1),
        ]

    async def test_a_test_of_the_bench_has_no_report(self, lab):
        await opened_tests(lab, 1)
        [run] = await lab.reports.runs()
        with pytest.raises(UsageError, match="has no suite; choose a run of `loom eval`"):
            await lab.reports.report(run)


class TestComparisons:
    async def compared(self, lab, first, second, **wish):
        runs = [(await lab.run(each, **wish)).run for each in (first, second)]
        return await lab.reports.compare(*runs)

    async def test_runs_are_compared_case_by_case(self, lab):
        cases = tuple(Case(f"case {n}", {"text": f"t{n}"}, {"label": f"t{n}"}) for n in range(12))
        good = (await lab.run(Suite("s", cases))).run
        lab.backend = ScriptedBackend('{"label":"t0"}')
        bad = (await lab.run(Suite("s", cases), use_cache=False)).run
        compared = await lab.reports.compare(good, bad)
        assert (compared.verdict, compared.cases) == ("worse", 12)
        assert (compared.fixed, len(compared.broken)) == ((), 11)
        assert compared.pass_rate.change.mean == pytest.approx(-11 / 12)
        assert (await lab.reports.compare(bad, good)).verdict == "better"

    async def test_equal_runs_are_not_separable(self, lab, suite):
        compared = await self.compared(lab, suite(*MIXED), suite(*MIXED))
        assert (compared.verdict, compared.fixed, compared.broken) == ("not separable", (), ())
        assert compared.errored_a == compared.errored_b == ("refused#4",)

    async def test_cases_of_one_side_only_are_named(self, lab, suite):
        compared = await self.compared(lab, suite("a", "b"), suite("a", "c"))
        assert (compared.only_a, compared.only_b, compared.cases) == (("b#1",), ("c#1",), 1)

    async def test_sealed_cases_are_said_to_be_sealed(self, lab):
        sealed = Suite("s", (Case("x", {"text": "x"}, {"label": "x"}, split=Split.SEALED),))
        compared = await self.compared(lab, sealed, sealed, selection=Selection(Split.SEALED))
        assert compared.sealed


async def test_a_cost_says_what_of_it_is_for_calls_that_never_came_back(lab, suite):
    lost = ProviderError("the connection broke", Fault.NO_ANSWER)
    lab.backend = ScriptedBackend([lost, '{"label":"a"}', '{"label":"b"}'])
    report = await lab.run(suite("a", "b"))
    assert (report.lost.attempts, 0 < report.lost.cost_nano < report.paid_nano) == (1, True)
    assert "of it $" in "".join(as_markdown(ReportDocument(report, 0)))
    assert "for 1 call that never came back" in run_figures(report)[2].note
    assert report_json(report, 0)["lost"]["attempts"] == 1
    assert (await lab.run(suite("a", "b"))).lost.attempts == 0
