"""`loom test`: one worker on one input; the answer streams."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loom.cli.options import AsJson, ConfigsDir, EndpointName, ModelName, NoCache, TierName, WorkerName

if TYPE_CHECKING:
    from loom.core.jsonvalue import Json
    from loom.core.worker_config import WorkerConfig
    from loom.engine.bench import TestResult, TestWish
    from loom.wiring.app import App
    from loom.worker.silos.updates import Wrote

__all__ = ["test"]


def test(
    worker: WorkerName,
    given: Annotated[str, typer.Option("--input", metavar="JSON|@FILE|-", help="The worker's input.")],
    tier: TierName = None,
    model: ModelName = None,
    endpoint: EndpointName = None,
    no_cache: NoCache = False,
    apply_silo_updates: Annotated[
        bool,
        typer.Option("--apply-silo-updates", help="Make the changes it wants in its folders, where allowed."),
    ] = False,
    save_case: Annotated[
        str | None, typer.Option(metavar="SUITE", help="Add this input to a suite, as a case.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="The name of that case; default: a number.")
    ] = None,
    expect: Annotated[
        str | None,
        typer.Option(metavar="JSON|@FILE|accept-output", help="What it expects; default: nothing."),
    ] = None,
    tag: Annotated[list[str] | None, typer.Option(metavar="TAG", help="Its tag; may be repeated.")] = None,
    split: Annotated[
        str | None, typer.Option(metavar="SPLIT", help="Its split: train, validation or sealed.")
    ] = None,
    as_json: AsJson = False,
    configs_dir: ConfigsDir = Path("configs"),
) -> None:
    """Test a worker on one input.

    The answer streams; then come the verdict of the contract, tokens, cost and time. A processor runs its code.
    """
    from loom.access.models import LOCAL
    from loom.cli.context import compiled, print_json, read_payload, with_app, worker_named
    from loom.cli.saving import CaseWish, prepare
    from loom.cli.show.console import put
    from loom.cli.show.silos import show_wanted, show_wrote, wrote_json
    from loom.cli.show.tests import test_json
    from loom.engine.bench import TestWish
    from loom.wiring.named import Destination, route_of, version_of

    config = worker_named(worker, configs_dir)
    task, payload = compiled(config), read_payload(given)
    saving = prepare(CaseWish(save_case, name, expect, tuple(tag or ()), split), payload, configs_dir)

    async def run(app: "App") -> "TestResult":
        route = await route_of(app.endpoints, config, Destination(tier, model, endpoint), "--")
        version = await version_of(app.catalog(configs_dir), config, LOCAL)
        wish = TestWish(config.name, task, payload, route, use_cache=not no_cache, version=version)
        return await _carried_out(app, wish, quiet=as_json)

    result = with_app(run)
    wrote = _write_back(config, result) if apply_silo_updates else None
    saved = saving.save(result).name if saving else None
    if as_json:
        more: Json = {} if wrote is None else {"silo_changes": wrote_json(wrote)}
        if saving:
            more["saved_case"] = {"suite": str(saving.path), "name": saved}
        print_json({**test_json(result), **more})
    else:
        show_wrote(wrote) if wrote else show_wanted(len(result.silo_updates))
        if saving:
            put(f"saved as case '{saved}' of {saving.path}", label=("✓", "pass"), hang=8)
    if not result.success:
        raise typer.Exit(1)


async def _carried_out(app: "App", wish: "TestWish", *, quiet: bool) -> "TestResult":
    """What becomes of `wish`; the answer streams unless `quiet`."""
    from loom.access.models import LOCAL
    from loom.cli.show.tests import Streamed, show_test

    if quiet:
        return await app.bench.test(wish, LOCAL)
    with Streamed(wish.worker, wish.route) as streamed:
        result = await app.bench.test(wish, LOCAL, streamed.add)
    show_test(result, streamed=streamed.began)
    return result


def _write_back(worker: "WorkerConfig", result: "TestResult") -> "Wrote":
    """Make the changes that the worker wants in its folders; none when its output is not what it promised."""
    from loom.cli.silo import whoever
    from loom.worker.silos.updates import write_back

    wanted = result.silo_updates if result.success else ()
    return write_back(wanted, worker.knowledge_silos, f"{worker.name}, tested by {whoever()}")
