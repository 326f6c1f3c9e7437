"""The shipped workers and suites, as the files say, for the tests of this folder."""

from pathlib import Path

import pytest
import yaml

from loom.core.jsonvalue import Json

CONFIGS = Path(__file__).parents[3] / "configs"
WORKERS = {path.stem: path for path in sorted(CONFIGS.glob("workers/**/*.yaml"))}
SUITES = {path.stem: path for path in sorted(CONFIGS.glob("suites/*.yaml"))}
_CONTENT: dict[Path, Json] = {
    path: yaml.safe_load(path.read_text("utf-8")) for path in (*WORKERS.values(), *SUITES.values())
}


@pytest.fixture(params=WORKERS)
def worker_path(request: pytest.FixtureRequest) -> Path:
    """Each shipped worker file in turn."""
    return WORKERS[request.param]


@pytest.fixture
def worker(worker_path: Path) -> Json:
    """Each shipped worker in turn."""
    return _CONTENT[worker_path]


@pytest.fixture(params=SUITES)
def suite_path(request: pytest.FixtureRequest) -> Path:
    """Each shipped suite file in turn."""
    return SUITES[request.param]


@pytest.fixture
def suite(suite_path: Path) -> Json:
    """Each shipped suite in turn."""
    return _CONTENT[suite_path]


@pytest.fixture
def suite_worker(suite: Json) -> Json:
    """The worker that the suite is made for: it has the same name."""
    return _CONTENT[WORKERS[suite["name"]]]


@pytest.fixture
def workers() -> dict[str, Json]:
    """All shipped workers by file name."""
    return {stem: _CONTENT[path] for stem, path in WORKERS.items()}


@pytest.fixture
def suites() -> dict[str, Json]:
    """All shipped suites by file name."""
    return {stem: _CONTENT[path] for stem, path in SUITES.items()}
