"""The shipped workers and suites, read the way the product reads them."""

from pathlib import Path

import pytest

from loom.catalog.library import shipped_configs
from loom.core.worker_config import WorkerConfig, load_worker
from loom.evaluation.models import Suite
from loom.evaluation.suites.files import load_suite

_WORKERS = sorted(shipped_configs().glob("workers/**/[!_]*.yaml"))
_SUITES = sorted(shipped_configs().glob("suites/*.yaml"))


@pytest.fixture(scope="session")
def workers() -> dict[str, WorkerConfig]:
    """All shipped workers by file name."""
    return {path.stem: load_worker(path) for path in _WORKERS}


@pytest.fixture(scope="session")
def suites() -> dict[str, Suite]:
    """All shipped suites by file name."""
    return {path.stem: load_suite(path) for path in _SUITES}


@pytest.fixture(params=_WORKERS, ids=lambda path: path.stem)
def worker_path(request: pytest.FixtureRequest) -> Path:
    """Each shipped worker file in turn."""
    return request.param


@pytest.fixture(params=_SUITES, ids=lambda path: path.stem)
def suite_path(request: pytest.FixtureRequest) -> Path:
    """Each shipped suite file in turn."""
    return request.param


@pytest.fixture
def worker(worker_path: Path, workers: dict[str, WorkerConfig]) -> WorkerConfig:
    """Each shipped worker in turn."""
    return workers[worker_path.stem]


@pytest.fixture
def suite(suite_path: Path, suites: dict[str, Suite]) -> Suite:
    """Each shipped suite in turn."""
    return suites[suite_path.stem]
