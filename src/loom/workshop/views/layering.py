"""Places of boxes on levels, and of the lanes on which lines pass by them: few crossings, short ways. Draws nothing.

The way of Sugiyama, Tagawa and Toda (1981): a line that spans several levels passes each on a lane of its own, levels
are ordered by the mean of their neighbours, and positions come as near to those means as order and gaps allow.
"""

from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

__all__ = ["Lane", "Layers", "layered"]

_SWEEPS = 8


@dataclass(frozen=True, slots=True)
class Lane:
    """Where lines of one kind that begin at `source` pass a level."""

    source: str
    kind: str
    level: int


Item = str | Lane


@dataclass(slots=True)
class Layers:
    """What stands on each level from left to right, and how far from the left its middle is."""

    rows: list[list[Item]]
    ways: dict[tuple[str, str], tuple[Item, ...]]
    """For each pair of boxes the items between which its line runs, both ends among them."""

    middles: dict[Item, float] = field(default_factory=dict[Item, float])


@dataclass(frozen=True, slots=True)
class _Sizes:
    box: float
    lane: float
    gap: float

    def between(self, left: Item, right: Item) -> float:
        """How far the middles of two neighbours are apart at least."""
        return sum(self.lane if isinstance(one, Lane) else self.box for one in (left, right)) / 2 + self.gap


def layered(
    levels: Sequence[Sequence[str]],
    links: Sequence[tuple[str, str, str]],
    box: float,
    lane: float,
    gap: float,
) -> Layers:
    """Places for the boxes on `levels`, so wide, with `links` (source, target, kind), each to a later level."""
    level_of = {name: number for number, row in enumerate(levels) for name in row}
    ways = {(source, target): _way(source, target, kind, level_of) for source, target, kind in links}
    lanes = dict.fromkeys(one for way in ways.values() for one in way if isinstance(one, Lane))
    rows: list[list[Item]] = [[*row] for row in levels]
    for one in lanes:
        rows[one.level].append(one)
    above, below = _neighbours(ways)
    rows = _ordered(rows, above, below)
    result = Layers(rows, ways)
    result.middles = _placed(rows, above, below, _Sizes(box, lane, gap))
    return result


def _way(source: str, target: str, kind: str, level_of: Mapping[str, int]) -> tuple[Item, ...]:
    between = range(level_of[source] + 1, level_of[target])
    return (source, *(Lane(source, kind, level) for level in between), target)


_Neighbours = dict[Item, list[Item]]


def _neighbours(ways: Mapping[tuple[str, str], Sequence[Item]]) -> tuple[_Neighbours, _Neighbours]:
    """What each item is joined with on the level above, and on the one below."""
    above: _Neighbours = {}
    below: _Neighbours = {}
    for upper, lower in dict.fromkeys(pair for way in ways.values() for pair in pairwise(way)):
        above.setdefault(lower, []).append(upper)
        below.setdefault(upper, []).append(lower)
    return above, below


def _ordered(rows: list[list[Item]], above: _Neighbours, below: _Neighbours) -> list[list[Item]]:
    """The order with the fewest crossings that a few sweeps down and up come by."""
    best, fewest = rows, _crossings(rows, below)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        down = sweep % 2 == 0
        rows = _swept(rows, above if down else below, down=down)
        crossings = _crossings(rows, below)
        if crossings < fewest:
            best, fewest = rows, crossings
    return best


def _swept(rows: list[list[Item]], neighbours: _Neighbours, *, down: bool) -> list[list[Item]]:
    """Each row sorted by the mean place of its items' neighbours on the row before."""
    order = range(len(rows)) if down else range(len(rows) - 1, -1, -1)
    result = list(rows)
    place: dict[Item, float] = {}
    for number in order:
        own = {item: float(index) for index, item in enumerate(rows[number])}
        result[number] = sorted(
            rows[number], key=lambda item, own=own: _mean(neighbours.get(item), place, own[item])
        )
        place.update({item: float(index) for index, item in enumerate(result[number])})
    return result


def _mean(items: Sequence[Item] | None, place: Mapping[Item, float], otherwise: float) -> float:
    return sum(place[item] for item in items) / len(items) if items else otherwise


def _crossings(rows: Sequence[Sequence[Item]], below: _Neighbours) -> int:
    """How many pairs of lines cross between neighbouring rows."""
    count = 0
    for upper, lower in pairwise(rows):
        place = {item: index for index, item in enumerate(lower)}
        seen: list[int] = []
        for item in upper:
            ends = sorted(place[one] for one in below.get(item, ()))
            count += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return count


def _placed(
    rows: list[list[Item]], above: _Neighbours, below: _Neighbours, sizes: _Sizes
) -> dict[Item, float]:
    """The middle of each item; the leftmost box begins at 0."""
    middles: dict[Item, float] = {}
    for row in rows:
        middles.update(_spread(row, [0.0] * len(row), sizes))
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        neighbours = above if down else below
        for row in rows if down else reversed(rows):
            wanted = [_mean(neighbours.get(item), middles, middles[item]) for item in row]
            middles.update(_spread(row, wanted, sizes))
    left = min(middles[item] - sizes.box / 2 for row in rows for item in row if not isinstance(item, Lane))
    return {item: middle - left for item, middle in middles.items()}


def _spread(row: Sequence[Item], wanted: Sequence[float], sizes: _Sizes) -> dict[Item, float]:
    """Middles as near as can be to those wanted (least squares), in the order of the row and with its gaps kept.

    By pooling neighbours that would overlap: https://en.wikipedia.org/wiki/Isotonic_regression
    """
    offsets = [0.0]
    for left, right in pairwise(row):
        offsets.append(offsets[-1] + sizes.between(left, right))
    pools: list[tuple[float, int]] = []
    for middle, offset in zip(wanted, offsets, strict=False):
        pools.append((middle - offset, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (later, count), (earlier, before) = pools.pop(), pools.pop()
            pools.append(((later * count + earlier * before) / (count + before), count + before))
    bases = [base for base, count in pools for _ in range(count)]
    return {item: base + offset for item, base, offset in zip(row, bases, offsets, strict=False)}
