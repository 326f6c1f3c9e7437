"""What most commands need: the services, the named worker and suite, and an input read as the user gave it."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterable
from contextlib import nullcontext
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from loom.cli.show.plain import emit
from loom.core.errors import Problem, UsageError

if TYPE_CHECKING:
    from loom.core.jsonvalue import Json, JsonValue
    from loom.core.worker_config import WorkerConfig
    from loom.evaluation.models import Suite
    from loom.wiring.app import App
    from loom.worker.target import Target

__all__ = [
    "compiled",
    "dollars",
    "own_suite",
    "print_json",
    "print_json_list",
    "read_given",
    "read_payload",
    "read_text_argument",
    "suite_named",
    "with_app",
    "worker_named",
]

T = TypeVar("T")

_LARGEST_INPUT = 16 * 1024 * 1024
_STANDARD_INPUT = "standard input"


def with_app(use: "Callable[[App], Awaitable[T]]", *, concurrency: int = 8) -> T:
    """Open the services, `use` them, close them."""
    from loom.core.settings import load_settings
    from loom.wiring.app import open_app

    async def main() -> T:
        async with open_app(load_settings(), concurrency=concurrency) as app:
            return await use(app)

    return asyncio.run(main())


def worker_named(name: str, configs_dir: Path) -> "WorkerConfig":
    """The worker that a user means by `name`."""
    from loom.catalog.library import Library
    from loom.core.worker_config import load_worker

    return load_worker(Library(configs_dir).worker(name))


def suite_named(name: str, configs_dir: Path) -> "Suite":
    """The suite that a user means by `name`."""
    from loom.catalog.library import Library
    from loom.evaluation.suites.files import load_suite

    return load_suite(Library(configs_dir).suite(name))


def own_suite(name: str, configs_dir: Path) -> Path:
    """The file of the suite that a user means by `name`, to be changed; one that comes with Loom is refused."""
    from loom.catalog.library import Library, Source
    from loom.core.kinds import Kind

    library = Library(configs_dir)
    path = library.suite(name)
    found = library.at(Kind.SUITE, path)
    if found is not None and found.source is not Source.OWN:
        target = configs_dir / "suites" / path.name
        whose = "Loom" if found.source is Source.SHIPPED else "an app"
        remedy = f"take a copy first: loom suite export {name} --to {target}"
        raise UsageError(Problem(f"comes with {whose} and is not changed", field=name, remedy=remedy))
    return path


def compiled(worker: "WorkerConfig") -> "Target":
    """`worker`, ready to be executed."""
    from loom.worker.target import target_of

    return target_of(worker)


def dollars(option: str, amount: str | None) -> int | None:
    """The amount given with `option`, in 1e-9 USD."""
    from loom.core.money import nano_usd

    try:
        return None if amount is None else nano_usd(amount)
    except UsageError as error:
        raise UsageError(replace(problem, field=option) for problem in error.problems) from None


def read_payload(given: str) -> "Json":
    """The JSON object in `given`, in the file it names as `@FILE`, or on standard input for `-`."""
    from loom.core.sound_json import refuse_unsound
    from loom.evaluation.json_text import parse_json

    text, source = read_text_argument(given, "--input")
    try:
        value: JsonValue = parse_json(text)
    except ValueError as error:
        remedy = """write JSON, as in '{"text": "Where is my parcel?"}'"""
        what = f"is not JSON: {error}" if text.strip() else "is empty"
        raise UsageError(Problem(what, field=source, remedy=remedy)) from None
    if not isinstance(value, dict):
        remedy = "write an object, as the worker's input_schema describes"
        raise UsageError(Problem("is not a JSON object", field=source, value=value, remedy=remedy))
    refuse_unsound(value, source)
    return cast("Json", value)


def read_text_argument(given: str, option: str, most: int = _LARGEST_INPUT) -> tuple[str, str]:
    """The text in `given`, in the file it names as `@FILE`, or on standard input for `-`; and where it is from."""
    if given != "-" and not given.startswith("@"):
        return given, option
    raw = read_given(given.removeprefix("@"), option, most)
    source = _STANDARD_INPUT if given == "-" else given[1:]
    try:
        return raw.decode("utf-8-sig"), source
    except UnicodeDecodeError as error:
        what = f"is not UTF-8 text: byte {error.start + 1} is {raw[error.start]:#04x}"
        raise UsageError(Problem(what, field=source, remedy="save it as UTF-8")) from None


def read_given(source: str, option: str, most: int) -> bytes:
    """What is in the file or pipe `source`, or on standard input for `-`.

    Raises:
        UsageError: when it cannot be read, or there are more than `most` bytes, however many more.
    """
    from loom.core.bounded import read_most
    from loom.core.errors import ConfigError

    try:
        with nullcontext(sys.stdin.buffer) if source == "-" else Path(source).open("rb") as stream:
            return read_most(stream, most, _STANDARD_INPUT if source == "-" else source, "give less")
    except OSError as error:
        problem = Problem(f"cannot be read: {error.strerror}", option, value=source, remedy="check the path")
        raise UsageError(problem) from None
    except ConfigError as error:
        raise UsageError(error.problems) from None


def print_json(value: "JsonValue") -> None:
    """`value` for programs: indented when a person watches, else on one line."""
    indent = 2 if sys.stdout.isatty() else None
    emit((json.dumps(value, ensure_ascii=not _is_utf8(), default=str, indent=indent), "\n"))


def print_json_list(head: "Json", name: str, items: "Iterable[Json]") -> None:
    """`head` with a list `name` of any length, an item a line, never whole in memory."""
    encode = json.JSONEncoder(ensure_ascii=not _is_utf8(), default=str).encode
    lines = ((",\n" if number else "\n") + encode(item) for number, item in enumerate(items))
    emit(chain((encode(head)[:-1], f', "{name}": ['), lines, ("\n]}\n",)))


def _is_utf8() -> bool:
    return (sys.stdout.encoding or "utf-8").lower().replace("-", "") == "utf8"
