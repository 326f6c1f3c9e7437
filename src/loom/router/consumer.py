"""Brings dead letters from the bus into the store."""

import asyncio
import logging
from contextlib import suppress

from loom.bus.base import MessageBus
from loom.bus.listening import Listener
from loom.bus.subjects import DEAD_LETTERS
from loom.core.clock import Clock, SystemClock
from loom.core.errors import StorageError
from loom.core.jsonvalue import Json
from loom.router.service import DeadLetters

__all__ = ["LetterConsumer"]

_AT_ONCE = 64
"""Letters that share a commit."""

_AGAIN_S = 2.0
_GRACE_S = 5.0
_log = logging.getLogger("loom.router")


class LetterConsumer:
    """Takes in what comes on the subject of dead letters; all consumers of one store share it, so none comes twice."""

    def __init__(
        self,
        letters: DeadLetters,
        bus: MessageBus,
        box: str,
        *,
        clock: Clock | None = None,
    ) -> None:
        """`box`: as `DeadLetters.box`."""
        self._letters = letters
        self._clock = clock or SystemClock()
        self._listener = Listener(
            bus,
            DEAD_LETTERS,
            self.handle_message,
            queue_group=f"dead-letters-{box}",
            at_once=_AT_ONCE,
            clock=self._clock,
        )

    async def run(self) -> None:
        """Listen until cancelled; what has come by then has a few seconds to be kept."""
        listening = asyncio.create_task(self._listener.run())
        try:
            await asyncio.shield(listening)
        finally:
            await self._listener.stop()
            with suppress(TimeoutError):
                await asyncio.wait_for(listening, _GRACE_S)

    async def handle_message(self, data: Json) -> None:
        """Keep the letter that `data` is; again and again while the store cannot."""
        while True:
            try:
                return await self._letters.take(data)
            except StorageError as error:
                _log.warning("a dead letter cannot be kept now: %s", error)
                await self._clock.sleep(_AGAIN_S)
