"""Looks at sealed cases, and baselines of folders, over every kind of database."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import update

from loom.access.models import LOCAL, Principal, PrincipalKind, Role
from loom.core.clock import SystemClock
from loom.core.ids import RunId, new_id
from loom.evaluation.models import Case, Split, Suite
from loom.evaluation.people_store import baseline_of, baselines, set_baseline
from loom.evaluation.sealed.cases import SealedCases, sealed_in
from loom.evaluation.sealed.looks_store import add_look, looks_at
from loom.evaluation.sealed.seals import Seals
from loom.evaluation.tables import peek
from loom.storage.database import Database, open_database
from loom.storage.statements import Phase, Statement


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def database(request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    opened = open_database(
        request.getfixturevalue("database_url" if request.param == "sqlite" else "postgres_url")
    )
    yield opened
    await opened.aclose()


def sealed(suite: str, *texts: str) -> SealedCases:
    cases = [Case(text, {"text": text}, {"label": text}, split=Split.SEALED) for text in texts]
    return sealed_in(Suite(suite, (Case("open", {"text": "seen by all"}), *cases)))


async def look(database: Database, seen: SealedCases) -> None:
    await database.writer.commit(*add_look(seen, RunId(new_id()), "local", 1))


@pytest.mark.parametrize(
    ("asked", "looks"),
    [
        (sealed("mails", "a", "b"), 2),
        (sealed("copy", "a", "b"), 2),
        (sealed("mails", "b", "c", "d"), 2),
        (sealed("mails", "a"), 1),
        (sealed("mails", "c", "d"), 0),
    ],
)
async def test_a_look_counts_for_every_suite_that_has_a_case_it_saw(
    database: Database, asked: SealedCases, looks: int
) -> None:
    await look(database, sealed("mails", "a", "b"))
    await look(database, sealed("mails", "b"))
    assert await database.read(lambda connection: looks_at(connection, asked)) == looks


async def test_three_clicks_at_once_are_one_look(database: Database) -> None:
    seals, cases = Seals(database, SystemClock()), sealed("mails", "a")
    seals_after = await asyncio.gather(*(seals.open(cases, LOCAL) for _ in range(3)))
    assert [seal.looks for seal in seals_after] == [1, 1, 1]


async def test_a_look_that_does_not_say_at_which_cases_counts_by_the_name_of_the_suite(
    database: Database,
) -> None:
    await look(database, sealed("mails", "a"))
    forget = Statement("peek.forget", update(peek).values(sealed=None), params=(), phase=Phase.SWEEP)
    await database.writer.commit(forget())
    names = {name: sealed(name, "a") for name in ("mails", "copy")}
    found = {
        name: await database.read(lambda connection, one=one: looks_at(connection, one))
        for name, one in names.items()
    }
    assert found == {"mails": 1, "copy": 0}


async def test_what_is_opened_is_open_in_a_copy_and_closed_in_another_suite_of_that_name(
    database: Database,
) -> None:
    seals = Seals(database, SystemClock())
    ann, bob = (Principal(name, Role.RUN, PrincipalKind.USER) for name in ("ann", "bob"))
    opened = await seals.open(sealed("mails", "a", "b"), ann)
    assert opened.looks == 1
    assert (await seals.of(sealed("copy", "b"), ann)).open_until_us == opened.open_until_us
    assert (await seals.of(sealed("mails", "c"), ann)).open_until_us is None
    assert (await seals.of(sealed("mails", "a", "b"), bob)).open_until_us is None


async def test_a_suite_without_sealed_cases_has_nothing_to_look_at(database: Database) -> None:
    seal = await Seals(database, SystemClock()).open(sealed("mails"), LOCAL)
    assert (seal.looks, seal.open_until_us) == (0, None)


async def test_the_baseline_of_a_folder_holds_before_an_unknown_one_and_that_before_anothers(
    database: Database,
) -> None:
    async def add(run: RunId | None, folder: str | None) -> None:
        await database.writer.commit(set_baseline("default", "w", "s", run, None, "ann", 1, folder))

    async def held(folder: str | None) -> RunId | None:
        found = await database.read(lambda connection: baseline_of(connection, "w", "s", folder))
        listed = await database.read(lambda connection: baselines(connection, folder))
        assert listed == ([found] if found else [])
        return found.run if found else None

    unknown, first, second = (RunId(new_id()) for _ in range(3))
    await add(unknown, None)
    await add(first, "/first")
    await add(second, "/second")
    assert [await held(folder) for folder in ("/first", "/second", "/third")] == [first, second, unknown]
    assert await held(None) == second
    await add(None, "/first")
    assert [await held(folder) for folder in ("/first", "/second")] == [None, second]
