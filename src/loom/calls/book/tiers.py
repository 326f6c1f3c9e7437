"""What tiers lead to, as the settings say and as an administrator says instead. Asks no endpoint."""

from dataclasses import dataclass, replace

from loom.access.audit import noted
from loom.access.models import Principal, Role
from loom.access.rights import require
from loom.access.system.store import keep_setting
from loom.calls.book.stock import OTHERWISE, TIER_PREFIX, StockRoom
from loom.calls.simulated.sizes import EMBEDDED
from loom.core.clock import Clock
from loom.core.endpoint_config import TierTarget
from loom.core.endpoint_rules import check_tier_targets
from loom.core.errors import ConfigError
from loom.core.settings import Settings
from loom.core.worker_config import Tier
from loom.core.yamlfile import Document
from loom.storage.database import Database

__all__ = ["Mapped", "Tiers"]


@dataclass(frozen=True, slots=True)
class Mapped:
    """One tier, or, without one, what those lead to that are mapped to nothing."""

    tier: Tier | None
    target: TierTarget | None
    """None: the first endpoint, and the model it has."""

    of_settings: TierTarget | None
    """What the settings say; it holds where nothing is said here."""

    @property
    def changed(self) -> bool:
        """Whether an administrator said something else than the settings."""
        return self.target != self.of_settings


class Tiers:
    """Where tiers lead, to look at and to change. What is said here holds before what the settings say."""

    def __init__(self, database: Database, clock: Clock, settings: Settings, room: StockRoom) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings
        self._room = room

    async def all(self) -> tuple[Mapped, ...]:
        """Every tier, and last what holds otherwise."""
        stock = await self._room.read()
        settings = self._settings.tiers
        mapped = [
            Mapped(tier, stock.tiers.get(tier) or settings.get(tier), settings.get(tier)) for tier in Tier
        ]
        return (*mapped, Mapped(None, stock.otherwise, None))

    async def lead(self, tier: Tier | None, target: TierTarget | None, principal: Principal) -> None:
        """Have `tier` (None: what is mapped to nothing) lead to `target`; None: as the settings say.

        Raises:
            ForbiddenError: for anybody but an administrator.
            ConfigError: when there is no such endpoint, or it does not have that model.
        """
        require(principal, Role.ADMIN)
        name = tier or OTHERWISE
        if target is not None:
            await self._check(name, target)
        value = None if target is None else {"endpoint": target.endpoint, "model": target.model}
        now = self._clock.now_us()
        shown = f"{target.endpoint}/{target.model}" if target else None
        await self._database.writer.commit(
            keep_setting(TIER_PREFIX + name, value, principal.name, now),
            noted(principal, "tier.map", name, now, shown),
        )

    async def _check(self, name: str, target: TierTarget) -> None:
        stock = await self._room.read()
        of_book = {entry.config.name: entry.config for entry in stock.entries if entry.enabled}
        of_settings = {config.name: config for config in self._settings.endpoints}
        report = Document(None, {}).report()
        known = of_book | of_settings | {EMBEDDED.name: EMBEDDED}
        check_tier_targets(report, {Tier.STANDARD: target}, known)
        if report.errors:
            raise ConfigError(replace(problem, field=name) for problem in report.errors)
