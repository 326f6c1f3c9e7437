"""Evaluations at their door: opened, worked through, interrupted and gone on with."""

import pytest

from loom.access.models import LOCAL
from loom.calls.scripted import ScriptedBackend
from loom.calls.tables import attempt
from loom.core.errors import ConfigError, ConflictError, LimitError, NotFoundError, UsageError
from loom.core.ids import JobId, new_id
from loom.engine.bench import TestBench, TestWish
from loom.engine.models import JobState
from loom.engine.store import load_job
from loom.engine.tables import execution, job
from loom.evaluation.models import Case, Split, Suite
from loom.evaluation.running.specification import Evaluation, Selection
from loom.storage.database import open_database

TEXTS = [f"text {number}" for number in range(10)]


def outcomes(report):
    return [(one.case.name, one.repetition, one.outcome, one.score) for one in report.results]


async def test_a_worker_is_run_on_every_case_and_scored_by_field(lab, suite):
    report = await lab.run(suite("a", "wrong b", "c"))
    assert outcomes(report) == [
        ("a#0", 0, "passed", 1.0),
        ("wrong b#1", 0, "failed", 0.0),
        ("c#2", 0, "passed", 1.0),
    ]
    assert (report.run.state, report.run.done, report.run.planned) == ("completed", 3, 3)
    assert report.scorers == ("field_match",)


async def test_half_right_passes_only_where_somebody_says_so(lab):
    half = Suite("half", (Case("a", {"text": "a"}, {"label": "a", "other": 1}),))
    assert outcomes(await lab.run(half)) == [("a", 0, "failed", 0.5)]
    assert outcomes(await lab.run(half, scorers=("field_match",))) == [("a", 0, "passed", 0.5)]


async def test_the_tally_counts_as_results_come_in(lab, suite):
    work = await lab.evaluations.work(await lab.open(suite("a", "wrong", "refused", "nonsense")))
    await work.run()
    tally = work.tally
    counts = (tally.planned, tally.done, tally.passed, tally.failed, tally.errored)
    assert counts == (4, 4, 1, 2, 1)
    assert (await work.account()).spent_nano == 3


async def test_a_run_that_is_paused_and_resumed_comes_to_the_same_as_one_that_is_not(lab, suite):
    texts = [*TEXTS, "wrong", "refused", "nonsense"]
    job_id = await lab.open(suite(*texts), concurrency=2, use_cache=False)
    lab.halt_at = 4
    assert (await lab.work(job_id)).state is JobState.PAUSED
    assert 0 < (await lab.report(job_id)).run.done < len(texts)
    assert (await lab.work(job_id)).state is JobState.COMPLETED
    paused, straight = await lab.report(job_id), await lab.run(suite(*texts), use_cache=False)
    assert outcomes(paused) == outcomes(straight)
    assert (paused.pass_rate, paused.score, paused.cached) == (
        straight.pass_rate,
        straight.score,
        straight.cached,
    )
    assert (paused.paid_nano, paused.worth_nano) == (straight.paid_nano, straight.worth_nano)
    assert len(lab.backend.requests) == 2 * len(texts)


async def test_a_run_is_resumed_by_another_process_with_the_worker_and_the_suite_as_they_were(
    lab, suite, database_url
):
    job_id = await lab.open(suite(*TEXTS), concurrency=1)
    lab.halt_at = 2
    await lab.work(job_id)
    database = open_database(database_url)
    other = lab.elsewhere(database)
    other.task = None
    assert (await other.work(job_id, concurrency=4)).state is JobState.COMPLETED
    assert len(list((await other.report(job_id)).results)) == len(TEXTS)
    assert len(lab.backend.requests) + len(other.backend.requests) == len(TEXTS)
    await database.aclose()


async def test_a_finished_run_is_not_run_again(lab, suite):
    job_id = await lab.open(suite("a"))
    await lab.work(job_id)
    with pytest.raises(ConflictError, match="is completed already"):
        await lab.work(job_id)


async def test_a_second_run_of_the_same_is_served_from_the_cache(lab, suite):
    await lab.run(suite(*TEXTS))
    report = await lab.run(suite(*TEXTS))
    assert (report.cached, report.paid_nano, report.worth_nano) == (len(TEXTS), 0, 2 * len(TEXTS))
    assert len(lab.backend.requests) == len(TEXTS)


async def test_cases_that_are_alike_are_paid_once(lab, suite):
    report = await lab.run(suite("a", "a", "a"), concurrency=1)
    assert (len(list(report.results)), report.paid_nano, len(lab.backend.requests)) == (3, 1, 1)


async def test_repetitions_are_executions_of_their_own_and_each_is_asked_anew(lab, suite):
    report = await lab.run(suite("a", "wrong"), repetitions=3)
    assert [(one.case.name, one.repetition) for one in report.results] == [
        (name, number) for number in range(3) for name in ("a#0", "wrong#1")
    ]
    assert (len(lab.backend.requests), report.pass_rate.n, report.pass_rate.cases) == (6, 6, 2)


async def test_only_the_chosen_cases_are_run(lab):
    cases = (
        Case("one", {"text": "1"}, {"label": "1"}, tags=("easy",)),
        Case("two", {"text": "2"}, {"label": "2"}, tags=("hard",), split=Split.VALIDATION),
        Case("three", {"text": "3"}, {"label": "3"}, tags=("easy",), split=Split.SEALED),
        Case("four", {"text": "4"}, {"label": "4"}, tags=("easy", "hard")),
    )

    async def chosen(**selection):
        report = await lab.run(Suite("mixed", cases), selection=Selection(**selection))
        return [one.case.name for one in report.results]

    assert await chosen() == ["one", "two", "four"]
    assert await chosen(split=Split.SEALED) == ["three"]
    assert await chosen(tags=("hard",)) == ["two", "four"]
    assert await chosen(limit=2) == ["one", "two"]
    assert await chosen(split=Split.TRAIN, tags=("easy",), limit=1) == ["one"]


async def test_a_choice_without_a_case_is_refused_with_what_to_do(lab, suite):
    with pytest.raises(UsageError, match="selects no case of the suite 'texts'; choose another"):
        await lab.open(suite("a"), selection=Selection(tags=("nothing",)))


async def test_the_wished_scorers_come_first_then_the_suites(lab, suite):
    own = suite("a", scorers=("exact_match",))
    assert (await lab.run(own)).scorers == ("exact_match",)
    assert (await lab.run(own, scorers=("field_match", "exact_match"))).scorers == (
        "field_match",
        "exact_match",
    )


async def test_a_scorer_that_is_only_named_judges_as_the_suite_sets_it(lab):
    expected = {"label": "A", "why": "x"}
    half = Case("half", {"text": "a"}, expected_output=expected)
    strict = Suite("half", (half,), scorers=({"scorer": "field_match", "threshold": 1.0}, "exact_match"))
    assert (await lab.run(strict, scorers=("field_match",))).pass_rate.passed == 0
    loose = {"scorer": "field_match", "threshold": 0.5}
    assert (await lab.run(strict, scorers=(loose,))).pass_rate.passed == 1


async def test_a_misconfigured_scorer_is_refused_before_anything_is_written(lab, suite, database, rows):
    with pytest.raises(ConfigError, match="exact_mach"):
        await lab.open(suite("a"), scorers=("exact_mach",))
    assert rows(database, job) == []


async def test_the_same_scorer_given_twice_is_refused_before_anything_is_written(lab, suite, database, rows):
    with pytest.raises(ConfigError, match="twice"):
        await lab.open(suite("a"), scorers=("field_match", {"scorer": "field_match", "threshold": 0.9}))
    assert rows(database, job) == []


async def test_a_budget_is_never_exceeded_and_the_rest_is_left_for_later(lab, suite, database, rows):
    job_id = await lab.open(suite(*TEXTS), budget_nano=14, use_cache=False)
    ended = await lab.work(job_id)
    assert ended.state is JobState.PAUSED
    assert isinstance(ended.cause, LimitError)
    report = await lab.report(job_id)
    assert 0 < report.paid_nano <= 14
    assert len(rows(database, attempt)) == len(list(report.results))


async def test_a_budget_for_a_model_without_a_price_is_refused(lab, suite, route_to):
    route = route_to(lab.backend, None)
    with pytest.raises(LimitError, match="price of 'm' is unknown"):
        await lab.open(suite("a"), route=route, budget_nano=5)


async def test_bench_and_evaluation_send_the_same_bytes(lab, suite):
    await lab.run(suite("it broke"), use_cache=False)
    wish = TestWish("labeller", lab.task, {"text": "it broke"}, await lab.route(), use_cache=False)
    heard = []
    await TestBench(lab.database, lab.clock).test(wish, LOCAL, heard.append)
    evaluated, streamed = lab.backend.wires
    assert evaluated.body == streamed.body
    assert heard


async def test_what_the_bench_has_paid_is_free_for_an_evaluation(lab, suite):
    wish = TestWish("labeller", lab.task, {"text": "it broke"}, await lab.route())
    await TestBench(lab.database, lab.clock).test(wish, LOCAL)
    report = await lab.run(suite("it broke"))
    assert (report.cached, report.paid_nano, len(lab.backend.requests)) == (1, 0, 1)


async def test_a_job_whose_endpoint_is_gone_is_refused_and_left_as_it_was(lab, suite, database, rows):
    job_id = await lab.open(suite("a"))
    lab.configured = False
    with pytest.raises(UsageError, match="is not an endpoint"):
        await lab.work(job_id)
    assert rows(database, job)[0].state != "running"


async def test_a_job_does_not_go_on_at_another_server(lab, suite, route_to):
    begun = await lab.open(suite("a"), route=route_to(ScriptedBackend(origin="http://a.example/v1")))
    with pytest.raises(UsageError, match=r"is at scripted:// now, .* begun at http://a.example/v1 .*set its"):
        await lab.work(begun)


async def test_a_job_that_is_not_there_is_named(lab):
    with pytest.raises(NotFoundError, match="there is no job"):
        await lab.work(JobId(new_id()))


async def test_an_evaluation_is_stored_whole(lab, suite, database):
    job_id = await lab.open(suite("a"), selection=Selection(Split.TRAIN, limit=7), repetitions=2)
    spec = database.read_now(lambda connection: load_job(connection, job_id)).spec
    assert Evaluation.from_json(spec).to_json() == spec
    assert Evaluation.from_json(spec).selection == Selection(Split.TRAIN, limit=7)


async def test_nothing_is_called_before_the_work_begins(lab, suite, database, rows):
    await lab.open(suite("a"))
    assert (lab.backend.requests, rows(database, execution)) == ([], [])
