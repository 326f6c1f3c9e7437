"""`loom dead-letter`: what the mesh could not hand to any worker: to watch, list, replay, clear."""

import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated

import typer

from loom.cli.options import AsJson

if TYPE_CHECKING:
    from loom.bus.base import MessageBus
    from loom.core.jsonvalue import Json
    from loom.core.settings import Settings
    from loom.router.models import Clearing, LetterPage
    from loom.wiring.app import App

__all__ = ["app"]

_CONNECT_S = 5.0
_MOST = 10_000

app = typer.Typer(
    help="Tasks that could not be done: see, replay, clear them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_NatsUrl = Annotated[
    str | None,
    typer.Option(metavar="URL", help="The mesh; default NATS_URL, else nats://localhost:4222."),
]


@app.command("monitor")
def monitor(
    nats_url: _NatsUrl = None,
    max_size: Annotated[
        int, typer.Option(min=1, max=_MOST, metavar="N", help="Keep so many; the oldest make room.")
    ] = _MOST,
    as_json: AsJson = False,
) -> None:
    """Keep dead letters as they come, and show each, until Ctrl+C."""
    import asyncio

    from loom.cli.show.console import put
    from loom.wiring.app import open_app
    from loom.wiring.mesh import bus_at

    settings = _settings(nats_url)
    bus_at(settings.nats_url)  # refuses at once when the extra is missing

    async def main() -> None:
        watching = asyncio.current_task()
        assert watching is not None
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, watching.cancel)
        async with open_app(settings) as opened:
            await opened.mesh.start(most=max_size)
            if not as_json:
                put("Listening for dead letters; Ctrl+C ends it.", label=("✓ ", "pass"))
            await _show_each(opened, as_json=as_json)

    with suppress(asyncio.CancelledError):
        asyncio.run(main())


@app.command("list")
def list_all(
    state: Annotated[str, typer.Option(metavar="STATE", help="waiting, replayed or cleared.")] = "waiting",
    limit: Annotated[int, typer.Option(min=1, max=_MOST, metavar="N", help="The newest so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List dead letters, newest first."""
    from loom.access.models import LOCAL
    from loom.cli.context import print_json_list, with_app
    from loom.cli.show.console import put
    from loom.cli.show.format import ago
    from loom.cli.show.table import show_table
    from loom.core.ids import short
    from loom.router.models import LetterState
    from loom.wiring.named import one_of

    wanted = one_of(LetterState, "--state", state) or LetterState.WAITING

    async def use(opened: "App") -> "LetterPage":
        return await opened.letters.page(wanted, LOCAL, size=limit)

    found = with_app(use)
    if as_json:
        print_json_list(asdict(found.counts), "entries", (one.to_json() for one in found.items))
        return
    if not found.items:
        put(f"No dead letters are {wanted}.")
        return
    rows = [(short(one.id), one.worker_type or "?", one.reason, ago(one.at_us)) for one in found.items]
    show_table(rows, ("letter", "worker", "reason", "arrived"))


@app.command("replay")
def replay(
    letters: Annotated[
        list[str] | None, typer.Argument(metavar="LETTER", help="As `loom dead-letter list` shows it.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every letter that waits, oldest first.")] = False,
    nats_url: _NatsUrl = None,
) -> None:
    """Send the tasks of dead letters to the routers again; each then waits no more."""
    import asyncio

    from loom.access.models import LOCAL
    from loom.cli.show.console import put
    from loom.core.errors import Problem, UsageError
    from loom.router.models import LetterState
    from loom.wiring.app import open_app

    if bool(letters) == every:
        raise UsageError(Problem("needs letters, or --all", "loom dead-letter replay", remedy="name them"))
    settings = _settings(nats_url)

    async def main() -> int:
        async with open_app(settings) as opened, _connected(settings) as bus:
            service = opened.letters
            if every:
                page = await service.page(LetterState.WAITING, LOCAL, size=_MOST)
                return await service.replay_waiting([one.id for one in reversed(page.items)], bus, LOCAL)
            found = [await service.find(word, LOCAL) for word in letters or ()]
            for one in found:
                await service.replay(one, bus, LOCAL)
            return len(found)

    put(f"Replayed {asyncio.run(main())}.")


@app.command("clear")
def clear(as_json: AsJson = False) -> None:
    """Put away all that wait.

    `loom dead-letter list --state cleared` still shows them, and the Workshop brings them back.
    """
    from loom.access.models import LOCAL
    from loom.cli.context import print_json, with_app
    from loom.cli.show.console import put

    async def use(opened: "App") -> "Clearing | None":
        return await opened.letters.clear(LOCAL)

    made = with_app(use)
    number = made.letters if made else 0
    if as_json:
        print_json({"cleared": number, "clearing": made.id.hex() if made else None})
        return
    put(f"Cleared {number}.")


def _settings(nats_url: str | None) -> "Settings":
    from loom.bus.base import DEFAULT_NATS_URL
    from loom.core.settings import load_settings

    settings = load_settings()
    return replace(settings, nats_url=nats_url or settings.nats_url or DEFAULT_NATS_URL)


@asynccontextmanager
async def _connected(settings: "Settings") -> "AsyncGenerator[MessageBus]":
    import asyncio

    from loom.core.errors import BusError
    from loom.wiring.mesh import bus_at

    bus = bus_at(settings.nats_url)
    try:
        async with asyncio.timeout(_CONNECT_S):
            await bus.connect()
    except TimeoutError:
        raise BusError(f"{bus.trouble}; check --nats-url, and that NATS runs there") from None
    try:
        yield bus
    finally:
        await bus.close()


async def _show_each(opened: "App", *, as_json: bool) -> None:
    """Those that any server of this store keeps from now on."""
    from loom.access.models import LOCAL
    from loom.delivery.models import LETTERS, EventType

    tip = await opened.events.tip(LETTERS, LOCAL)
    async for events in opened.events.follow(LETTERS, LOCAL, after=tip.last):
        for event in events:
            if event.type == EventType.LETTER_ARRIVED:
                _show(event.data, as_json=as_json)


def _show(letter: "Json", *, as_json: bool) -> None:
    import json

    from loom.cli.show.console import put
    from loom.cli.show.plain import emit

    if as_json:
        emit((json.dumps(letter), "\n"))
        return
    put((letter["id"][-8:], "accent"), f"  {letter['worker_type'] or '?'}  {letter['reason']}")
