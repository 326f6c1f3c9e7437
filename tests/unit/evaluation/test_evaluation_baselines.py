"""Baselines and looks at sealed cases, as they are kept."""

import pytest

from loom.access.models import LOCAL
from loom.core.errors import NotFoundError, UsageError
from loom.evaluation.comparing.baselines import Baselines
from loom.evaluation.models import Case, Split, Suite
from loom.evaluation.running.specification import Selection
from loom.evaluation.tables import baseline


@pytest.fixture
def baselines(lab):
    return Baselines(lab.database, lab.clock)


async def test_a_baseline_is_of_a_worker_on_a_suite_and_the_newest_holds(
    lab, suite, baselines, database, rows
):
    first, second = (await lab.run(suite("a"))).run, (await lab.run(suite("a"))).run
    other = (await lab.run(suite("a", name="other"))).run
    for run in (first, other, second):
        await baselines.set(run, "why", LOCAL)
    found = await baselines.get("labeller", "texts")
    assert (found.run, found.note, found.principal) == (second.id, "why", LOCAL.name)
    assert [one.suite for one in await baselines.all()] == ["other", "texts"]
    assert len(rows(database, baseline)) == 3


async def test_a_baseline_that_was_cleared_is_gone_and_can_be_set_again(lab, suite, baselines):
    run = (await lab.run(suite("a"))).run
    await baselines.set(run, None, LOCAL)
    assert (await baselines.clear("labeller", "texts", LOCAL)).run == run.id
    for gone in (baselines.get("labeller", "texts"), baselines.clear("labeller", "texts", LOCAL)):
        with pytest.raises(NotFoundError, match="no baseline on texts"):
            await gone
    assert await baselines.all() == []
    await baselines.set(run, None, LOCAL)
    assert (await baselines.get("labeller", "texts")).run == run.id


async def test_a_run_that_has_not_come_to_its_end_is_no_baseline(lab, suite, baselines):
    pending = await lab.report(await lab.open(suite("a")))
    with pytest.raises(UsageError, match=r"is pending: no baseline.*--resume"):
        await baselines.set(pending.run, None, LOCAL)


async def test_every_run_over_sealed_cases_is_counted_and_no_other(lab):
    cases = (
        Case("open", {"text": "o"}, {"label": "o"}),
        Case("s", {"text": "s"}, {"label": "s"}, split=Split.SEALED),
    )
    sealed = Selection(Split.SEALED)
    looks = [
        (await lab.run(Suite("mixed", cases), selection=selection)).sealed_looks
        for selection in (sealed, Selection(), sealed, sealed)
    ]
    assert looks == [1, None, 2, 3]
    assert (await lab.run(Suite("copy", cases), selection=sealed)).sealed_looks == 4
    others = (Case("s", {"text": "t"}, {"label": "t"}, split=Split.SEALED),)
    assert (await lab.run(Suite("mixed", others), selection=sealed)).sealed_looks == 1
