"""The three sizes of the family: how often each slips, how deep it reads, how fast it answers."""

from collections.abc import Collection
from dataclasses import dataclass

from loom.core.endpoint_config import SIMULATED_ENDPOINT, EndpointConfig, EndpointKind
from loom.core.worker_config import Tier

__all__ = ["EMBEDDED", "SIZES", "Size", "meant_for", "size_of"]


@dataclass(frozen=True, slots=True)
class Size:
    """One member of the family. Rates are probabilities per decision."""

    name: str
    depth: int
    """1 to 3: how many kinds of rule it applies."""

    slip: float
    """Wrong decisions on a clear prompt at temperature 0."""

    vague_slip: float
    """Added when the prompt says nothing but the task."""

    untidy: float
    """Answers in a wrong wrapping when the prompt does not say how to answer."""

    background: int
    """How many words of general knowledge it has on a common topic."""

    first_token_s: float
    tokens_per_s: float

    @property
    def snapshot(self) -> str:
        """The dated name that answers carry."""
        return f"{self.name}-1"


_ALL = (
    Size("sim-small", 1, 0.23, 0.20, 0.34, 5, 0.08, 180.0),
    Size("sim-medium", 2, 0.11, 0.15, 0.18, 14, 0.18, 110.0),
    Size("sim-large", 3, 0.02, 0.10, 0.08, 60, 0.35, 65.0),
)
SIZES: dict[str, Size] = {size.name: size for size in _ALL}
_BY_TIER = dict(zip((Tier.LOCAL, Tier.STANDARD, Tier.FRONTIER), SIZES, strict=True))
_BY_ANY_NAME = SIZES | {size.snapshot: size for size in _ALL}


EMBEDDED = EndpointConfig(SIMULATED_ENDPOINT, "", EndpointKind.SIMULATED, models=tuple(SIZES))
"""The endpoint that is always there."""


def meant_for(tier: Tier, listed: Collection[str]) -> str | None:
    """Which of the models that are `listed` is asked where none is named: the only one, or the tier's of the family."""
    if len(listed) == 1:
        return next(iter(listed))
    return _BY_TIER[tier] if set(SIZES).issubset(listed) else None


def size_of(model: str) -> Size:
    """The family member that `model` names, also by its snapshot.

    Raises:
        KeyError: for a model outside the family.
    """
    return _BY_ANY_NAME[model]
