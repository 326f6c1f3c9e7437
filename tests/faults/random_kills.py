"""Kills an evaluation at random moments, which are the same for the same seed as far as the machine allows."""

import random
import time
from collections.abc import Callable

from harness import LIFE_S, Life, Place

__all__ = ["kill_at_random"]


def kill_at_random(place: Place, chance: random.Random, kills: int) -> None:
    """Kill an evaluation of `place` at `kills` random moments, resuming each time, and then let it end.

    A moment comes when some more requests have been answered. A quarter of the lives also end at a random time
    from their start, so that some kills fall into the start, the claim and the resumption.
    """
    for number in range(kills):
        life = place.go_on()
        _wait_for_a_moment(place, life, chance, rows=max(1, place.cases // kills // 2))
        life.kill()
        ended = life.end()
        assert ended.killed, f"over after {number} of {kills} kills: {ended}"
    place.finish()


def _wait_for_a_moment(place: Place, life: Life, chance: random.Random, rows: int) -> None:
    enough = place.endpoint.count() + chance.randrange(rows) + 1
    early = _later(chance.uniform(0.0, 2.0) if chance.random() < 0.25 else LIFE_S)
    life.wait(lambda: place.endpoint.count() >= enough or early())
    life.wait(_later(chance.uniform(0.0, 0.03)))


def _later(seconds: float) -> Callable[[], bool]:
    deadline = time.monotonic() + seconds
    return lambda: time.monotonic() > deadline
