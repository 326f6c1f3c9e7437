"""Which scorers judge which case: those of the run and the case's own. Scores nothing."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, cast

from loom.core.errors import ConfigError, Problem
from loom.core.jsonvalue import Json, JsonValue, canonical
from loom.evaluation.models import Case, Suite
from loom.evaluation.scorers import ConfiguredScorer, make_scorer
from loom.evaluation.scorers.base import JudgeChoice

__all__ = [
    "DEFAULT_SCORER",
    "CaseScorer",
    "ScorerSet",
    "asks",
    "default_scorers",
    "passes_by",
    "scorers_asked",
    "try_out",
]

DEFAULT_SCORER: JsonValue = {"scorer": "field_match", "threshold": 1.0}
"""Where nobody says how right is right enough, everything that is expected has to be right."""


class CaseScorer(NamedTuple):
    """A scorer ready for a run: what is asked of it for every case is found out once."""

    scorer: ConfiguredScorer
    hash: bytes
    waits: bool


class ScorerSet:
    """The scorers of an evaluation.

    Every case is judged by those of the run and by its own; where both name the same one, with the same parameters,
    it counts once. A case for which nobody names any is judged by `DEFAULT_SCORER`.
    """

    def __init__(self, common: Sequence[JsonValue], judge: JudgeChoice | None = None) -> None:
        """`common` are the specifications of the run; `judge` is for those that ask one and do not say whom.

        Raises:
            ConfigError: when one is misconfigured, or given twice.
        """
        self._judge = judge
        self._made: dict[bytes, CaseScorer] = {}
        self.common = tuple(self._make(spec) for spec in common)
        self._default = self.common or (self._make(DEFAULT_SCORER),)
        _refuse_twice(self.common)

    def of(self, case: Case) -> tuple[CaseScorer, ...]:
        """Those that judge `case`, those of the run first.

        Raises:
            ConfigError: when one of its own is misconfigured.
        """
        if not case.scorers:
            return self._default
        found = {one.hash: one for one in self.common}
        for spec in case.scorers:
            one = self._make(spec)
            found.setdefault(one.hash, one)
        return tuple(found.values())

    def every(self, cases: Iterable[Case]) -> tuple[ConfiguredScorer, ...]:
        """Each scorer that judges any of `cases`, once; in their order, as the first that has it sets it.

        Raises:
            ConfigError: when one is misconfigured.
        """
        found: dict[bytes, ConfiguredScorer] = {}
        for some in dict.fromkeys(self.of(case) for case in cases):
            for one in some:
                found.setdefault(one.hash, one.scorer)
        return tuple(found.values())

    def otherwise(self, cases: Mapping[bytes, Case]) -> dict[ConfiguredScorer, list[bytes]]:
        """Those of `every` that some of `cases` want with another threshold or weight, and which cases.

        A hash names none of the two, so one score may be held against another threshold from case to case.
        """
        if not any(case.scorers for case in cases.values()):
            return {}
        usual = {one.scorer_hash: one for one in self.every(cases.values())}
        found: dict[ConfiguredScorer, list[bytes]] = {}
        for key, case in cases.items():
            for scorer, name, _ in self.of(case):
                if asks(scorer) != asks(usual[name]):
                    found.setdefault(scorer, []).append(key)
        return found

    async def aclose(self) -> None:
        """Close those that hold something open. Idempotent as far as they are."""
        for one in self._made.values():
            close = getattr(one.scorer.scorer, "aclose", None)
            if close is not None:
                await close()

    def _make(self, spec: JsonValue) -> CaseScorer:
        name = canonical(spec)
        made = self._made.get(name)
        if made is None:
            scorer = make_scorer(spec, self._judge)
            made = self._made[name] = CaseScorer(scorer, scorer.scorer_hash, scorer.waits)
        return made


def scorers_asked(suite: Suite, named: Sequence[JsonValue]) -> tuple[JsonValue, ...]:
    """The specifications that count where `named` are asked for: those, or else the ones of `suite`.

    A name alone means the scorer as the suite sets it, if it does: with the same threshold, above all.
    """
    given = [cast("Json", spec) for spec in suite.scorers if isinstance(spec, dict)]
    own: Json = {spec["scorer"]: spec for spec in given}
    return tuple(own.get(str(spec), spec) for spec in named) or suite.scorers


def default_scorers(cases: Iterable[Case]) -> tuple[JsonValue, ...]:
    """For a run over `cases` for which nobody names any: none where cases have their own, and the rest the default."""
    return () if any(case.scorers for case in cases) else (DEFAULT_SCORER,)


def passes_by(scorers: Iterable[ConfiguredScorer]) -> tuple[str, ...]:
    """By what a case passes that `scorers` judge, in words: each with its threshold, as `field_match from 1`."""
    return tuple(dict.fromkeys(f"{one.name} from {one.threshold:g}" for one in scorers))


async def try_out(scorers: Iterable[ConfiguredScorer]) -> None:
    """Let those that can find out beforehand whether they will work here do so, before anything is paid.

    Raises:
        ConfigError: with what keeps them from it.
    """
    problems: list[Problem] = []
    for one in scorers:
        find_out = getattr(one.scorer, "try_out", None)
        if find_out is not None:
            problems += await find_out()
    if problems:
        raise ConfigError(problems)


def asks(scorer: ConfiguredScorer) -> tuple[float, float]:
    """What `scorer` asks of a score and how much it counts: its threshold and weight, which its hash does not name."""
    return scorer.threshold, scorer.weight


def _refuse_twice(scorers: Sequence[CaseScorer]) -> None:
    if len({one.hash for one in scorers}) < len(scorers):
        names = ", ".join(one.scorer.name for one in scorers)
        raise ConfigError(Problem("hold one twice", field="scorers", value=names, remedy="remove one"))
