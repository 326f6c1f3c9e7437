"""Kills an evaluation at random moments, which are the same for the same seed as far as the machine allows."""

import random
import time
from collections.abc import Callable

from harness import Life, Place

__all__ = ["kill_at_random"]


def kill_at_random(place: Place, chance: random.Random, kills: int) -> int:
    """Kill an evaluation of `place` at `kills` random moments, resuming each time; how often it really was killed.

    A quarter of the moments are counted from the start of the process, so some fall into the claim and the
    resumption; the others fall while requests are on their way.
    """
    killed = 0
    for _ in range(kills):
        life = place.go_on()
        _wait_for_a_moment(place, life, chance, rows=max(1, place.cases // kills))
        life.kill()
        ended = life.end()
        killed += ended.killed
        if not ended.killed:
            assert ended.status == 0 or "is completed already" in ended.errors, (ended.status, ended.errors)
            break
    place.finish()
    return killed


def _wait_for_a_moment(place: Place, life: Life, chance: random.Random, rows: int) -> None:
    if chance.random() < 0.25:
        life.wait(_later(chance.uniform(0.0, 2.0)))
        return
    enough = place.endpoint.count() + chance.randrange(rows) + 1
    life.wait(lambda: place.endpoint.count() >= enough)
    life.wait(_later(chance.uniform(0.0, 0.03)))


def _later(seconds: float) -> Callable[[], bool]:
    deadline = time.monotonic() + seconds
    return lambda: time.monotonic() > deadline
