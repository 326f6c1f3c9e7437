"""What an evaluation is, as its job stores it. Knows nothing of working through it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from loom.core.ids import RunId
from loom.core.jsonvalue import Json, JsonValue
from loom.evaluation.models import Case, Split
from loom.evaluation.scorers import ConfiguredScorer
from loom.evaluation.scorers.base import JudgeChoice
from loom.evaluation.scoring.calls import Judge
from loom.evaluation.scoring.case_scorers import ScorerSet

__all__ = ["Evaluation", "Selection"]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which cases of a suite."""

    split: Split | None = None
    """None: all but the sealed ones."""

    tags: tuple[str, ...] = ()
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """An evaluation as stored: everything needed to go on with it."""

    run: RunId
    worker: str
    snapshot: Json
    endpoint: str
    model: str
    suite: bytes
    selection: Selection
    scorers: tuple[JsonValue, ...]
    repetitions: int
    concurrency: int
    use_cache: bool
    judge: JudgeChoice | None = None
    """For scorers that ask a judge and do not say whom; None when no scorer asks one."""

    version: bytes | None = None
    """As wished."""

    judges: tuple[Judge, ...] = ()
    """Every model that a scorer asks for its judgement."""

    origin: str | None = None
    """Where the endpoint was; None when none is asked, or nobody wrote it down."""

    def to_json(self) -> Json:
        """The specification of its job."""
        return {
            "run": self.run.hex(),
            "worker": self.worker,
            "snapshot": self.snapshot,
            "endpoint": self.endpoint,
            "model": self.model,
            "suite": self.suite.hex(),
            "split": self.selection.split,
            "tags": list(self.selection.tags),
            "limit": self.selection.limit,
            "scorers": list(self.scorers),
            "repetitions": self.repetitions,
            "concurrency": self.concurrency,
            "use_cache": self.use_cache,
            "judge": asdict(self.judge) if self.judge else None,
            "version": self.version.hex() if self.version else None,
            "judges": [asdict(one) for one in self.judges],
            "origin": self.origin,
        }

    @staticmethod
    def from_json(spec: Json) -> "Evaluation":
        """What `to_json` gave."""
        return Evaluation(
            RunId(bytes.fromhex(spec["run"])),
            spec["worker"],
            spec["snapshot"],
            spec["endpoint"],
            spec["model"],
            bytes.fromhex(spec["suite"]),
            Selection(Split(spec["split"]) if spec["split"] else None, tuple(spec["tags"]), spec["limit"]),
            tuple(spec["scorers"]),
            spec["repetitions"],
            spec["concurrency"],
            spec["use_cache"],
            JudgeChoice(**judge) if (judge := spec.get("judge")) else None,
            bytes.fromhex(version) if (version := spec.get("version")) else None,
            tuple(Judge(**one) for one in spec.get("judges", ())),
            spec.get("origin"),
        )

    def scorer_set(self) -> ScorerSet:
        """The scorers, ready to score.

        Raises:
            ConfigError: when one is misconfigured, or given twice.
        """
        return ScorerSet(self.scorers, self.judge)

    def every_scorer(self, cases: Mapping[bytes, Case]) -> tuple[ConfiguredScorer, ...]:
        """Those of the run and those that single `cases` have."""
        return tuple(self.scorer_set().every(cases.values()))

    def configured_scorers(self) -> tuple[ConfiguredScorer, ...]:
        """Those of the run, without those that single cases have."""
        return tuple(one.scorer for one in self.scorer_set().common)
