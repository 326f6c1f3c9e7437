"""What the address book means to calls: endpoints with their keys, and what tiers lead to. Changes nothing."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from loom.access.system.store import settings_with
from loom.calls.book import store
from loom.calls.book.keyring import KeyRing
from loom.calls.book.models import Entry, KeyState
from loom.core.address import origin_of
from loom.core.endpoint_config import EndpointConfig, Secret, TierTarget, target_from
from loom.core.worker_config import Tier
from loom.storage.database import Database

__all__ = ["OTHERWISE", "TIER_PREFIX", "Stock", "StockRoom"]

TIER_PREFIX = "tier."
OTHERWISE = "default"
"""Stands in the place of a tier."""


@dataclass(frozen=True, slots=True)
class Stock:
    """The book at one moment."""

    entries: tuple[Entry, ...] = ()
    tiers: Mapping[Tier, TierTarget] = field(default_factory=dict[Tier, TierTarget])
    otherwise: TierTarget | None = None
    """Where tiers lead to that are mapped to nothing."""

    @property
    def targets(self) -> dict[str, TierTarget]:
        """What is said here of tiers, by what doors call them."""
        otherwise = {OTHERWISE: self.otherwise} if self.otherwise else {}
        return {str(tier): target for tier, target in self.tiers.items()} | otherwise

    def leading_to(self, endpoint: str) -> dict[str, TierTarget]:
        """Those that lead to it."""
        return {tier: target for tier, target in self.targets.items() if target.endpoint == endpoint}

    @property
    def switched_off(self) -> tuple[str, ...]:
        """The names of endpoints that are kept and not asked."""
        return tuple(entry.config.name for entry in self.entries if not entry.enabled)


class StockRoom:
    """Reads the book, and fetches keys for those who are about to send them."""

    def __init__(self, database: Database, ring: KeyRing, env: Mapping[str, str] = os.environ) -> None:
        self.ring = ring
        self._database = database
        self._env = env

    async def read(self) -> Stock:
        """The book as it is now, whichever process wrote it."""
        return await self._database.read_kept("endpoint book", _stock)

    def with_key(self, entry: Entry) -> EndpointConfig:
        """The endpoint of `entry` as calls need it.

        Raises:
            UsageError: when its key is kept here and cannot be read.
        """
        return replace(entry.config, key=self._key(entry), headers=self.headers(entry))

    def headers(self, entry: Entry) -> dict[str, Secret]:
        """What is sent beside its key. Raises as `with_key`."""
        config, origin = entry.config, origin_of(entry.config.url)
        found: dict[str, Secret] = {}
        for one in entry.headers:
            if one.sealed is None:
                found[one.name] = Secret(one.reference or "", self.variable(one.reference))
            else:
                value = self.ring.open(one.sealed, origin, config.name)
                found[one.name] = Secret(f"the settings of '{config.name}'", value)
        return found

    def _key(self, entry: Entry) -> Secret | None:
        config = entry.config
        if entry.key_reference is not None:
            return Secret(entry.key_reference, self.variable(entry.key_reference))
        if entry.key_sealed is None:
            return None
        value = self.ring.open(entry.key_sealed, origin_of(config.url), config.name)
        return Secret(f"the settings of '{config.name}'", value)

    def key_state(self, entry: Entry) -> KeyState:
        """How `entry` comes by its key, without reading one that is kept here."""
        if entry.key_reference is not None:
            return _state(self.variable(entry.key_reference))
        return KeyState.NONE if entry.key_sealed is None else KeyState.READY

    def headers_of(self, entry: Entry) -> tuple[tuple[str, str, KeyState], ...]:
        """As `Listed.headers`."""
        return tuple(
            (one.name, "stored", KeyState.READY)
            if one.reference is None
            else (one.name, f"env:{one.reference}", _state(self.variable(one.reference)))
            for one in entry.headers
        )

    def variable(self, name: str | None) -> str | None:
        """The key in the variable `name`; None when it is not set."""
        return self._env.get(name or "", "").strip() or None


def _state(value: str | None) -> KeyState:
    return KeyState.READY if value else KeyState.MISSING


def _stock(connection: Connection) -> Stock:
    said = settings_with(connection, TIER_PREFIX)
    targets = {name: target_from(setting.value) for name, setting in said.items()}
    tiers = {tier: targets[tier] for tier in Tier if tier in targets}
    return Stock(store.entries(connection), tiers, targets.get(OTHERWISE))
