"""The checker: joins a server's bill with the database and says what was lost, doubled, paid twice, overspent.

It looks only at what is stored and what is billed, and shares no judgement with what it judges.

    python -m loom.sim.checker BILL.jsonl --database URL --run ID
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from loom.core.errors import LoomError, exit_code
from loom.core.ids import text
from loom.core.money import show_usd
from loom.sim.bill import Row
from loom.sim.evidence import Attempt, Evidence, gather
from loom.storage.database import open_database

__all__ = ["Verdict", "check", "read_bill"]

_SHOWN = 5
_COUNTS = ("lost", "duplicated", "repaid", "unexplained")
_SUMS = ("overspent_nano", "unbooked_nano", "unbalanced_nano")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the bill and the database say of one run, side by side. Money in 1e-9 USD."""

    run: str
    state: str
    planned: int
    """Cases times repetitions."""

    ended: int
    errored: int
    """Of those that ended."""

    requests: int
    """On the bill, for this run."""

    billed: int
    billed_nano: int
    unknown: int
    """Attempts of which nobody knows whether they were paid."""

    repeated: int
    """Billed requests beyond the first for the same execution and content."""

    lost: int
    """In a finished job: planned items that did not end, answers without their execution, scores that are missing."""

    duplicated: int
    """Items that ended twice, scores given twice, calls answered twice."""

    repaid: int
    """Billed requests for what had been answered and written down before."""

    unexplained: int
    """Billed requests without an attempt, and repeated ones although no earlier one had failed."""

    overspent_nano: int
    """Beyond the account's limit: what the bill charged, or what the account says, whichever is more."""

    unbooked_nano: int
    """What the bill charged beyond what the attempts are booked with."""

    unbalanced_nano: int
    """By how much the account differs from its attempts, and what a finished job still reserves."""

    offenders: Mapping[str, tuple[str, ...]]
    """The first few of each count."""

    @property
    def clean(self) -> bool:
        """Whether everything that must be zero is."""
        return not any(getattr(self, name) for name in (*_COUNTS, *_SUMS))

    def show(self) -> str:
        """A table for people."""
        lines = [
            f"run {self.run} ({self.state}): {self.ended} of {self.planned} ended, {self.errored} in error",
            f"bill: {self.requests} requests, {self.billed} billed, {show_usd(self.billed_nano)}",
            f"  unknown     {self.unknown:>8}",
            f"  repeated    {self.repeated:>8}",
        ]
        for name in (*_COUNTS, *_SUMS):
            number: int = getattr(self, name)
            shown = show_usd(number) if name in _SUMS else number
            lines.append(f"{'✗' if number else '✓'} {name.removesuffix('_nano'):<12}{shown:>8}")
            lines += [f"    {offender}" for offender in self.offenders.get(name, ())]
        return "\n".join(lines)


def check(database_url: str, run_or_job: str, bill: Iterable[Row]) -> Verdict:
    """Judge one run. Must not be called from a running event loop.

    Args:
        database_url: as `open_database` takes it.
        run_or_job: an id, its last digits, or `last` for the newest evaluation.
        bill: every request since the run was opened; those of other runs in the database are told apart.

    Raises:
        NotFoundError: when there is no such run.
    """
    rows = tuple(bill)
    database = open_database(database_url)
    try:
        return judge(database.read_now(lambda connection: gather(connection, run_or_job, rows)))
    finally:
        asyncio.run(database.aclose())


def judge(evidence: Evidence) -> Verdict:
    """The verdict on what was gathered."""
    found = {
        "lost": list(_lost(evidence)),
        "duplicated": list(_duplicated(evidence)),
        "repaid": list(_repaid(evidence)),
        "unexplained": list(_unexplained(evidence)),
    }
    states = [state for one in evidence.items.values() for state in one if state != "running"]
    return Verdict(
        run=text(evidence.run),
        state=evidence.state,
        planned=evidence.planned,
        ended=len(states),
        errored=states.count("errored"),
        requests=evidence.requests,
        billed=sum(map(len, evidence.billed.values())),
        billed_nano=_charged(evidence),
        unknown=sum(one.state == "unknown" for one in evidence.attempts.values()),
        repeated=sum(len(paid) - 1 for paid in evidence.paid_for().values()),
        **{name: len(names) for name, names in found.items()},
        **_money(evidence),
        offenders={name: tuple(islice(names, _SHOWN)) for name, names in found.items()},
    )


def _lost(evidence: Evidence) -> Iterator[str]:
    if not evidence.final:
        return
    for number in range(evidence.planned - len(evidence.items)):
        yield f"item {number + 1} of those that were planned and never begun"
    for (key, repetition, _), states in evidence.items.items():
        if all(state == "running" for state in states):
            yield f"item {key.hex()[:8]}, repetition {repetition}, has not ended"
    for one in evidence.attempts.values():
        if one.well_answered and one.execution not in evidence.executions:
            yield f"the answer of attempt {text(one.id)} is for an execution that is not there"
    for owner, state in evidence.executions.items():
        scores = len(evidence.scores.get(owner, ()))
        if state == "completed" and scores < evidence.scorers:
            yield f"execution {text(owner)} has {scores} of {evidence.scorers} scores"


def _duplicated(evidence: Evidence) -> Iterator[str]:
    for (key, repetition, _), states in evidence.items.items():
        ends = sum(state != "running" for state in states)
        if ends > 1:
            yield f"item {key.hex()[:8]}, repetition {repetition}, ended {ends} times"
    for owner, scores in evidence.scores.items():
        if max(scores.values()) > 1:
            yield f"execution {text(owner)} was scored twice by one scorer"
    for (owner, _), attempts in evidence.calls().items():
        answers = sum(one.well_answered for one in attempts)
        if answers > 1:
            yield f"one call of execution {text(owner)} was answered {answers} times"


def _repaid(evidence: Evidence) -> Iterator[str]:
    """By call; and by content, where answers are kept for everyone."""
    kept: dict[bytes, list[Attempt]] = {key: [] for key in evidence.kept}
    for one in evidence.attempts.values():
        if one.cache_key in kept:
            kept[one.cache_key].append(one)
    late: set[bytes] = set()
    for attempts in (*evidence.calls().values(), *kept.values()):
        answered_us = min((one.closed_us for one in attempts if one.well_answered), default=None)
        if answered_us is not None:
            late |= {one.id for one in attempts if one.opened_us > answered_us and one.id in evidence.billed}
    for name in sorted(late):
        yield f"attempt {text(name)} paid for what was already answered"


def _unexplained(evidence: Evidence) -> Iterator[str]:
    for row in evidence.strangers:
        yield f"request {row.n} ({row.request_id}) belongs to no attempt"
    for name, rows in evidence.billed.items():
        if len(rows) > 1:
            yield f"attempt {text(name)} was billed {len(rows)} times"
    for (owner, _), paid in evidence.paid_for().items():
        for one in paid:
            if one.well_answered and one is not paid[-1]:
                yield f"execution {text(owner)} asked again after attempt {text(one.id)}, which was answered"


def _charged(evidence: Evidence) -> int:
    return sum(row.cost_nano_usd for rows in evidence.billed.values() for row in rows)


def _money(evidence: Evidence) -> dict[str, int]:
    attempts, money = evidence.attempts, evidence.money
    open_nano = sum(one.reserved_nano for one in attempts.values() if one.state == "open")
    booked_nano = sum(one.cost_nano for one in attempts.values())
    unbooked = (
        sum(row.cost_nano_usd for row in rows) - attempts[name].booked_nano
        for name, rows in evidence.billed.items()
    )
    taken = max(_charged(evidence), money.spent_nano + money.reserved_nano)
    return {
        "overspent_nano": 0 if money.limit_nano is None else max(taken - money.limit_nano, 0),
        "unbooked_nano": sum(max(nano, 0) for nano in unbooked),
        "unbalanced_nano": abs(money.spent_nano - booked_nano)
        + abs(money.reserved_nano - open_nano)
        + (open_nano if evidence.final else 0),
    }


def read_bill(path: Path) -> Iterator[Row]:
    """The rows of a bill's file, as `loom sim --bill` writes it."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield Row(**json.loads(line))


def main(arguments: Sequence[str]) -> int:
    """The command; its exit status is 1 when the verdict is not clean."""
    parser = argparse.ArgumentParser("loom.sim.checker", description="Join a bill with the database.")
    parser.add_argument("bill", type=Path, help="what `loom sim --bill` wrote")
    parser.add_argument("--database", required=True, help="sqlite:///FILE or postgresql://...")
    parser.add_argument("--run", default="last", help="the id of a run or job, or `last`")
    asked = parser.parse_args(arguments)
    try:
        verdict = check(asked.database, asked.run, read_bill(asked.bill))
    except LoomError as error:
        sys.stderr.write(f"{error}\n")
        return exit_code(error)
    sys.stdout.write(verdict.show() + "\n")
    return 0 if verdict.clean else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
