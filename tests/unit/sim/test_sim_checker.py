"""The checker on a real run, and on the same run after something was done to its books."""

import asyncio
import shutil
import sqlite3
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from loom.access.models import LOCAL
from loom.core.errors import NotFoundError
from loom.core.ids import new_id, text
from loom.core.settings import load_settings
from loom.core.worker_config import load_worker
from loom.evaluation.models import Case, Suite
from loom.evaluation.running.service import Wish
from loom.sim.bill import Row
from loom.sim.checker import Verdict, check, main, read_bill
from loom.sim.options import SimOptions
from loom.sim.server import serving
from loom.wiring.app import open_app
from loom.worker.task import WorkerTask

WORKER = """
schema: loom/v1
name: echo
description: Repeats.
system_prompt: Repeat the word.
input_schema: {type: object, properties: {word: {type: string}}}
output_schema: {type: object, properties: {word: {type: string}}}
max_output_tokens: 20
"""
CASES = 6


async def evaluate(folder: Path) -> None:
    (folder / "echo.yaml").write_text(WORKER)
    suite = Suite("words", tuple(Case(f"c{n}", {"word": f"w{n}"}, {"word": "a"}) for n in range(CASES)))
    options = SimOptions(fixed_answer='{"word": "a"}', bill_path=folder / "bill.jsonl")
    async with serving(options) as server:
        environment = {"OPENAI_BASE_URL": f"{server.url}/v1", "DATA_DIR": str(folder)}
        async with open_app(load_settings(environment, folder / "config.yaml")) as app:
            route = await app.endpoints.route(model="sim-small", endpoint="openai")
            task = WorkerTask(load_worker(folder / "echo.yaml"))
            wish = Wish("echo", task, suite, route, budget_nano=10**9)
            work = await app.evaluations.work(await app.evaluations.open(wish, LOCAL))
            await work.run()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished")
    asyncio.run(evaluate(folder))
    return folder


@dataclass
class Books:
    """The database and the bill of a finished run, to be falsified."""

    folder: Path
    rows: list[Row]

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder}/loom.db"

    def sql(self, *statements: str) -> None:
        with sqlite3.connect(self.folder / "loom.db") as connection:
            for statement in statements:
                assert connection.execute(statement).rowcount, statement
        connection.close()

    def bill_again(self, **changes: Any) -> None:
        self.rows.append(replace(self.rows[0], **changes))

    def verdict(self) -> Verdict:
        return check(self.url, "last", self.rows)


@pytest.fixture
def books(finished: Path, tmp_path: Path) -> Books:
    folder = tmp_path / "books"
    shutil.copytree(finished, folder)
    return Books(folder, list(read_bill(folder / "bill.jsonl")))


def wrong(verdict: Verdict) -> dict[str, int]:
    """What must be zero and is not."""
    names = (
        "lost",
        "duplicated",
        "repaid",
        "unexplained",
        "overspent_nano",
        "unbooked_nano",
        "unbalanced_nano",
    )
    return {name: getattr(verdict, name) for name in names if getattr(verdict, name)}


SECOND_TRY = """INSERT INTO attempt
    (id, call, account, number, epoch, state, fault, reserved_nano, cost_nano, opened_us, closed_us)
    SELECT x'{id}', call, account, 2, epoch, {state}, 0, {cost}, {opened}, {opened} FROM attempt WHERE row = 1"""


def second_try(books: Books, *, state: str = "'answered', NULL", opened: str = "closed_us + 1") -> None:
    """Another attempt for the first call, billed and paid for."""
    name, cost = new_id(), books.rows[0].cost_nano_usd
    books.sql(
        SECOND_TRY.format(id=name.hex(), state=state, cost=cost, opened=opened),
        f"UPDATE account SET spent_nano = spent_nano + {cost}",
    )
    books.bill_again(request_id=text(name))


def test_a_run_in_order_is_clean(books: Books) -> None:
    verdict = books.verdict()
    assert verdict.clean
    assert (verdict.planned, verdict.ended, verdict.errored, verdict.billed) == (CASES, CASES, 0, CASES)
    assert verdict.billed_nano == sum(row.cost_nano_usd for row in books.rows) > 0


def test_an_item_that_never_began_is_lost_and_so_is_the_answer_to_it(books: Books) -> None:
    books.sql("DELETE FROM execution WHERE number = 2")
    verdict = books.verdict()
    assert wrong(verdict) == {"lost": 2}
    assert "never begun" in verdict.show()


def test_an_item_that_did_not_end_is_lost_only_when_the_job_is_over(books: Books) -> None:
    books.sql("UPDATE execution SET state = 'running' WHERE number = 2")
    assert wrong(books.verdict()) == {"lost": 1}
    books.sql("UPDATE job SET state = 'paused'")
    assert books.verdict().clean


def test_a_missing_score_is_lost(books: Books) -> None:
    books.sql("DELETE FROM score WHERE row = 1")
    assert wrong(books.verdict()) == {"lost": 1}


def test_an_item_that_ended_twice_is_a_duplicate(books: Books) -> None:
    books.sql(
        "DROP INDEX uq_execution_run_item",
        "UPDATE execution SET item_key = (SELECT item_key FROM execution WHERE number = 1) WHERE number = 2",
    )
    assert wrong(books.verdict()) == {"lost": 1, "duplicated": 1}


def test_a_call_that_was_answered_twice_is_a_duplicate_repaid_and_unexplained(books: Books) -> None:
    second_try(books)
    assert wrong(books.verdict()) == {"duplicated": 1, "repaid": 1, "unexplained": 1}


def test_two_answers_at_the_same_time_are_no_repayment(books: Books) -> None:
    second_try(books, opened="opened_us")
    assert wrong(books.verdict()) == {"duplicated": 1, "unexplained": 1}


def test_a_try_before_the_answer_that_nobody_knows_of_explains_the_repetition(books: Books) -> None:
    second_try(books, state="'unknown', NULL", opened="opened_us - 1")
    verdict = books.verdict()
    assert verdict.clean, verdict.show()
    assert (verdict.unknown, verdict.repeated) == (1, 1)


def test_a_request_without_an_attempt_is_unexplained(books: Books) -> None:
    books.bill_again(request_id=text(new_id()))
    books.bill_again(request_id="of another client")
    assert wrong(books.verdict()) == {"unexplained": 2}


def test_an_attempt_that_is_billed_twice_is_unexplained_and_unbooked(books: Books) -> None:
    books.bill_again()
    assert wrong(books.verdict()) == {"unexplained": 1, "unbooked_nano": books.rows[0].cost_nano_usd}


def test_a_refused_request_counts_for_nothing(books: Books) -> None:
    books.bill_again(request_id=text(new_id()), billed=False, status=429)
    assert books.verdict().clean


def test_a_budget_below_the_bill_is_overspent_by_the_difference(books: Books) -> None:
    charged = sum(row.cost_nano_usd for row in books.rows)
    books.sql(f"UPDATE account SET limit_nano = {charged - 5}")
    assert wrong(books.verdict()) == {"overspent_nano": 5}


def test_an_account_that_differs_from_its_attempts_is_unbalanced(books: Books) -> None:
    books.sql("UPDATE account SET spent_nano = spent_nano + 3, reserved_nano = 4")
    assert wrong(books.verdict()) == {"unbalanced_nano": 7}


def test_a_call_booked_below_its_bill_is_unbooked(books: Books) -> None:
    books.rows[0].cost_nano_usd += 11
    assert wrong(books.verdict()) == {"unbooked_nano": 11}


def test_offenders_are_named_and_few(books: Books) -> None:
    books.sql("UPDATE execution SET state = 'running'")
    verdict = books.verdict()
    assert verdict.lost == CASES
    assert len(verdict.offenders["lost"]) == 5


def test_the_command_prints_the_table_and_fails_when_it_is_not_clean(
    books: Books, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(books.folder / "bill.jsonl"), "--database", books.url]
    assert main(arguments) == 0
    books.sql("DELETE FROM score")
    assert main([*arguments, "--run", "last"]) == 1
    assert "✗ lost" in capsys.readouterr().out


def test_a_run_that_is_not_there_is_an_error(books: Books) -> None:
    with pytest.raises(NotFoundError, match="no evaluation 'abcd'"):
        check(books.url, "abcd", books.rows)
