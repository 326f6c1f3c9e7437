"""From what someone sent, in a form or as JSON, to a test that can be carried out; and from a test to a case."""

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from loom.access.models import Principal
from loom.catalog.library import Library, Source
from loom.catalog.names import require_new, require_safe
from loom.catalog.service import Catalog
from loom.core.errors import ConfigError, ConflictError, NotFoundError, Problem, UsageError
from loom.core.ids import RunId, new_id
from loom.core.jsonvalue import Json, JsonValue
from loom.core.kinds import Kind
from loom.core.worker_config import WorkerConfig
from loom.engine.bench import TestWish
from loom.evaluation.json_text import parse_json
from loom.evaluation.models import ABSENT, Case, Split, Suite
from loom.evaluation.reading.earlier_tests import TestRecord
from loom.evaluation.suites.editing import add_case, begin_suite
from loom.evaluation.suites.files import load_suite, parse_suite
from loom.wiring.app import App
from loom.wiring.named import Destination, one_of, route_of, version_of, worker_named
from loom.worker.target import target_of
from loom.workshop.live.tests import LiveTests
from loom.workshop.pages.addresses import bench_address

__all__ = ["AskedCase", "AskedTest", "Testing", "parse_payload"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedTest:
    """A test as someone asks for it; what is empty is left to the worker, or the settings."""

    worker: str
    payload: Json
    to: Destination
    use_cache: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedCase:
    """A case as someone wants it made of a test."""

    suite: str
    name: str = ""
    """Empty: a number."""

    expected: str = ""
    """JSON, or empty for nothing."""

    tags: tuple[str, ...] = ()
    split: str = ""


@dataclass(frozen=True, slots=True)
class Testing:
    """Someone at this Workshop who tests."""

    services: App
    catalog: Catalog
    files: Library
    asker: Principal
    live: LiveTests

    def worker(self, name: str) -> WorkerConfig:
        """The worker called `name`.

        Raises:
            NotFoundError: when there is none.
            ConfigError: when it is broken.
        """
        return worker_named(self.files, name)

    async def start(self, asked: AskedTest, before: str = "") -> RunId:
        """Have `asked` carried out; its id. `before` is the test whose result is seen until then.

        Raises:
            NotFoundError: when there is no such worker.
            InputError: when it, its model or its tier are not what they should be.
            LimitError: when too many tests are under way.
        """
        config = await asyncio.to_thread(self.worker, asked.worker)
        route = await route_of(self.services.endpoints, config, asked.to)
        run = RunId(new_id())
        wish = TestWish(
            config.name,
            target_of(config),
            asked.payload,
            route,
            use_cache=asked.use_cache,
            version=await version_of(self.catalog, config, self.asker),
            run=run,
        )
        live = self.live.start(run, bench_address(config.name, run, before))
        self.live.carry_out(run, live, self.services.bench.test(wish, self.asker, live.add))
        return run

    async def cancel(self, test: RunId) -> None:
        """Break a test off that is under way here; what is on the wire is charged as unknown."""

        async def stop() -> None:
            with suppress(NotFoundError, ConflictError):  # nothing was begun, or it ended this very moment
                job = (await self.services.reports.find(test.hex())).job
                await self.services.hosting.stop(job, self.asker)

        await self.live.cancel(test, stop)

    async def carried_out(self, asked: AskedTest) -> TestRecord:
        """What `asked` came to.

        Raises:
            LoomError: as `start`, and when it could not be carried out at all.
        """
        run = await self.start(asked)
        await self.live.wait(run)
        self.live.require_carried_out(run)
        return await self.record(run.hex())

    async def record(self, name: str) -> TestRecord:
        """The test of this id.

        Raises:
            NotFoundError: when there is none.
        """
        return await self.services.reading.test(name, self.asker)

    def own_suites(self) -> tuple[str, ...]:
        """The suites to which cases can be added."""
        return tuple(one.name for one in self.files.suites() if one.source is Source.OWN)

    def save(self, record: TestRecord, asked: AskedCase) -> Case:
        """Add a case made of a test to a suite, which is begun where there is none of this name.

        Raises:
            UsageError: when it can be no case of a suite of this Workshop.
            ConflictError: when the suite has it already.
        """
        found = next((one for one in self.files.suites() if one.name == asked.suite), None)
        if found is not None and found.source is not Source.OWN:
            remedy = "make a copy of it first, or choose another name"
            raise UsageError(
                Problem("comes with Loom and is not changed", "suite", value=asked.suite, remedy=remedy)
            )
        path = found.path if found else self._new(asked.suite)
        suite = load_suite(path) if found else Suite(asked.suite, ())
        if any(case.name == asked.name.strip() for case in suite.cases):
            raise UsageError(
                Problem("is in the suite already", "name", value=asked.name, remedy="choose another")
            )
        case = Case(
            asked.name.strip() or _free_name(suite),
            record.spec.payload,
            _expected(record, asked.expected),
            tuple(dict.fromkeys(asked.tags)),
            split=one_of(Split, "split", asked.split or None) or Split.TRAIN,
        )
        _refuse_wrong(case)
        if found:
            add_case(path, case)
        else:
            begin_suite(path, case)
        return case

    def _new(self, name: str) -> Path:
        try:
            require_safe(name)
            require_new(name, [one.name for one in self.files.suites()])
        except UsageError as error:
            raise UsageError(replace(one, field="suite") for one in error.problems) from None
        own = self.files.own
        return own.path / own.folder(Kind.SUITE) / f"{name}.yaml"


def parse_payload(text: str, field: str = "payload") -> Json:
    """The input that `text` spells.

    Raises:
        UsageError: when it is no JSON object.
    """
    try:
        value: JsonValue = parse_json(text)
    except ValueError as error:
        raise UsageError(Problem(f"Invalid JSON: {error}", field, remedy="write a JSON object")) from None
    if not isinstance(value, dict):
        raise UsageError(Problem("Invalid JSON: not an object", field, value=value, remedy="write { … }"))
    return cast("Json", value)


def _expected(record: TestRecord, written: str) -> JsonValue:
    if not written.strip():
        return ABSENT
    try:
        value = parse_json(written)
    except ValueError as error:
        raise UsageError(Problem(f"is no JSON: {error}", "expected", remedy="write JSON")) from None
    if not record.item.success and value == record.item.output:
        raise UsageError(
            Problem("is an output that breaks the contract", "expected", remedy="write what is right")
        )
    return value


def _refuse_wrong(case: Case) -> None:
    """Raises UsageError when no suite could hold `case`."""
    try:
        parse_suite(json.dumps([case.to_json()]), "case.json")
    except ConfigError as error:
        raise UsageError(
            replace(
                problem, file=None, line=None, column=None, field=(problem.field or "").removeprefix("[0].")
            )
            for problem in error.problems
        ) from None


def _free_name(suite: Suite) -> str:
    taken = {case.name for case in suite.cases}
    number = len(suite.cases) + 1
    while f"case-{number}" in taken:
        number += 1
    return f"case-{number}"
