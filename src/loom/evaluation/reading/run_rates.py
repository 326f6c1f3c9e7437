"""Pass rates of many runs at once, remembered for those that can no longer change."""

import json
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from loom.core.ids import RunId
from loom.evaluation.reading.held import Held
from loom.evaluation.reading.rates_store import case_totals_of, contents
from loom.evaluation.reading.run_material import RunMaterial, material_from
from loom.evaluation.reading.runs_store import job_heads
from loom.evaluation.reading.terms import Terms, terms_of
from loom.evaluation.statistics.rates import Rate, pass_rate
from loom.evaluation.store import RunRow
from loom.evaluation.suites.store import SuiteStore

__all__ = ["RunSummary", "Summaries"]

_MOST = 10_000


class RunSummary(NamedTuple):
    """What a list says of a run."""

    rate: Rate | None
    """None while nothing has ended, and of a run without a suite."""

    version: str | None
    """The hash of the worker's text in hexadecimal digits; None when the catalog had none."""

    principal: str
    finished_us: int | None
    terms: Terms | None
    """None without a rate."""


class Summaries:
    """What lists say of runs."""

    def __init__(self, suites: SuiteStore) -> None:
        self._suites = suites
        self._held: Held[RunId, RunSummary] = Held(_MOST)

    def of(self, connection: Connection, runs: Sequence[RunRow]) -> dict[RunId, RunSummary]:
        """What is said of each of `runs`; those not yet known are added up in one query."""
        found = {one.id: known for one in runs if (known := self._held.get(one.id)) is not None}
        unknown = [one for one in runs if one.id not in found]
        if not unknown:
            return found
        heads = job_heads(connection, [one.job for one in unknown])
        specs = contents(connection, {head.spec for head in heads.values()})
        read = {job: json.loads(specs[head.spec]) for job, head in heads.items()}
        ready = [
            material_from(connection, one, read[one.job], self._suites)
            for one in unknown
            if one.suite_hash and one.done
        ]
        terms = {one.run.id: terms_of(one) for one in ready}
        rates = {name: pass_rate(totals) for name, totals in case_totals_of(connection, ready).items()}
        for one in unknown:
            head = heads[one.job]
            version = read[one.job].get("version")
            found[one.id] = RunSummary(
                rates.get(one.id), version, head.principal, head.finished_us, terms.get(one.id)
            )
        self._hold(ready, found)
        return found

    def _hold(self, runs: Sequence[RunMaterial], found: dict[RunId, RunSummary]) -> None:
        for one in runs:
            if one.settled:
                self._held.put(one.run.id, found[one.run.id])
