"""`loom test`: one worker on one input; the answer streams."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loom.cli.options import AsJson, ConfigsDir, ModelName, NoCache, TierName, WorkerName

if TYPE_CHECKING:
    from loom.engine.bench import TestResult
    from loom.wiring.app import App

__all__ = ["test"]


def test(
    worker: WorkerName,
    given: Annotated[str, typer.Option("--input", metavar="JSON|@FILE|-", help="The worker's input.")],
    tier: TierName = None,
    model: ModelName = None,
    no_cache: NoCache = False,
    as_json: AsJson = False,
    configs_dir: ConfigsDir = Path("configs"),
) -> None:
    """Test a worker on one input.

    The answer streams; then come the verdict of the contract, tokens, cost and time.
    """
    from loom.access.models import LOCAL
    from loom.cli.context import compiled, print_json, read_payload, route_of, with_app, worker_named
    from loom.cli.show.tests import Streamed, show_test, test_json
    from loom.engine.bench import TestWish

    config = worker_named(worker, configs_dir)
    task, payload = compiled(config), read_payload(given)

    async def run(app: "App") -> "TestResult":
        route = await route_of(app, config, tier, model)
        wish = TestWish(config.name, task, payload, route, use_cache=not no_cache)
        if as_json:
            return await app.bench.test(wish, LOCAL)
        with Streamed(config.name, route) as streamed:
            result = await app.bench.test(wish, LOCAL, streamed.add)
        show_test(result, streamed=streamed.began)
        return result

    result = with_app(run)
    if as_json:
        print_json(test_json(result))
    if not result.success:
        raise typer.Exit(1)
