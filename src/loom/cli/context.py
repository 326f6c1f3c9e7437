"""What most commands need: the services, the named worker and suite, and an input read as the user gave it."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from loom.core.errors import Problem, UsageError

if TYPE_CHECKING:
    from loom.core.jsonvalue import Json, JsonValue
    from loom.core.worker_config import WorkerConfig
    from loom.evaluation.models import Suite
    from loom.wiring.app import App
    from loom.worker.task import WorkerTask

__all__ = [
    "compiled",
    "print_json",
    "print_json_list",
    "read_payload",
    "suite_named",
    "with_app",
    "worker_named",
]

T = TypeVar("T")


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
    from loom.evaluation.suite_files import load_suite

    return load_suite(Library(configs_dir).suite(name))


def compiled(worker: "WorkerConfig") -> "WorkerTask":
    """`worker`, ready to be executed."""
    from loom.worker.task import WorkerTask
    from loom.worker.tools import load_tool_providers

    return WorkerTask(worker, load_tool_providers(worker.knowledge_silos))


def read_payload(given: str) -> "Json":
    """The JSON object in `given`, in the file it names as `@FILE`, or on standard input for `-`."""
    text, source = _payload_text(given)
    try:
        value: JsonValue = json.loads(text)
    except ValueError as error:
        remedy = """write JSON, as in '{"text": "Where is my parcel?"}'"""
        raise UsageError(Problem(f"is not JSON: {error}", field=source, remedy=remedy)) from None
    if not isinstance(value, dict):
        remedy = "write an object, as the worker's input_schema describes"
        raise UsageError(Problem("is not a JSON object", field=source, value=value, remedy=remedy))
    return cast("Json", value)


def _payload_text(given: str) -> tuple[str, str]:
    if given == "-":
        return sys.stdin.read(), "standard input"
    if not given.startswith("@"):
        return given, "--input"
    try:
        return Path(given[1:]).read_text(encoding="utf-8"), given[1:]
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(Problem(f"cannot be read: {error}", field="--input", value=given)) from None


def print_json(value: "JsonValue") -> None:
    """`value` for programs: indented when a person watches, else on one line."""
    from loom.core.jsonvalue import pretty

    print(pretty(value) if sys.stdout.isatty() else json.dumps(value, ensure_ascii=False))


def print_json_list(head: "Json", name: str, items: "Iterable[Json]") -> None:
    """`head` with a list `name` of any length, an item a line, never whole in memory."""
    print(json.dumps(head, ensure_ascii=False)[:-1], f'"{name}": [', sep=", ")
    separator = ""
    for item in items:
        print(separator + json.dumps(item, ensure_ascii=False), end="")
        separator = ",\n"
    print("\n]}")
