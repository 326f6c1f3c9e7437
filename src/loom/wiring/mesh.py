"""The mesh as a server sees it: the bus, whether it is there, and the dead letters that come over it."""

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from loom.bus.base import MessageBus
from loom.bus.memory import InMemoryBus
from loom.bus.subjects import RELOAD
from loom.core.errors import BusError, Problem, UsageError

if TYPE_CHECKING:
    from loom.router.consumer import LetterConsumer
    from loom.wiring.app import App

__all__ = ["Mesh", "bus_at"]

_log = logging.getLogger("loom.mesh")


def bus_at(url: str | None) -> MessageBus:
    """The bus at `url`, not connected yet; None: one inside this process.

    Raises:
        UsageError: when the extra for it is not installed.
    """
    if url is None:
        return InMemoryBus()
    try:
        from loom.bus.nats_adapter import NATSBus
    except ImportError as error:
        remedy = "install it with: pip install 'loom-ai[nats]'"
        what = f"needs the extra 'nats' ({error.name} is missing)"
        raise UsageError(Problem(what, "NATS_URL", remedy=remedy)) from None
    return NATSBus(url)


class Mesh:
    """The bus of a server. That NATS is down, or not installed, keeps nobody from anything else."""

    def __init__(self, app: "App") -> None:
        self._app = app
        self._missing: str | None = None
        try:
            self.bus: MessageBus = bus_at(app.settings.nats_url)
        except UsageError as error:
            self.bus, self._missing = InMemoryBus(), str(error)
        self.consumer: LetterConsumer | None = None
        """What keeps the dead letters that come, once started."""

        self._listening: asyncio.Task[None] | None = None

    @property
    def given(self) -> bool:
        """Whether somebody has said where the mesh is."""
        return self._app.settings.nats_url is not None

    @property
    def trouble(self) -> str | None:
        """Why the mesh cannot be reached; None when it can, and when there is none."""
        return self._missing or self.bus.trouble

    async def start(self, *, most: int | None = None) -> None:
        """Listen for dead letters, as soon as the bus is there, and keep at most so many. Idempotent."""
        if self._listening is not None:
            return
        from loom.router.consumer import LetterConsumer
        from loom.router.service import DeadLetters

        app = self._app
        letters = app.letters if most is None else DeadLetters(app.database, app.clock, most=most)
        self.consumer = LetterConsumer(letters, self.bus, await letters.box(), clock=app.clock)
        self._listening = asyncio.create_task(_carried_on(self.consumer), name="loom-dead-letters")

    async def aclose(self) -> None:
        """Keep what has come, and listen no more. Idempotent."""
        listening, self._listening = self._listening, None
        if listening is None:
            return
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
        await self.bus.close()

    async def announce_reload(self) -> None:
        """Tell every worker of the mesh to read its definition again. A bus that is not there is no reason to fail."""
        if self._listening is None or self.trouble is not None:
            return
        try:
            await self.bus.publish(RELOAD, {"action": "reload"})
        except BusError as error:
            _log.warning("the reload was not announced: %s", error)


async def _carried_on(consumer: "LetterConsumer") -> None:
    try:
        await consumer.run()
    except Exception:  # noqa: BLE001 - the door of background work: nobody else would hear of it
        _log.exception("dead letters are not listened for any more")
