"""What people say of outputs: sheets to fill in, ratings kept, and how well judges agree with them.

A rating is of an output of a case, so it holds in every run in which the case has that output: from the cache, or
scored once more.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from loom.access.models import Principal
from loom.core.clock import Clock
from loom.core.errors import ConfigError, Problem, UsageError
from loom.core.hashing import hash_bytes
from loom.core.ids import RunId, short
from loom.core.jsonvalue import JsonValue, canonical
from loom.evaluation import people_store
from loom.evaluation.judging.label_files import Label, SheetRow
from loom.evaluation.people_store import OutputOf, Rating
from loom.evaluation.results.case_results import CaseResult
from loom.evaluation.results.report import Reports
from loom.evaluation.scorers import ConfiguredScorer
from loom.evaluation.scorers.rating import HumanRating
from loom.evaluation.statistics.agreement import Calibration, calibrate
from loom.evaluation.store import RunRow
from loom.storage.blobs import unpack
from loom.storage.database import Database

__all__ = ["JudgeAgreement", "Kept", "Labels", "Pairs", "subject_of"]

Pairs = Sequence[tuple[float, float]]
"""For each output that both judged: the judge's value, and the mean of people's."""

_PAGE = 400


def subject_of(item_key: bytes, output: bytes) -> bytes:
    """What a rating is of: the output of a case. `output` is canonical JSON."""
    return hash_bytes(item_key + output)


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a sheet."""

    new: int
    unchanged: int
    """Said before, word for word."""

    runs: tuple[RunId, ...]
    """The runs whose outputs were rated."""


@dataclass(frozen=True, slots=True)
class JudgeAgreement:
    """A judge of a run beside people."""

    scorer: ConfiguredScorer
    calibration: Calibration | None
    """None without a label."""


class Labels:
    """Gives out sheets, keeps ratings, compares judges with them."""

    def __init__(self, database: Database, clock: Clock, reports: Reports) -> None:
        self._database = database
        self._clock = clock
        self._reports = reports

    async def sheet(self, run: RunRow, most: int | None, seed: int) -> list[SheetRow]:
        """Every output of `run` once, or `most` of them drawn by `seed`, in the order of the suite.

        Raises:
            UsageError: when there is no output to rate.
        """
        chance = random.Random(seed)  # noqa: S311 - which outputs a person rates is no secret
        drawn: list[tuple[int, CaseResult]] = []
        seen: set[bytes] = set()
        for result in await self._reports.results(run):
            if result.output is None:
                continue
            subject = subject_of(result.key, canonical(result.output))
            if subject in seen:
                continue
            place = len(seen)
            seen.add(subject)
            if most is None or place < most:
                drawn.append((place, result))
            elif (instead := chance.randrange(place + 1)) < most:
                drawn[instead] = (place, result)
        if not drawn:
            remedy = "choose a run with outputs"
            raise UsageError(Problem("has no output to rate", field=short(run.id), remedy=remedy))
        return [_row(result) for _, result in sorted(drawn, key=lambda one: one[0])]

    async def keep(self, labels: Sequence[Label], file: str, principal: Principal) -> Kept:
        """Keep `labels`; one that a rater has given before is replaced.

        Raises:
            ConfigError: for each label of an execution that is not here or has no output; nothing is kept then.
        """
        read = self._database.read
        outputs = await read(
            lambda connection: people_store.outputs_of(connection, [label.execution for label in labels])
        )
        _refuse_unknown(labels, outputs, file)
        subjects = {name: subject_of(one.item_key, unpack(one.output)) for name, one in outputs.items()}
        before = await read(lambda connection: people_store.ratings_of(connection, list(subjects.values())))
        now = self._clock.now_us()
        writes = [
            people_store.add_rating(
                "default",
                subjects[one.execution],
                one.execution,
                one.rater,
                one.value,
                one.note,
                principal.name,
                now,
            )
            for one in labels
            if before.get(subjects[one.execution], {}).get(one.rater)
            != Rating(one.rater, one.value, one.note)
        ]
        await self._database.writer.commit(*writes)
        runs = tuple(dict.fromkeys(outputs[label.execution].run for label in labels))
        return Kept(len(writes), len(labels) - len(writes), runs)

    async def said_of(self, result: CaseResult) -> tuple[Rating, ...]:
        """What people said of the output of `result`, by rater; nothing where there is no output."""
        if result.output is None:
            return ()
        subject = subject_of(result.key, canonical(result.output))
        found = await self._database.read(lambda connection: people_store.ratings_of(connection, [subject]))
        return tuple(found.get(subject, {}).values())

    async def apply(self, run: RunRow) -> int:
        """Bring what people said of the outputs of `run` into its `human_rating` scores; how many there are."""
        results = await self._reports.results(run)
        scorers = [one for one in results.scorers if isinstance(one.scorer, HumanRating)]
        if not scorers:
            return 0
        applied, page = 0, list[CaseResult]()
        for result in results:
            page += [result] if result.output is not None else []
            if len(page) == _PAGE:
                applied += await self._apply(page, scorers)
                page = []
        return applied + await self._apply(page, scorers)

    async def _apply(self, page: Sequence[CaseResult], scorers: Iterable[ConfiguredScorer]) -> int:
        subjects = {one.execution: subject_of(one.key, canonical(one.output)) for one in page}
        found = await self._database.read(
            lambda connection: people_store.ratings_of(connection, list(subjects.values()))
        )
        said = {name: found[subject] for name, subject in subjects.items() if subject in found}
        writes = [
            people_store.rate_execution(name, scorer.scorer_hash, *_mean(ratings.values()))
            for scorer in scorers
            for name, ratings in said.items()
        ]
        await self._database.writer.commit(*writes)
        return len(said)

    async def pairs(self, scorers: Iterable[ConfiguredScorer]) -> dict[bytes, Pairs]:
        """By scorer hash, what each of `scorers` and people said of the same outputs, in whichever run."""
        names = [scorer.scorer_hash for scorer in scorers]
        return await self._database.read(
            lambda connection: {name: people_store.judged_and_rated(connection, name) for name in names}
        )

    async def agreement(self, run: RunRow) -> list[JudgeAgreement]:
        """Each scorer of `run` but people themselves, beside people."""
        results = await self._reports.results(run)
        scorers = [one for one in results.scorers if not isinstance(one.scorer, HumanRating)]
        pairs = await self.pairs(scorers)
        return [
            JudgeAgreement(
                one,
                calibrate(found, judge_threshold=one.threshold)
                if (found := pairs[one.scorer_hash])
                else None,
            )
            for one in scorers
        ]


def _row(result: CaseResult) -> SheetRow:
    case = result.case
    expected: JsonValue = case.expected_output if case.has_expected else None
    return SheetRow(result.execution.hex(), case.name, case.input, expected, result.output)


def _refuse_unknown(labels: Sequence[Label], outputs: dict[bytes, OutputOf], file: str) -> None:
    problems = [
        Problem(
            "is no execution with an output here",
            "execution",
            file,
            label.line,
            value=label.execution.hex(),
            remedy="import where the run was made, or leave the row out",
        )
        for label in labels
        if label.execution not in outputs
    ]
    if problems:
        raise ConfigError(problems)


def _mean(ratings: Iterable[Rating]) -> tuple[float, str]:
    said = list(ratings)
    return fmean(one.value for one in said), "rated by " + ", ".join(sorted(one.rater for one in said))
