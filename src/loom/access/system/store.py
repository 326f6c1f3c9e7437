"""What is written and read of settings. Knows no key; values are JSON."""

import json
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select

from loom.access.system.tables import setting
from loom.core.jsonvalue import JsonValue, canonical
from loom.storage.statements import Phase, Statement, Write

__all__ = ["Setting", "keep_setting", "settings_with"]

_S = setting.c

_add_setting = Statement(
    "setting.add",
    insert(setting),
    params=("key", "value", "principal", "set_us"),
    phase=Phase.INSERT,
)


@dataclass(frozen=True, slots=True)
class Setting:
    """What was set last under a key."""

    value: JsonValue
    principal: str
    set_us: int


def keep_setting(key: str, value: JsonValue, principal: str, now_us: int) -> Write:
    """From now on `key` is `value`; null takes it back."""
    return _add_setting(key, canonical(value).decode(), principal, now_us)


def settings_with(connection: Connection, prefix: str) -> dict[str, Setting]:
    """What holds of the keys that begin with `prefix`, by the rest of the key; what was taken back is not there."""
    newest = select(func.max(_S.row)).where(_S.key.startswith(prefix, autoescape=True)).group_by(_S.key)
    query = select(setting).where(_S.row.in_(newest)).order_by(_S.key)
    found = {
        row.key.removeprefix(prefix): Setting(json.loads(row.value), row.principal, row.set_us)
        for row in connection.execute(query)
    }
    return {key: one for key, one in found.items() if one.value is not None}
