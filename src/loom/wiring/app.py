"""Everything a door needs, opened together and closed together. A service is loaded when it is first used."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from loom.core.clock import Clock, SystemClock
from loom.core.reach import Reach
from loom.core.settings import Settings

if TYPE_CHECKING:
    from loom.access.service import Access
    from loom.access.system.service import SystemSettingsService
    from loom.calls.book.joining import Joining
    from loom.calls.book.service import EndpointBook
    from loom.calls.book.stock import StockRoom
    from loom.calls.book.tiers import Tiers
    from loom.calls.book.trials import Trials
    from loom.calls.endpoints import Endpoints
    from loom.catalog.apps.service import Apps
    from loom.catalog.library import Library
    from loom.catalog.pipelines.service import Pipelines
    from loom.catalog.service import Catalog
    from loom.delivery.service import Events
    from loom.engine.bench import TestBench
    from loom.engine.spending import Spending
    from loom.engine.stats import StatsService
    from loom.evaluation.comparing.baselines import Baselines
    from loom.evaluation.judging.labels import Labels
    from loom.evaluation.judging.service import Judgings
    from loom.evaluation.reading.service import Reading
    from loom.evaluation.records.taking_over import TakingOver
    from loom.evaluation.results.report import Reports
    from loom.evaluation.retention.service import Retention
    from loom.evaluation.running.rescoring import Rescorings
    from loom.evaluation.running.service import Evaluations
    from loom.evaluation.running.standing import Standings
    from loom.evaluation.sealed.seals import Seals
    from loom.evaluation.suites.store import SuiteStore
    from loom.router.service import DeadLetters
    from loom.storage.database import Database
    from loom.wiring.hosting import JobHost
    from loom.wiring.mesh import Mesh
    from loom.wiring.upkeep import Upkeep

__all__ = ["App", "open_app"]

_CONFIGS = Path("configs")


class App:
    """The services, over one open database."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        database: "Database",
        endpoints: "Endpoints",
        configs_dir: Path = _CONFIGS,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.database = database
        self.endpoints = endpoints
        self._configs_dir = configs_dir

    @cached_property
    def folder(self) -> str:
        """The folder that is worked in: the one that holds the definitions. Runs and baselines are of it."""
        here, own = str(Path.cwd()), self._configs_dir
        place = here if os.path.realpath(own) == here else os.path.realpath(own.absolute().parent)
        return place.encode(errors="backslashreplace").decode()

    @cached_property
    def reach(self) -> Reach:
        """What definitions may name when someone uses them who is not at this machine."""
        from loom.catalog.library import shipped_configs

        given = self.settings
        folders = (self._configs_dir, given.apps_dir, shipped_configs(), *given.files_allow)
        return Reach(given.import_allow, folders, withheld=(given.data_dir, given.config_path))

    @cached_property
    def endpoint_book(self) -> "EndpointBook":
        """Adds and changes endpoints while Loom runs."""
        from loom.calls.book.service import EndpointBook

        return EndpointBook(self.database, self.clock, self.settings, self._book)

    @cached_property
    def tiers(self) -> "Tiers":
        """Says what tiers lead to."""
        from loom.calls.book.tiers import Tiers

        return Tiers(self.database, self.clock, self.settings, self._book)

    @cached_property
    def trials(self) -> "Trials":
        """Tries whether endpoints answer."""
        from loom.calls.book.trials import Trials

        return Trials(self.clock, self.settings, self._book)

    @cached_property
    def joining(self) -> "Joining":
        """Adds and changes endpoints as people do it: each is tried first."""
        from loom.calls.book.joining import Joining

        return Joining(self.endpoint_book, self.trials, self.tiers)

    @cached_property
    def retention(self) -> "Retention":
        """Deletes what is old."""
        from loom.evaluation.retention.service import Retention

        return Retention(self.database, self.clock)

    @cached_property
    def upkeep(self) -> "Upkeep":
        """Deletes what is old by itself, once started."""
        from loom.wiring.upkeep import Upkeep

        return Upkeep(self)

    @cached_property
    def stats(self) -> "StatsService":
        """Counts what was done."""
        from loom.engine.stats import StatsService

        return StatsService(self.database)

    @cached_property
    def system_settings(self) -> "SystemSettingsService":
        """What holds for everyone, and can be changed while Loom runs."""
        from loom.access.system.service import SystemSettingsService

        return SystemSettingsService(self.database, self.clock)

    @cached_property
    def access(self) -> "Access":
        """Who may come in."""
        from loom.access.service import Access, AccessSecrets

        given = self.settings
        secrets = AccessSecrets(given.data_dir, given.api_key, given.jwt_secret)
        return Access(self.database, self.clock, secrets)

    @cached_property
    def spending(self) -> "Spending":
        """What API keys have spent."""
        from loom.engine.spending import Spending

        return Spending(self.database, self.clock)

    @cached_property
    def bench(self) -> "TestBench":
        """Tests a worker on one input."""
        from loom.engine.bench import TestBench

        return TestBench(self.database, self.clock, self.folder)

    @cached_property
    def evaluations(self) -> "Evaluations":
        """Evaluates workers on suites."""
        from loom.evaluation.running.service import Evaluations

        return Evaluations(self.database, self.clock, self.endpoints, self._suites, self.folder)

    @cached_property
    def reports(self) -> "Reports":
        """Says what runs came to."""
        from loom.evaluation.results.report import Reports

        return Reports(self.database, self._suites, self.folder)

    @cached_property
    def judgings(self) -> "Judgings":
        """Has a model compare two runs, case by case."""
        from loom.evaluation.judging.service import Judgings

        return Judgings(self.database, self.clock, self.endpoints, self.reports, self.folder)

    @cached_property
    def rescorings(self) -> "Rescorings":
        """Scores stored outputs anew."""
        from loom.evaluation.running.rescoring import Rescorings

        return Rescorings(self.database, self.clock, self.endpoints, self._suites, self.folder)

    @cached_property
    def events(self) -> "Events":
        """What happens, to be followed."""
        from loom.delivery.service import Events

        return Events(self.database)

    @cached_property
    def reading(self) -> "Reading":
        """What pages read of runs, cases and tests."""
        from loom.evaluation.reading.service import Reading

        return Reading(self.database, self._suites, self.endpoints, self.reports, self.seals)

    @cached_property
    def seals(self) -> "Seals":
        """Who has opened sealed cases."""
        from loom.evaluation.sealed.seals import Seals

        return Seals(self.database, self.clock)

    @cached_property
    def standings(self) -> "Standings":
        """How jobs stand, from what they tell."""
        from loom.evaluation.running.standing import Standings

        return Standings(self.events, self.database)

    @cached_property
    def hosting(self) -> "JobHost":
        """Works through jobs in the background of a server."""
        from loom.wiring.hosting import JobHost

        return JobHost(self)

    @cached_property
    def letters(self) -> "DeadLetters":
        """What the mesh could not hand to any worker."""
        from loom.router.service import DeadLetters

        return DeadLetters(self.database, self.clock)

    @cached_property
    def mesh(self) -> "Mesh":
        """The bus, and what a server listens to there, once started."""
        from loom.wiring.mesh import Mesh

        return Mesh(self)

    @cached_property
    def baselines(self) -> "Baselines":
        """The runs that later ones are held against."""
        from loom.evaluation.comparing.baselines import Baselines

        return Baselines(self.database, self.clock, self.folder)

    @cached_property
    def taking_over(self) -> "TakingOver":
        """Reads the store of Loom 0.9 into this one."""
        from loom.evaluation.records.taking_over import TakingOver

        return TakingOver(self.database, self.clock, self._suites)

    @cached_property
    def labels(self) -> "Labels":
        """What people say of outputs."""
        from loom.evaluation.judging.labels import Labels

        return Labels(self.database, self.clock, self.reports)

    def library(self, configs_dir: Path | None = None) -> "Library":
        """Where the files of `configs_dir` (None: its own), of the apps of this machine, and of Loom are."""
        from loom.catalog.library import Library

        return Library(configs_dir or self._configs_dir, self.settings.apps_dir)

    def catalog(self, configs_dir: Path | None = None) -> "Catalog":
        """The definitions in the library of `configs_dir`, with their versions."""
        from loom.catalog.service import Catalog

        return Catalog(self.database, self.clock, self.library(configs_dir))

    @cached_property
    def apps(self) -> "Apps":
        """The apps of this machine."""
        from loom.catalog.apps.folder import AppFolder
        from loom.catalog.apps.service import Apps

        folder = AppFolder(self.settings.apps_dir)
        return Apps(self.database, self.clock, folder, changed=self.mesh.announce_reload)

    def pipelines(self, configs_dir: Path | None = None) -> "Pipelines":
        """The pipelines of that library, changed stage by stage."""
        from loom.catalog.pipelines.service import Pipelines

        return Pipelines(self.catalog(configs_dir), self.library(configs_dir))

    async def aclose(self) -> None:
        """End what works in the background. Idempotent."""
        for name in ("upkeep", "mesh", "hosting", "events"):
            if name in vars(self):
                await getattr(self, name).aclose()

    @cached_property
    def _book(self) -> "StockRoom":
        return stock_room(self.settings, self.database)

    @cached_property
    def _suites(self) -> "SuiteStore":
        from loom.evaluation.suites.store import SuiteStore

        return SuiteStore()


def stock_room(settings: Settings, database: "Database") -> "StockRoom":
    """The endpoints in `database`, and the key file of this machine."""
    from loom.calls.book.keyring import KeyRing
    from loom.calls.book.stock import StockRoom

    return StockRoom(database, KeyRing(settings.data_dir))


@asynccontextmanager
async def open_app(
    settings: Settings, *, concurrency: int = 8, configs_dir: Path = _CONFIGS
) -> AsyncGenerator[App]:
    """The services as `settings` wish them. `concurrency` is where the limiter of an endpoint begins.

    In `configs_dir` are the definitions that a server offers to others.

    Raises:
        StorageError: when the database cannot be opened.
        ConflictError: when a newer Loom made it.
    """
    from loom.calls.endpoints import Endpoints
    from loom.storage.database import open_database

    clock = SystemClock()
    database = open_database(settings.database_url)
    endpoints = Endpoints(settings, clock, concurrency=concurrency, book=stock_room(settings, database))
    app = App(settings, clock, database, endpoints, configs_dir)
    try:
        yield app
    finally:
        await app.aclose()
        await endpoints.aclose()
        await database.aclose()
