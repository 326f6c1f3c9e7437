"""Which request meets which fault: by probability, by turn, or the first times a request is seen. Knows no HTTP."""

import random
from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from loom.core.errors import ConfigError, Problem
from loom.core.jsonvalue import Json
from loom.core.yamlfile import load_yaml, placed_in

__all__ = ["FAULT_NAMES", "RETRY_AFTER_FORMS", "Fault", "FaultChooser", "FaultPlan", "load_plan", "read_plan"]

FAULT_NAMES = (
    "429",
    "500",
    "502",
    "503",
    "529",
    "stall",
    "cut",
    "malformed",
    "error_200",
    "error_in_stream",
    "missing_usage",
    "wrong_usage",
    "empty_choices",
    "slow_headers",
    "reject_param",
)
RETRY_AFTER_FORMS = ("seconds", "date", "long", "hour", "junk", "absent")
_MAX_HASHES = 100_000
_TRIGGERS = ("probability", "every", "first")
_NUMBERS = frozenset({"after_chars", "delay_s", *_TRIGGERS})
_MOST = {"probability": 1, "delay_s": 3600}
_MOST_WHOLE = 1_000_000_000
"""Of the other numbers, which are whole."""

_KEYS = frozenset({"name", "parameter", "retry_after", *_NUMBERS})


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault and when it strikes. Exactly one of `probability`, `every`, `first` is set."""

    name: str
    probability: float = 0.0
    every: int = 0
    """Strikes each n-th request."""

    first: int = 0
    """Strikes the first k times that a request of the same content is seen, so a retry succeeds."""

    parameter: str = ""
    """Of `reject_param`: the parameter that is refused where it is present."""

    retry_after: str = "seconds"
    """Of `429`: one of RETRY_AFTER_FORMS."""

    after_chars: int = 40
    """Of `cut`: characters of the body sent before the connection closes."""

    delay_s: float = 2.0
    """Of `slow_headers`: the wait before the first byte."""


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """All faults of a server, tried in order; the first that strikes is the request's."""

    faults: tuple[Fault, ...] = ()
    seed: int = 0

    def as_json(self) -> Json:
        """The plan as `read_plan` accepts it."""
        return {"seed": self.seed, "faults": [asdict(fault) for fault in self.faults]}


class FaultChooser:
    """Walks through a plan, one request at a time."""

    def __init__(self, plan: FaultPlan) -> None:
        self.plan = plan
        self._random = random.Random(plan.seed)  # noqa: S311 (repeatable luck is the point)
        self._turn = 0
        self._seen: OrderedDict[str, Counter[int]] = OrderedDict()

    def choose(self, request_hash: str, parameters: Sequence[str]) -> Fault | None:
        """The fault of the next request, given its content's hash and the names of its parameters."""
        self._turn += 1
        for place, fault in enumerate(self.plan.faults):
            applies = fault.name != "reject_param" or fault.parameter in parameters
            if applies and self._strikes(place, fault, request_hash):
                return fault
        return None

    def _strikes(self, place: int, fault: Fault, request_hash: str) -> bool:
        if fault.every:
            return self._turn % fault.every == 0
        if fault.first:
            return self._times_seen(place, request_hash) <= fault.first
        return self._random.random() < fault.probability

    def _times_seen(self, place: int, request_hash: str) -> int:
        seen = self._seen.setdefault(request_hash, Counter())
        self._seen.move_to_end(request_hash)
        if len(self._seen) > _MAX_HASHES:
            self._seen.popitem(last=False)
        seen[place] += 1
        return seen[place]


def load_plan(path: Path) -> FaultPlan:
    """The plan in a YAML or JSON file.

    Raises:
        ConfigError: naming every problem of the file, and its line.
    """
    document = load_yaml(path)
    try:
        return read_plan(document.value)
    except ConfigError as error:
        raise ConfigError(placed_in(str(path), error.problems)) from None


def read_plan(value: Any) -> FaultPlan:
    """The plan in `{"seed": 1, "faults": [{"name": "429", "probability": 0.1}, ...]}`.

    `reject_param:NAME` may stand for the name and its parameter.

    Raises:
        ConfigError: naming every problem.
    """
    plan = cast("Json", value) if isinstance(value, dict) else {"faults": None}
    listed: Any = plan.get("faults", [])
    if not isinstance(listed, list):
        remedy = "give `{seed, faults: [{name, probability}]}`"
        raise ConfigError(Problem("is not a fault plan", value=listed, remedy=remedy))
    specs = [_spec(item) for item in cast("list[Any]", listed)]
    problems = [
        problem for place, spec in enumerate(specs) for problem in _problems(spec, f"faults[{place}]")
    ]
    seed: Any = plan.get("seed", 0)
    if not isinstance(seed, int):
        problems.append(
            Problem("is not a whole number", field="seed", value=seed, remedy="give one, as in 7")
        )
    problems += [
        Problem("is not a key of a fault plan", field=key, remedy="use seed and faults")
        for key in plan
        if key not in ("seed", "faults")
    ]
    if problems:
        raise ConfigError(problems)
    return FaultPlan(tuple(Fault(**spec) for spec in specs if spec is not None), seed)


def _spec(item: Any) -> Json | None:
    """The fault's own words, with `reject_param:NAME` taken apart; None for what is no object."""
    if not isinstance(item, dict):
        return None
    spec: Json = dict(cast("Json", item))
    name, _, parameter = str(spec.get("name", "")).partition(":")
    return {**spec, "name": name, **({"parameter": parameter} if parameter else {})}


def _problems(spec: Json | None, place: str) -> list[Problem]:
    if spec is None:
        return [Problem("is not an object", field=place, remedy='write {"name": "503", "every": 3}')]
    found: list[Problem] = []
    if spec["name"] not in FAULT_NAMES:
        found.append(
            Problem(
                "is no fault", f"{place}.name", value=spec["name"], remedy=f"use {', '.join(FAULT_NAMES)}"
            )
        )
    found += [
        Problem(
            "is not a key of a fault",
            f"{place}.{key}",
            value=spec[key],
            remedy=f"use {', '.join(sorted(_KEYS))}",
        )
        for key in sorted(spec.keys() - _KEYS)
    ]
    if sum(bool(spec.get(key)) for key in _TRIGGERS) != 1:
        given = {key: spec[key] for key in _TRIGGERS if key in spec}
        only = f"{place}.{next(iter(given))}" if len(given) == 1 else place
        remedy = f"set one of {', '.join(_TRIGGERS)}"
        found.append(Problem("needs exactly one trigger above 0", only, value=given or None, remedy=remedy))
    if spec["name"] == "reject_param" and not spec.get("parameter"):
        found.append(Problem("names no parameter", place, remedy="write reject_param:temperature"))
    form = spec.get("retry_after", "seconds")
    if form not in RETRY_AFTER_FORMS:
        remedy = f"use one of {', '.join(RETRY_AFTER_FORMS)}"
        found.append(Problem("is no form", f"{place}.retry_after", value=form, remedy=remedy))
    return [*found, *_wrong_numbers(spec, place)]


def _wrong_numbers(spec: Json, place: str) -> Iterator[Problem]:
    for key in sorted(_NUMBERS & spec.keys()):
        number, most = spec[key], _MOST.get(key, _MOST_WHOLE)
        is_number = isinstance(number, int | float) and not isinstance(number, bool)
        if not is_number or not 0 <= number <= most or (key not in _MOST and number % 1):
            kind = "number" if key in _MOST else "whole number"
            remedy = (
                "write a smaller one" if is_number and number > most else f"write a {kind}, without quotes"
            )
            yield Problem(
                f"is not a {kind} from 0 to {most:,}", f"{place}.{key}", value=number, remedy=remedy
            )
