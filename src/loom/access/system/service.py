"""Reads and changes what holds for everyone. Which door may ask for that is the doors' business."""

from loom.access.audit import noted
from loom.access.models import Principal, Role
from loom.access.rights import require
from loom.access.system.store import keep_setting, settings_with
from loom.core.clock import Clock
from loom.core.jsonvalue import Json, JsonValue, canonical
from loom.core.system_settings import SystemSettings, check_system_settings
from loom.storage.database import Database

__all__ = ["SystemSettingsService"]

_PREFIX = "system."


class SystemSettingsService:
    """The settings in the database; every process sees a change at its next look."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def read(self) -> SystemSettings:
        """What holds now."""
        found = await self._database.read(lambda connection: settings_with(connection, _PREFIX))
        return SystemSettings.of({key: setting.value for key, setting in found.items()})

    async def change(self, values: Json, principal: Principal) -> SystemSettings:
        """Set `values`, all or none; what they do not name stays.

        Raises:
            ForbiddenError: for anybody but an administrator.
            ConfigError: naming each that is wrong or unknown.
        """
        require(principal, Role.ADMIN)
        check_system_settings(values)
        found = await self._database.read(lambda connection: settings_with(connection, _PREFIX))
        before = {key: found[key].value if key in found else None for key in values}
        now = self._clock.now_us()
        writes = [
            write
            for key, value in values.items()
            if value != before[key]
            for write in (
                keep_setting(_PREFIX + key, value, principal.name, now),
                noted(principal, "setting.change", key, now, f"{_shown(before[key])} to {_shown(value)}"),
            )
        ]
        if writes:
            await self._database.writer.commit(*writes)
        return await self.read()


def _shown(value: JsonValue) -> str:
    return "unset" if value is None else canonical(value).decode()
