"""Whose code and files a server uses in the background: that depends on who opened the job, not on who resumes it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from loom.access.models import LOCAL, Principal, PrincipalKind, Role
from loom.calls.endpoints import Endpoints
from loom.core.clock import SystemClock
from loom.core.ids import JobId
from loom.core.reach import Reach, reaching
from loom.core.settings import load_settings
from loom.core.worker_config import WorkerConfig
from loom.engine.store import load_job
from loom.evaluation.models import Case, Suite
from loom.evaluation.running.service import Wish
from loom.storage.database import Database
from loom.wiring.app import App
from loom.worker.target import target_of

ANN = Principal("ann", Role.RUN, PrincipalKind.USER)
BACKEND = "loom.worker.command.SubprocessBackend"
ECHO = WorkerConfig.from_mapping(
    {
        "name": "echo",
        "worker_kind": "processor",
        "processing_backend": BACKEND,
        "backend_config": {"command": ["cat"]},
        "input_schema": {"type": "object"},
        "output_schema": {"type": "object"},
    }
)
Serve = Callable[..., App]
Until = Callable[[Callable[[], bool]], Awaitable[None]]


@pytest.fixture
async def serve(database: Database, tmp_path: Path) -> AsyncIterator[Serve]:
    """The services of a server on one store."""
    apps: list[App] = []

    def start(**settings: str) -> App:
        loaded = load_settings({"DATA_DIR": str(tmp_path), **settings}, tmp_path / "config.yaml")
        apps.append(App(loaded, SystemClock(), database, Endpoints(loaded, SystemClock(), concurrency=1)))
        return apps[-1]

    yield start
    for app in apps:
        await app.aclose()
        await app.endpoints.aclose()


async def opened(app: App, principal: Principal, worker: WorkerConfig = ECHO) -> JobId:
    suite = Suite("one", (Case("a", {"text": "hi", "file": "a.json"}, {"text": "hi"}),))
    return await app.evaluations.open(Wish("echo", target_of(worker), suite, None), principal)


def ended(app: App, job: JobId) -> tuple[str, str]:
    found = app.database.read_now(lambda connection: load_job(connection, job))
    return found.state, found.reason or ""


async def test_a_job_of_someone_else_runs_only_code_that_is_allowed_now(serve: Serve, until: Until) -> None:
    app = serve()
    job = await opened(app, ANN)
    await app.hosting.submit(job, LOCAL)
    await until(lambda: not app.hosting.running)
    state, reason = ended(app, job)
    assert state == "paused"
    assert "IMPORT_ALLOW" in reason
    allowing = serve(IMPORT_ALLOW=f"other.*, {BACKEND}")
    await allowing.hosting.submit(job, ANN)
    await until(lambda: ended(allowing, job)[0] == "completed")


async def test_a_job_of_someone_at_this_machine_goes_on_whoever_resumes_it(
    serve: Serve, until: Until
) -> None:
    app = serve()
    job = await opened(app, LOCAL)
    with reaching(Reach()):  # as in a request of theirs
        await app.hosting.submit(job, ANN)
    await until(lambda: ended(app, job)[0] == "completed")


async def test_a_job_of_someone_else_reads_only_files_that_are_allowed_now(
    serve: Serve, until: Until, tmp_path: Path
) -> None:
    place = tmp_path / "private"
    place.mkdir()
    (place / "a.json").write_text("1")
    reading = {**ECHO.mapping, "workspace_dir": str(place), "resolve_file_refs": ["file"]}
    app = serve(IMPORT_ALLOW=BACKEND)
    job = await opened(app, ANN, WorkerConfig.from_mapping(reading))
    await app.hosting.submit(job, LOCAL)
    await until(lambda: not app.hosting.running)
    state, reason = ended(app, job)
    assert state == "paused"
    assert "'workspace_dir' may not be read" in reason
    allowing = serve(IMPORT_ALLOW=BACKEND, FILES_ALLOW=f"/nowhere, {place}")
    await allowing.hosting.submit(job, ANN)
    await until(lambda: ended(allowing, job)[0] == "completed")
