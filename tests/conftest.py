"""What tests of several rooms share: one event loop, a fresh database, and a call path on a scripted model."""

import asyncio
import shutil
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from sqlalchemy import Table, select

from loom.calls.backend import Backend, OnDelta
from loom.calls.journal import Journal
from loom.calls.limits import Limiter, LimitKeys, RetryPolicy
from loom.calls.models import Message, ModelRequest, Role
from loom.calls.path import CallPath, Route, Served, Wanted
from loom.calls.store import AccountState, account_state, keep_account
from loom.core.clock import Clock, SystemClock
from loom.core.ids import AccountId, ExecutionId, new_id
from loom.core.money import Price
from loom.storage.database import Database, open_database
from loom.storage.migrate import migrate
from loom.storage.sqlite import SqliteBackend

hypothesis.settings.register_profile("loom", deadline=None)  # a busy machine is no defect
hypothesis.settings.load_profile("loom")

PRICE = Price(input=0, output=1_000_000)
"""1 nano-dollar per word of a scripted answer."""

MAX_TOKENS = 10
"""So a call reserves 10."""


@pytest.fixture(scope="session", autouse=True)
def signals() -> None:
    """What tests start hears Ctrl-C and closed terminals, though they may be run where nobody does: by nohup, by `&`."""
    for number, usual in ((signal.SIGHUP, signal.SIG_DFL), (signal.SIGINT, signal.default_int_handler)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy: migrating takes most of a second."""
    path = tmp_path_factory.mktemp("database") / "empty.db"
    backend = SqliteBackend(path)
    migrate(backend)
    backend.close()
    return path


@pytest.fixture
def database_url(empty_database: Path, tmp_path: Path) -> str:
    """A database of this test's own."""
    path = tmp_path / "loom.db"
    shutil.copy(empty_database, path)
    return f"sqlite:///{path}"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = open_database(database_url)
    yield opened
    await opened.aclose()


@pytest.fixture
def rows() -> Callable[..., list[Any]]:
    """The rows of a table as last committed, in the order in which they were written."""

    def read(database: Database, table: Table) -> list[Any]:
        query = select(table).order_by(table.c.row)
        return list(database.read_now(lambda connection: connection.execute(query).all()))

    return read


@pytest.fixture
def route_to() -> Callable[..., Route]:
    """A route to a backend, unlimited."""

    def make(
        backend: Backend, price: Price | None = PRICE, *, clock: Clock | None = None, tries: int = 5
    ) -> Route:
        limiter = Limiter(clock or SystemClock())
        policy = RetryPolicy(max_tries=tries, max_paid_tries=tries)
        return Route(backend, "m", price, LimitKeys("scripted", "m"), limiter, policy)

    return make


class Caller:
    """A call path that pays from an account of its own."""

    def __init__(
        self, database: Database, route: Route, account: AccountId, project: str = "default", **options: Any
    ) -> None:
        self.database = database
        self.account = account
        journal = Journal(database.writer, SystemClock(), account, project)
        self.path = CallPath(route, journal, database, **options)

    def want(self, text: str = "hello", repetition: int = 0, **fields: Any) -> Wanted:
        message = Message.of(Role.USER, text)
        request = ModelRequest("m", (message,), **{"max_tokens": MAX_TOKENS, **fields})
        return self.path.want(request, ExecutionId(new_id()), repetition=repetition)

    async def ask(
        self, text: str = "hello", repetition: int = 0, on_delta: OnDelta | None = None, **fields: Any
    ) -> Served:
        return await self.path.call(self.want(text, repetition, **fields), on_delta)

    async def money(self) -> AccountState:
        """When all that was posted is written."""
        await self.database.writer.flush()
        return self.database.read_now(lambda connection: account_state(connection, self.account))


@pytest.fixture
def caller(database: Database, route_to: Callable[..., Route]) -> Callable[..., Any]:
    """Makes a `Caller` on a backend; `options` are those of `CallPath`."""

    async def make(
        backend: Backend,
        price: Price | None = PRICE,
        *,
        limit_nano: int | None = None,
        project: str = "default",
        tries: int = 5,
        **options: Any,
    ) -> Caller:
        account = AccountId(new_id())
        await database.writer.commit(keep_account(account, "test", None, limit_nano, 0, 0))
        return Caller(database, route_to(backend, price, tries=tries), account, project, **options)

    return make


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], Any]:
    """Lets others run until a condition holds."""

    async def wait(holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not holds():
                await asyncio.sleep(0)

    return wait
