"""How often a wrong password may be tried. Kept in memory, in bounded room: a restart forgets it.

Each name and address has a bucket of tries that fills up again with time; a try takes from every bucket it belongs to,
before the password is looked at, so that many at once count as many.
"""

from collections import OrderedDict
from dataclasses import dataclass

from loom.core.clock import Clock
from loom.core.errors import ThrottledError

__all__ = ["Throttle"]

_MOST_BUCKETS = 10_000


@dataclass(frozen=True, slots=True)
class _Rule:
    tries: int
    """At once."""

    refill_s: float
    """Until one more is allowed."""


_TOGETHER = _Rule(5, 30)
"""For one name from one address."""

_ADDRESS = _Rule(30, 10)
"""For one address, whatever the names; many people may share one."""

_NAME = _Rule(100, 10)
"""For one name, from wherever: so wide that hardly anybody can lock another out."""


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class Throttle:
    """Counts tries."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: OrderedDict[tuple[str, ...], _Bucket] = OrderedDict()

    def take(self, name: str, address: str) -> None:
        """Count a try for `name` from `address`.

        Raises:
            ThrottledError: when there were too many; this one is not counted.
        """
        wanted = [(self._bucket(key, rule), rule) for key, rule in _keys(name, address)]
        wait = max((1 - bucket.left) * rule.refill_s for bucket, rule in wanted)
        if wait > 0:
            raise ThrottledError(f"Too many attempts; try again in {wait:.0f} s", wait)
        for bucket, _ in wanted:
            bucket.left -= 1

    def forgive(self, name: str, address: str) -> None:
        """The last try for `name` from `address` was right: none of theirs count."""
        for key, rule in _keys(name, address):
            bucket = self._bucket(key, rule)
            bucket.left = rule.tries if rule is _TOGETHER else min(bucket.left + 1, rule.tries)

    def _bucket(self, key: tuple[str, ...], rule: _Rule) -> _Bucket:
        now = self._clock.monotonic()
        bucket = self._buckets.setdefault(key, _Bucket(rule.tries, now))
        self._buckets.move_to_end(key)
        bucket.left = min(bucket.left + (now - bucket.at) / rule.refill_s, rule.tries)
        bucket.at = now
        while len(self._buckets) > _MOST_BUCKETS:
            self._buckets.popitem(last=False)
        return bucket


def _keys(name: str, address: str) -> tuple[tuple[tuple[str, ...], _Rule], ...]:
    return ((("both", name, address), _TOGETHER), (("address", address), _ADDRESS), (("name", name), _NAME))
