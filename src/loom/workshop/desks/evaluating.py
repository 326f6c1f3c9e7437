"""From what someone sent, in a form or as JSON, to an evaluation in the background. Renders nothing."""

import asyncio
import json
from dataclasses import asdict, dataclass, replace
from typing import cast

from loom.access.models import Principal
from loom.catalog.library import Library
from loom.catalog.service import Catalog
from loom.core.bounds import CASES, IN_FLIGHT, REPETITIONS
from loom.core.errors import ConfigError, LoomError, Problem, UsageError
from loom.core.hashing import hash_json
from loom.core.ids import JobId, text
from loom.core.jsonvalue import Json, JsonValue
from loom.core.kinds import Kind
from loom.core.money import nano_usd, show_usd
from loom.core.worker_config import WorkerConfig
from loom.core.yamlfile import parse_yaml
from loom.engine.jobs import Once
from loom.evaluation.models import Split, Suite
from loom.evaluation.running.estimates import Estimate, estimate
from loom.evaluation.running.rescoring import RescoreWish
from loom.evaluation.running.service import Wish
from loom.evaluation.running.specification import Selection
from loom.evaluation.scorers.base import JudgeChoice
from loom.evaluation.scorers.registry import make_scorer
from loom.evaluation.store import RunRow
from loom.evaluation.suites.files import load_suite, parse_suite
from loom.wiring.app import App
from loom.wiring.named import Destination, named, one_of, route_of, version_of, worker_named
from loom.worker.target import target_of
from loom.workshop.desks.fitting import why_misfit

__all__ = [
    "BASELINE",
    "BUDGET",
    "Asked",
    "Evaluating",
    "Foreseen",
    "begin_rescoring",
    "checked_scorers",
    "judge_choice",
    "own_text",
    "read_budget",
]

BASELINE = "baseline"
"""In place of a run: that of the worker on the suite."""

BUDGET = "budget_usd"
"""The field of a form, and of what is wrong with it."""

_LIST_WAIT_S = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An evaluation as someone asks for it; what is empty is left to the worker, the suite, or the settings."""

    worker: str
    suite: str = ""
    test_suite: str = ""
    """The cases themselves, as YAML or JSON; in place of a suite's name."""

    to: Destination
    scorers: tuple[JsonValue, ...] = ()
    judge_model: str = ""
    judge_endpoint: str = ""
    judge_prompt: str = ""
    repetitions: int = 1
    concurrency: int = 8
    budget_usd: str = ""
    split: str = ""
    tags: tuple[str, ...] = ()
    limit: int | None = None
    use_cache: bool = True
    against: str = ""
    """A run, or `baseline`, that it will be held against."""

    def once(self, key: str | None) -> Once | None:
        """So that asking for it again under `key` opens no second one."""
        return Once(key, hash_json(asdict(self))) if key else None


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What an evaluation would be, and what speaks against it."""

    estimate: Estimate
    endpoint: str
    """Who is asked for the worker's answers; empty: nobody."""

    misfit: str
    """Why the worker does not fit the suite; empty when it may."""

    unlisted: str
    """The model that was asked for, when the endpoint does not list it. It may have it all the same."""


@dataclass(frozen=True, slots=True)
class Evaluating:
    """Someone at this Workshop who evaluates."""

    services: App
    catalog: Catalog
    files: Library
    asker: Principal

    async def wish(self, asked: Asked, key: str | None = None) -> Wish:
        """`asked`, with everything it names found.

        Raises:
            NotFoundError: when there is no such worker or suite.
            InputError: naming everything else that is wrong.
        """
        config = await asyncio.to_thread(worker_named, self.files, asked.worker)
        return await self._wish_of(config, asked, key)

    async def _wish_of(self, config: WorkerConfig, asked: Asked, key: str | None = None) -> Wish:
        _require_sensible(asked)
        suite = await asyncio.to_thread(self._suite, asked)
        return Wish(
            worker=config.name,
            task=target_of(config),
            suite=suite,
            route=await route_of(self.services.endpoints, config, asked.to),
            selection=Selection(one_of(Split, "split", asked.split or None), asked.tags, asked.limit),
            scorers=checked_scorers(asked.scorers),
            repetitions=asked.repetitions,
            concurrency=asked.concurrency,
            budget_nano=read_budget(asked.budget_usd),
            use_cache=asked.use_cache,
            judge=judge_choice(asked.judge_model, asked.judge_endpoint, asked.judge_prompt),
            version=await version_of(self.catalog, config, self.asker),
            once=asked.once(key),
            against=await self._against(asked.against, config.name, suite.name),
        )

    async def _against(self, name: str, worker: str, suite: str) -> RunRow | None:
        if name == BASELINE:
            name = text((await self.services.baselines.get(worker, suite)).run)
        return await self.services.reading.find(name, self.asker) if name else None

    async def foresee(self, worker: WorkerConfig, asked: Asked) -> Foreseen:
        """What `asked` would be of `worker`, as it has been read.

        Raises:
            LoomError: as `wish`.
        """
        wish = await self._wish_of(worker, asked)
        misfit = await asyncio.to_thread(why_misfit, worker, wish.suite)
        endpoint = wish.route.keys.endpoint if wish.route else ""
        found = await estimate(wish, self.services.endpoints)
        return Foreseen(found, endpoint, misfit, await self._unlisted(endpoint, asked.to.model or ""))

    async def _unlisted(self, endpoint: str, model: str) -> str:
        """`model`, when `endpoint` has a list without it that can be had without waiting long."""
        try:
            async with asyncio.timeout(_LIST_WAIT_S):
                listed = await self.services.endpoints.models(endpoint) if model and endpoint else ()
        except (TimeoutError, LoomError):
            return ""
        return model if listed and model not in listed else ""

    async def begin(self, asked: Asked, key: str | None = None) -> JobId:
        """Have `asked` worked through in the background; its job, which under the same `key` is the same.

        Raises:
            LoomError: as `wish`, and for a budget with which nothing would end.
        """
        wish = await self.wish(asked, key)
        if wish.budget_nano is not None:
            _require_room(wish.budget_nano, await estimate(wish, self.services.endpoints))
        job = await self.services.evaluations.open(wish, self.asker)
        await self.services.hosting.begin(job, self.asker)
        return job

    async def scorers_of(self, suite: str) -> tuple[JsonValue, ...]:
        """Those of the suite called so; none where there is none, or it cannot be read."""
        place = next((one.path for one in self.files.suites() if one.name == suite), None)
        if place is None:
            return ()
        try:
            return (await asyncio.to_thread(load_suite, place, large=True)).scorers
        except ConfigError:
            return ()

    def _suite(self, asked: Asked) -> Suite:
        if asked.test_suite.strip():
            own = own_text(asked.test_suite)
            suite = parse_suite(own, f"{asked.worker}.{'json' if _is_json(own) else 'yaml'}")
            return replace(suite, name=f"{asked.worker} (pasted)") if suite.name == asked.worker else suite
        if not asked.suite:
            raise UsageError(Problem("is missing", "suite", remedy="choose one, or paste cases"))
        return load_suite(named(self.files, Kind.SUITE, asked.suite).path, large=True)


async def begin_rescoring(services: App, wish: RescoreWish, asker: Principal) -> JobId:
    """Have stored outputs scored again in the background; the job.

    Raises:
        LoomError: when it cannot be, and for a budget with which nothing would end.
    """
    if wish.budget_nano is not None:
        _require_room(wish.budget_nano, await services.rescorings.estimate(wish))
    job = await services.rescorings.open(wish, asker)
    await services.hosting.begin(job, asker)
    return job


def _require_room(budget_nano: int, found: Estimate) -> None:
    if budget_nano < found.call_nano:
        remedy = f"give at least {show_usd(found.least_budget_nano)}"
        what, given = "is less than one call may cost", show_usd(budget_nano)
        raise UsageError(Problem(what, BUDGET, value=given, remedy=remedy))


def own_text(text: str) -> str:
    """A suite that was sent as text, with the line ends of its author; it may name no file of this machine.

    Raises:
        ConfigError: when it does.
    """
    text = text.replace("\r\n", "\n")
    try:
        value: JsonValue = json.loads(text) if _is_json(text) else parse_yaml(text).value
    except (ConfigError, ValueError, RecursionError):
        return text  # the suite's own reader says what is wrong, and where
    if _names_file(value):
        remedy = "give the code itself under `code: |`"
        raise ConfigError(Problem("names a file of the server", "scorers", remedy=remedy))
    return text


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _names_file(value: JsonValue) -> bool:
    """Whether a scorer in `value` would read a file."""
    if isinstance(value, dict):
        found = cast("Json", value)
        return ("scorer" in found and "file" in found) or any(map(_names_file, found.values()))
    return isinstance(value, list) and any(map(_names_file, cast("list[JsonValue]", value)))


def checked_scorers(scorers: tuple[JsonValue, ...]) -> tuple[JsonValue, ...]:
    """`scorers`, when they can be made, and name no file of this machine.

    Raises:
        ConfigError: with every problem of every one.
    """
    problems: list[Problem] = []
    if _names_file(list(scorers)):
        problems.append(Problem("names a file of the server", "scorers", remedy="give `code` itself"))
    for spec in () if problems else scorers:
        try:
            make_scorer(spec)
        except ConfigError as error:
            problems += (replace(one, field=f"scorers {one.field or ''}".strip()) for one in error.problems)
    if problems:
        raise ConfigError(problems)
    return scorers


def _require_sensible(asked: Asked) -> None:
    bounds = {"repetitions": REPETITIONS, "concurrency": IN_FLIGHT, "limit": CASES}
    given = {name: getattr(asked, name) for name in bounds}
    problems = [
        bounds[name].broken(name, value)
        for name, value in given.items()
        if value is not None and not bounds[name].holds(value)
    ]
    if problems:
        raise UsageError(problems)


def judge_choice(model: str, endpoint: str, prompt: str) -> JudgeChoice | None:
    """Who judges where a scorer asks a judge and does not say whom; None: as the settings say."""
    given = (model.strip(), endpoint, prompt.strip())
    return JudgeChoice(*(one or None for one in given)) if any(given) else None


def read_budget(text: str) -> int | None:
    """What `budget_usd` says, in 1e-9 USD; None for nothing.

    Raises:
        UsageError: when it is no amount of money.
    """
    if not text.strip():
        return None
    try:
        return nano_usd(text.strip().removeprefix("$"))
    except UsageError as error:
        raise UsageError(replace(problem, field=BUDGET) for problem in error.problems) from None
