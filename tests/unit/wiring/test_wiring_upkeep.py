"""What a server does by itself."""

import pytest

from loom.access.models import LOCAL
from loom.core.clock import FakeClock
from loom.core.settings import load_settings
from loom.core.worker_config import load_worker
from loom.engine.bench import TestWish
from loom.wiring.app import open_app
from loom.worker.target import target_of

WORKER = """
name: echo
system_prompt: Say it again.
input_schema: {type: object, properties: {text: {type: string}}}
output_schema: {type: object, properties: {text: {type: string}}}
"""


@pytest.fixture
async def app(tmp_path, database_url):
    settings = load_settings({"DATABASE_URL": database_url, "DATA_DIR": str(tmp_path)}, tmp_path / "none")
    async with open_app(settings) as opened:
        opened.clock = FakeClock()
        yield opened


async def test_a_server_deletes_what_is_older_than_it_is_kept(app, tmp_path, until):
    path = tmp_path / "echo.yaml"
    path.write_text(WORKER)
    route = await app.endpoints.route(model="sim-small")
    await app.bench.test(TestWish("echo", target_of(load_worker(path)), {"text": "a"}, route), LOCAL)
    await app.system_settings.change({"retention_test_days": 1}, LOCAL)
    app.upkeep.start()
    left = []
    for _ in range(6):  # it looks every six hours
        await until(lambda: app.clock.next_wake_s is not None)
        left.append((await app.stats.read()).tests)
        await app.clock.advance(6 * 3600)
    assert (left[0], left[-1]) == (1, 0)
    (first, *_) = (await app.access.audit.page(LOCAL)).entries
    assert (first.principal, first.action) == ("retention", "retention.prune")
