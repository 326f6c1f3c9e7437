"""What speaks for each class, and how much of it a text holds. Knows nothing of clauses, luck or the final choice."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from loom.calls.simulated.brief import Label, Saying
from loom.calls.simulated.concepts import related
from loom.calls.simulated.lexicon import associations
from loom.calls.simulated.text import stem, words

__all__ = ["Evidence", "evidence"]

_DEPTH_STEMS = {1: 14, 2: 30, 3: 10_000}
_DEPTH_RELATED = {1: 4, 2: 16, 3: 60}
_RELATED_CUE = 0.4
_RELATED_WORD = 0.6
_BACKGROUND_WEIGHT = 0.6
_SHARING = 0.35
_WEAK_WEIGHT = 0.25
_WEAK_WORDS = """
need needs want may one thing way time make give get know take ask asked say said come came work like used
using customer something anything not else answer day words concrete set let shop new see look go buy bought
order
"""
_WEAK = frozenset(stem(word) for word in _WEAK_WORDS.split())


@dataclass(frozen=True, slots=True)
class _Said:
    """A saying by the weights of its stems."""

    weight: float
    parts: tuple[float, ...]

    def worth(self, held: Iterable[tuple[int, float]]) -> float:
        """What it is worth when its stems are held at these places, this strongly: the more of it, the more each."""
        best: dict[int, float] = {}
        for place, strength in held:
            best[place] = max(best.get(place, 0.0), strength)
        whole = sum(self.parts)
        there = sum(self.parts[place] * min(1.0, strength) for place, strength in best.items()) / whole
        got = sum(self.parts[place] * strength for place, strength in best.items())
        return self.weight * got * there / whole**_SHARING


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one class is recognized by. `places` tells of a stem in which sayings it stands, where, and how surely."""

    cues: Mapping[str, float]
    sayings: tuple[_Said, ...]
    places: Mapping[str, Mapping[int, tuple[float, int]]]

    def __contains__(self, cue: str) -> bool:
        return cue in self.cues or cue in self.places

    def score(self, counts: Mapping[str, float]) -> float:
        """How much a text that uses its stems so strongly speaks for the class; each stem goes into one saying."""
        held = self._held(counts)
        worth = {number: self.sayings[number].worth(stems.values()) for number, stems in held.items()}
        score = sum(weight * counts[cue] for cue, weight in self.cues.items() if cue in counts)
        spent: set[str] = set()
        for number in sorted(worth, key=lambda one: -worth[one]):
            left = {cue: place for cue, place in held[number].items() if cue not in spent}
            score += self.sayings[number].worth(left.values())
            spent.update(left)
        return score

    def _held(self, counts: Mapping[str, float]) -> dict[int, dict[str, tuple[int, float]]]:
        held: defaultdict[int, dict[str, tuple[int, float]]] = defaultdict(dict)
        for cue, count in counts.items():
            for number, (sure, place) in self.places.get(cue, {}).items():
                held[number][cue] = place, sure * count
        return held


@lru_cache(maxsize=256)
def evidence(labels: tuple[Label, ...], depth: int, background: int) -> dict[str, Evidence]:
    """By class; remembered, because a prompt meets many texts. A stem that speaks for several classes counts less."""
    stems = (cue for label in labels for cue in _stems_of(label))
    shared = Counter(stems) if depth > 1 else Counter[str]()
    return {label.name: _evidence(label, shared, depth, background) for label in labels}


def _stems_of(label: Label) -> set[str]:
    return {cue for cue, _ in label.cues}.union(*(saying.stems for saying in label.sayings))


def _evidence(label: Label, shared: Counter[str], depth: int, background: int) -> Evidence:
    read = tuple(_read(label, _DEPTH_STEMS[depth] - len(label.cues)))
    sayings = tuple(
        _Said(saying.weight, tuple(_distinction(cue, shared) for cue in saying.stems)) for saying in read
    )
    return Evidence(_cues(label, shared, depth, background), sayings, _places(read, _DEPTH_RELATED[depth]))


def _distinction(cue: str, shared: Counter[str]) -> float:
    return (_WEAK_WEIGHT if cue in _WEAK else 1.0) / max(1, shared[cue])


def _read(label: Label, room: int) -> Iterator[Saying]:
    """The sayings that a reader with room for so many stems takes in, the plainest first."""
    for saying in sorted(label.sayings, key=lambda one: -one.weight / len(one.stems) ** _SHARING):
        room -= len(saying.stems)
        if room < 0:
            return
        yield saying


def _cues(label: Label, shared: Counter[str], depth: int, background: int) -> dict[str, float]:
    """The class's own cues, stems near them, and what is known of its name without being told."""
    cues = dict(sorted(label.cues, key=lambda cue: -cue[1])[: _DEPTH_STEMS[depth]])
    for cue, weight in tuple(cues.items()):
        for near in related(cue, _DEPTH_RELATED[depth]):
            cues.setdefault(near, _RELATED_CUE * weight)
    for word in words(label.name.replace("_", " ")):
        for known in associations(word, background):
            cues.setdefault(known, _BACKGROUND_WEIGHT)
    return {cue: weight / max(1, shared[cue]) for cue, weight in cues.items()}


def _places(sayings: Sequence[Saying], breadth: int) -> dict[str, dict[int, tuple[float, int]]]:
    places: defaultdict[str, dict[int, tuple[float, int]]] = defaultdict(dict)
    for number, saying in enumerate(sayings):
        for place, cue in enumerate(saying.stems):
            near = dict.fromkeys(related(cue, breadth), _RELATED_WORD) | {cue: 1.0}
            for known, sure in near.items():
                places[known][number] = max(places[known].get(number, (0.0, 0)), (sure, place))
    return dict(places)
