"""What tiers lead to, as the settings say and as an administrator says instead. Asks no endpoint."""

from collections.abc import Mapping
from dataclasses import dataclass

from loom.access.models import Principal, Role
from loom.access.rights import require
from loom.calls.book.leading import mapped, refuse_unknown
from loom.calls.book.stock import OTHERWISE, StockRoom
from loom.core.clock import Clock
from loom.core.endpoint_config import TierTarget, target_from
from loom.core.errors import Problem, UsageError
from loom.core.settings import Settings
from loom.core.worker_config import Tier
from loom.storage.database import Database

__all__ = ["Mapped", "Tiers", "read_target", "tier_named"]


@dataclass(frozen=True, slots=True)
class Mapped:
    """One tier, or, without one, what those lead to that are mapped to nothing."""

    tier: Tier | None
    target: TierTarget | None
    """None: the first endpoint, and the model it has."""

    of_settings: TierTarget | None
    """What the settings say; it holds where nothing is said here."""

    @property
    def name(self) -> str:
        """How doors call it."""
        return self.tier or OTHERWISE

    @property
    def changed(self) -> bool:
        """Whether an administrator said something else than the settings."""
        return self.target != self.of_settings

    def leads_to(self, endpoint: str) -> bool:
        """Whether it says that this endpoint is asked."""
        return self.target is not None and self.target.endpoint == endpoint


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

    async def lead(
        self, targets: Mapping[Tier | None, TierTarget | None], principal: Principal
    ) -> tuple[Mapped, ...]:
        """Have each tier of `targets` (None: what is mapped to nothing) lead there; None: as the settings say.

        Raises:
            ForbiddenError: for anybody but an administrator.
            ConfigError: for each that leads to no endpoint, or to a model that it does not have; nothing is changed.
        """
        require(principal, Role.ADMIN)
        named = {tier or OTHERWISE: target for tier, target in targets.items()}
        refuse_unknown(named, await self._room.read(), self._settings.endpoints)
        now = self._clock.now_us()
        writes = [write for tier, target in named.items() for write in mapped(tier, target, principal, now)]
        await self._database.writer.commit(*writes)
        return await self.all()


def tier_named(name: str) -> Tier | None:
    """The tier that doors call `name`; None for `default`."""
    return None if name == OTHERWISE else Tier(name)


def read_target(name: str, written: str | None) -> TierTarget | None:
    """What `endpoint/model`, or an endpoint alone, names, said of the tier `name`; None for nothing.

    Raises:
        UsageError: when it is not written so.
    """
    if not written or not written.strip():
        return None
    found = target_from(written.strip())
    if not found.endpoint or str(found) != written.strip() or not written.strip().isprintable():
        what, remedy = "does not name an endpoint and a model", "write endpoint/model, or an endpoint alone"
        raise UsageError(Problem(what, name, value=written, remedy=remedy))
    return found
