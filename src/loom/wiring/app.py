"""Everything a door needs, opened together and closed together. A service is loaded when it is first used."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from loom.core.clock import Clock, SystemClock
from loom.core.settings import Settings

if TYPE_CHECKING:
    from loom.calls.endpoints import Endpoints
    from loom.catalog.service import Catalog
    from loom.engine.bench import TestBench
    from loom.evaluation.baselines import Baselines
    from loom.evaluation.judging.service import Judgings
    from loom.evaluation.labels import Labels
    from loom.evaluation.report import Reports
    from loom.evaluation.rescoring import Rescorings
    from loom.evaluation.service import Evaluations
    from loom.evaluation.suites.store import SuiteStore
    from loom.storage.database import Database

__all__ = ["App", "open_app"]


class App:
    """The services, over one open database."""

    def __init__(
        self, settings: Settings, clock: Clock, database: "Database", endpoints: "Endpoints"
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.database = database
        self.endpoints = endpoints

    @cached_property
    def bench(self) -> "TestBench":
        """Tests a worker on one input."""
        from loom.engine.bench import TestBench

        return TestBench(self.database, self.clock)

    @cached_property
    def evaluations(self) -> "Evaluations":
        """Evaluates workers on suites."""
        from loom.evaluation.service import Evaluations

        return Evaluations(self.database, self.clock, self.endpoints, self._suites)

    @cached_property
    def reports(self) -> "Reports":
        """Says what runs came to."""
        from loom.evaluation.report import Reports

        return Reports(self.database, self._suites)

    @cached_property
    def judgings(self) -> "Judgings":
        """Has a model compare two runs, case by case."""
        from loom.evaluation.judging.service import Judgings

        return Judgings(self.database, self.clock, self.endpoints, self.reports)

    @cached_property
    def rescorings(self) -> "Rescorings":
        """Scores stored outputs anew."""
        from loom.evaluation.rescoring import Rescorings

        return Rescorings(self.database, self.clock, self.endpoints, self._suites)

    @cached_property
    def baselines(self) -> "Baselines":
        """The runs that later ones are held against."""
        from loom.evaluation.baselines import Baselines

        return Baselines(self.database, self.clock)

    @cached_property
    def labels(self) -> "Labels":
        """What people say of outputs."""
        from loom.evaluation.labels import Labels

        return Labels(self.database, self.clock, self.reports)

    def catalog(self, configs_dir: Path = Path("configs")) -> "Catalog":
        """The definitions in `configs_dir`, of the apps of this machine, and of Loom."""
        from loom.catalog.library import Library
        from loom.catalog.service import Catalog

        library = Library(configs_dir, self.settings.data_dir / "apps")
        return Catalog(self.database, self.clock, library)

    @cached_property
    def _suites(self) -> "SuiteStore":
        from loom.evaluation.suites.store import SuiteStore

        return SuiteStore()


@asynccontextmanager
async def open_app(settings: Settings, *, concurrency: int = 8) -> AsyncGenerator[App]:
    """The services as `settings` wish them. `concurrency` is where the limiter of an endpoint begins.

    Raises:
        StorageError: when the database cannot be opened.
        ConflictError: when a newer Loom made it.
    """
    from loom.calls.endpoints import Endpoints
    from loom.storage.database import open_database

    clock = SystemClock()
    database = open_database(settings.database_url)
    endpoints = Endpoints(settings, clock, concurrency=concurrency)
    try:
        yield App(settings, clock, database, endpoints)
    finally:
        await endpoints.aclose()
        await database.aclose()
