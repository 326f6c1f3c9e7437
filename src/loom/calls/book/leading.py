"""Which tiers lead to an endpoint of the book, and where they lead when it is renamed, removed, put back.

Commits nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from loom.access.audit import noted
from loom.access.models import Principal
from loom.access.system.store import keep_setting
from loom.calls.book.models import Entry, Led
from loom.calls.book.stock import TIER_PREFIX, Stock
from loom.calls.simulated.sizes import EMBEDDED
from loom.core.endpoint_config import EndpointConfig, TierTarget
from loom.core.endpoint_rules import check_tier_targets
from loom.core.errors import ConfigError, Problem
from loom.core.worker_config import Tier
from loom.core.yamlfile import Document
from loom.storage.statements import Write

__all__ = ["given_back", "handed_over", "mapped", "refuse_unknown", "renamed"]


def mapped(tier: str, target: TierTarget | None, principal: Principal, now_us: int) -> tuple[Write, Write]:
    """`tier`, as doors call it, leads to `target`; None: where the settings say."""
    said = None if target is None else str(target)
    return (
        keep_setting(TIER_PREFIX + tier, said, principal.name, now_us),
        noted(principal, "tier.map", tier, now_us, said or "as the settings say"),
    )


def refuse_unknown(
    targets: Mapping[str, TierTarget | None], stock: Stock, settings: Iterable[EndpointConfig]
) -> None:
    """Let those pass that lead to an endpoint, and to a model that it has.

    Raises:
        ConfigError: for each other, by the tier.
    """
    of_book = {entry.config.name: entry.config for entry in stock.entries if entry.enabled}
    known = of_book | {config.name: config for config in settings} | {EMBEDDED.name: EMBEDDED}
    problems: list[Problem] = []
    for tier, target in targets.items():
        report = Document(None, {}).report()
        check_tier_targets(report, {Tier.STANDARD: target} if target else {}, known)
        problems += [replace(problem, field=tier) for problem in report.errors]
    if problems:
        raise ConfigError(problems)


def renamed(stock: Stock, old: str, entry: Entry) -> list[Write]:
    """Tiers follow an endpoint to its new name."""
    if old == entry.config.name:
        return []
    return [
        keep_setting(
            TIER_PREFIX + tier,
            str(TierTarget(entry.config.name, target.model)),
            entry.principal,
            entry.changed_us,
        )
        for tier, target in stock.leading_to(old).items()
    ]


def handed_over(stock: Stock, name: str, instead: TierTarget) -> tuple[Led, ...]:
    """What to remember of the tiers that lead to the endpoint `name`, and are to lead to `instead`."""
    return tuple(Led(tier, target.model, str(instead)) for tier, target in stock.leading_to(name).items())


def given_back(entry: Entry, stock: Stock) -> dict[str, TierTarget]:
    """The tiers that lead to `entry` again as it is put back: those that nobody has set elsewhere since."""
    if not entry.enabled:
        return {}
    return {
        one.tier: TierTarget(entry.config.name, one.model)
        for one in entry.led
        if str(stock.targets.get(one.tier)) == one.instead
    }
