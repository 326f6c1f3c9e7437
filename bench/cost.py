"""`cpu`: CPU per case beside a bare aiohttp call, and again from the cache. `peers`: whole runs beside other tools.

Everyone takes turns within a round, so that a machine that slows down slows them all; then medians are compared.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from bench.child import Measured
from bench.contestants import LoomRuns, bare
from bench.figure import Figure
from bench.peer_runs import Contestant, promptfoo, pydantic_evals
from bench.peer_tools import MissingPeerError
from bench.setting import LARGE, SMALL, Pair, Setting, per_case_ms
from bench.simulator import Simulator, simulator

__all__ = ["cpu", "peers"]

_BARE = "a bare aiohttp call"
_WHOLE = f"CPU of a whole run of {LARGE:,} cases"
_PEERS = (("pydantic-evals", pydantic_evals, 1 / 3.5, 1 / 5), ("promptfoo", promptfoo, 1 / 7, 1 / 12))


def cpu(setting: Setting) -> Iterator[Figure]:
    """What Loom costs beyond the call itself, and without one."""
    with simulator() as sim:
        runs = LoomRuns(setting.folder, sim)
        runs.prepare()
        _bare_pair(setting, sim)
        rounds = [_round(setting, runs, sim) for _ in range(setting.rounds(7))]
    bare_ms, fresh_ms, cached_ms = _slopes(rounds)
    each = sorted(fresh / bare for bare, fresh, _ in (_slopes([one]) for one in rounds))
    yield Figure(
        name="cpu",
        what="CPU per case",
        measured=f"{fresh_ms:.3f} ms",
        beside=f"{bare_ms:.3f} ms, {_BARE}",
        ratio=fresh_ms / bare_ms,
        bound=3.2,
        stretch=2.5,
        note=f"{each[0]:.2f} to {each[-1]:.2f} in {len(rounds)} rounds",
    )
    yield Figure(
        name="cpu",
        what="CPU per case, again from the cache",
        measured=f"{cached_ms:.3f} ms",
        beside=f"{bare_ms:.3f} ms, {_BARE}",
        ratio=cached_ms / bare_ms,
        bound=0.8,
    )
    asked = sum(each.requests_when_cached for each in rounds)
    yield Figure(
        name="cpu",
        what="calls, again from the cache",
        measured=str(asked),
        beside=f"{len(rounds) * (SMALL + LARGE)} cases",
        ratio=asked / (len(rounds) * (SMALL + LARGE)),
        bound=0.0,
    )


@dataclass(frozen=True, slots=True)
class _Round:
    bare: Pair
    fresh: Pair
    cached: Pair
    requests_when_cached: int


def _slopes(rounds: list[_Round]) -> tuple[float, float, float]:
    return (
        per_case_ms(one.bare for one in rounds),
        per_case_ms(one.fresh for one in rounds),
        per_case_ms(one.cached for one in rounds),
    )


def _round(setting: Setting, runs: LoomRuns, sim: Simulator) -> _Round:
    small, large = setting.material(SMALL), setting.material(LARGE)
    sim.reset()
    called, asked = _bare_pair(setting, sim), sim.asked()
    with runs.data_dir() as first, runs.data_dir() as second:
        sim.reset()
        fresh = Pair(runs.again(small, first), runs.again(large, second))
        if sim.asked() != asked:
            raise RuntimeError("Loom and the bare loop did not ask the same")
        sim.reset()
        cached = Pair(runs.again(small, first), runs.again(large, second))
        return _Round(called, fresh, cached, sim.requests())


def _bare_pair(setting: Setting, sim: Simulator) -> Pair:
    return Pair(*(bare(setting.material(size), sim) for size in (SMALL, LARGE)))


def peers(setting: Setting) -> Iterator[Figure]:
    """Whole runs with imports, beside the tools that people use for it; they keep no journal of calls."""
    with simulator() as sim:
        runs = LoomRuns(setting.folder, sim)
        runs.prepare()
        for name, make, bound, stretch in _PEERS:
            try:
                peer = make(setting.folder, sim)
                peer(setting.material(1))
            except (MissingPeerError, RuntimeError) as error:
                reason = str(error).splitlines()[0]
                yield Figure(name="peers", what=_WHOLE, measured="-", beside=name, note=reason)
                continue
            turns = [_turn(setting, runs, peer, sim) for _ in range(setting.rounds(3))]
            yield from _beside(name, bound, stretch, turns)


@dataclass(frozen=True, slots=True)
class _Turn:
    bare: Pair
    loom: Measured
    peer: Pair


def _turn(setting: Setting, runs: LoomRuns, peer: Contestant, sim: Simulator) -> _Turn:
    small, large = setting.material(SMALL), setting.material(LARGE)
    return _Turn(_bare_pair(setting, sim), runs.fresh(large), Pair(peer(small), peer(large)))


def _beside(name: str, bound: float, stretch: float, turns: list[_Turn]) -> Iterator[Figure]:
    loom_s = median(turn.loom.cpu_s for turn in turns)
    peer_s = median(turn.peer.large.cpu_s for turn in turns)
    bare_ms, peer_ms = per_case_ms(turn.bare for turn in turns), per_case_ms(turn.peer for turn in turns)
    yield Figure(
        name="peers",
        what=_WHOLE,
        measured=f"{loom_s:.2f} s",
        beside=f"{peer_s:.1f} s, {name}",
        ratio=loom_s / peer_s,
        bound=bound,
        stretch=stretch,
        note=f"1/{peer_s / loom_s:.1f}",
    )
    yield Figure(
        name="peers",
        what=f"CPU per case of {name}",
        measured=f"{peer_ms:.2f} ms",
        beside=f"{bare_ms:.3f} ms, {_BARE}",
        ratio=peer_ms / bare_ms,
    )
