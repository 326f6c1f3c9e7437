"""`loom test`: one worker on one input; the answer streams."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loom.cli.options import AsJson, ConfigsDir, EndpointName, ModelName, NoCache, TierName, WorkerName

if TYPE_CHECKING:
    from loom.cli.saving import Saving
    from loom.core.errors import LoomError
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
    from loom.cli.context import compiled, read_payload, with_app, worker_named
    from loom.cli.saving import CaseWish, prepare
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
    _conclude(result, wrote, saving, as_json=as_json)


def _conclude(result: "TestResult", wrote: "Wrote | None", saving: "Saving | None", *, as_json: bool) -> None:
    """Save the case, show what came of it all, and only then tell why the case was not saved."""
    from loom.cli.show.console import show_error

    saved, refused = _saved(saving, result)
    if as_json:
        _print(result, wrote, saved)
    else:
        _show(result, wrote, saved)
    if refused is not None and result.success:
        raise refused
    if refused is not None:
        show_error(refused)
    if not result.success:
        raise typer.Exit(1)


def _saved(saving: "Saving | None", result: "TestResult") -> "tuple[Json | None, LoomError | None]":
    """Which case is in which suite from now on, or why not: the answer is paid for, and shown in any case."""
    from loom.core.errors import LoomError

    if saving is None:
        return None, None
    try:
        return {"suite": str(saving.path), "name": saving.save(result).name}, None
    except LoomError as error:
        return None, error


def _print(result: "TestResult", wrote: "Wrote | None", saved: "Json | None") -> None:
    from loom.cli.context import print_json
    from loom.cli.show.silos import wrote_json
    from loom.cli.show.tests import test_json

    more: Json = {} if wrote is None else {"silo_changes": wrote_json(wrote)}
    if saved is not None:
        more["saved_case"] = saved
    print_json({**test_json(result), **more})


def _show(result: "TestResult", wrote: "Wrote | None", saved: "Json | None") -> None:
    from loom.cli.show.console import put
    from loom.cli.show.silos import show_wanted, show_wrote

    show_wrote(wrote) if wrote else show_wanted(len(result.silo_updates))
    if saved is not None:
        put(f"saved as case '{saved['name']}' of {saved['suite']}", label=("✓", "pass"), hang=8)


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
