"""Seeded luck: when the family slips. A pure function of the request, the seed and the repetition."""

from dataclasses import dataclass
from hashlib import blake2b

__all__ = ["Noise", "Skill"]

_SPAN = 1 << 64


@dataclass(frozen=True, slots=True)
class Skill:
    """What one size can do under one prompt and temperature."""

    depth: int
    slip: float
    """Probability of a wrong decision."""

    untidy: float
    """Probability of a wrong wrapping of the answer."""

    background: int
    """Words of general knowledge on a common topic."""


@dataclass(frozen=True, slots=True)
class Noise:
    """Two sources of luck: the case's own difficulty, shared by all models and prompts, and this request's.

    Sharing difficulty is what real models do, and what makes paired comparisons sharper than unpaired ones.
    """

    case: bytes
    request: bytes

    def draw(self, key: str) -> float:
        """A number in [0, 1) of this request's own."""
        return _uniform(self.request, key)

    def slips(self, key: str, rate: float) -> bool:
        """Whether the decision called `key` goes wrong, which happens at `rate`."""
        source = self.case if _uniform(self.request, "whose " + key) < 0.5 else self.request
        return _uniform(source, key) < rate

    def pick(self, key: str, count: int) -> int:
        """An index below `count`."""
        return int(_uniform(self.request, key) * count)


def _uniform(source: bytes, key: str) -> float:
    digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8, key=source).digest()
    return int.from_bytes(digest, "big") / _SPAN
