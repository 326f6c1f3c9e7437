"""Apps for doors: who deployed, removed and restored what is remembered. What a bundle may hold is not its affair."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from loom.access.audit import noted
from loom.access.models import Principal
from loom.catalog.apps.folder import AppFolder, Deployed, StoredApp
from loom.core.clock import Clock
from loom.storage.database import Database

__all__ = ["Apps"]


class Apps:
    """The apps of this machine."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        folder: AppFolder,
        changed: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`changed` is called after the definitions of an app have come, gone, or been replaced."""
        self._database = database
        self._clock = clock
        self._folder = folder
        self._changed = changed

    async def list(self, principal: Principal) -> "list[StoredApp]":  # noqa: ARG002 - every call has one
        """Every app, sorted by name; broken ones with what is wrong with them."""
        return await asyncio.to_thread(self._folder.all)

    async def get(self, name: str, principal: Principal) -> StoredApp:  # noqa: ARG002 - every call has one
        """The app called `name`.

        Raises:
            NotFoundError: when there is none.
        """
        return await asyncio.to_thread(self._folder.get, name)

    async def previous(self, name: str, principal: Principal) -> StoredApp | None:  # noqa: ARG002 - every call has one
        """The app that was last replaced or removed under that name."""
        return await asyncio.to_thread(self._folder.previous, name)

    async def removed(self, principal: Principal) -> "list[StoredApp]":  # noqa: ARG002 - every call has one
        """Apps that were removed, and can be restored, sorted by name."""
        return await asyncio.to_thread(self._folder.removed)

    async def deploy(self, bundle: Path, principal: Principal) -> Deployed:
        """Put the app in the ZIP at `bundle` in the place of what has its name, which is kept aside.

        Raises:
            ConfigError: naming everything that is wrong with the bundle; nothing is changed then.
            StorageError: when it cannot be written; nothing is changed then either.
        """
        deployed = await asyncio.to_thread(self._folder.deploy, bundle)
        manifest = deployed.manifest
        await self._note(principal, "app.deploy", manifest.name, manifest.version)
        return deployed

    async def remove(self, name: str, principal: Principal) -> None:
        """Take the app called `name` away; `restore` brings it back.

        Raises:
            NotFoundError: when there is none.
        """
        await asyncio.to_thread(self._folder.remove, name)
        await self._note(principal, "app.remove", name)

    async def restore(self, name: str, principal: Principal) -> None:
        """Put back what was last replaced or removed; what stands there now is kept instead.

        Raises:
            NotFoundError: when that is no name of an app.
            UsageError: when nothing was replaced or removed.
        """
        await asyncio.to_thread(self._folder.restore, name)
        await self._note(principal, "app.restore", name)

    async def _note(self, principal: Principal, action: str, name: str, detail: str | None = None) -> None:
        await self._database.writer.commit(noted(principal, action, name, self._clock.now_us(), detail))
        if self._changed is not None:
            await self._changed()
