"""Everything a door needs, opened together and closed together."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from loom.calls.endpoints import Endpoints
from loom.core.clock import Clock, SystemClock
from loom.core.settings import Settings
from loom.engine.bench import TestBench
from loom.evaluation.report import Reports
from loom.evaluation.service import Evaluations
from loom.evaluation.suite_store import SuiteStore
from loom.storage.database import Database, open_database

__all__ = ["App", "open_app"]


@dataclass(frozen=True, slots=True)
class App:
    """The services, over one open database."""

    settings: Settings
    clock: Clock
    database: Database
    endpoints: Endpoints
    bench: TestBench
    evaluations: Evaluations
    reports: Reports


@asynccontextmanager
async def open_app(settings: Settings, *, concurrency: int = 8) -> AsyncGenerator[App]:
    """The services as `settings` wish them. `concurrency` is where the limiter of an endpoint begins.

    Raises:
        StorageError: when the database cannot be opened.
        ConflictError: when a newer Loom made it.
    """
    clock = SystemClock()
    database = open_database(settings.database_url)
    endpoints = Endpoints(settings, clock, concurrency=concurrency)
    suites = SuiteStore()
    try:
        yield App(
            settings,
            clock,
            database,
            endpoints,
            TestBench(database, clock),
            Evaluations(database, clock, endpoints, suites),
            Reports(database, suites),
        )
    finally:
        await endpoints.aclose()
        await database.aclose()
