"""What a server does by itself now and then: delete what is older than its administrator keeps."""

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from loom.access.models import Principal, PrincipalKind, Role
from loom.core.errors import LoomError
from loom.evaluation.retention.service import Ages, Pruned

if TYPE_CHECKING:
    from loom.wiring.app import App

__all__ = ["Upkeep"]

_log = logging.getLogger("loom.upkeep")
_EVERY_S = 6 * 3600.0
_SELF = Principal("retention", Role.ADMIN, PrincipalKind.LOCAL)


class Upkeep:
    """Looks at once when started, and then every few hours, until closed."""

    def __init__(self, app: "App") -> None:
        self._app = app
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin. Idempotent."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="loom-upkeep")

    async def aclose(self) -> None:
        """End, in the middle of what it does if need be: each of its commits is whole. Idempotent."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _run(self) -> None:
        while True:
            try:
                await self._prune()
            except LoomError as error:
                _log.warning("old runs could not be deleted: %s", error)
            await self._app.clock.sleep(_EVERY_S)

    async def _prune(self) -> None:
        ages = Ages.of(await self._app.system_settings.read())
        pruned = await self._app.retention.prune(ages, _SELF)
        if pruned != Pruned():
            _log.info("deleted %s that were old", pruned)
