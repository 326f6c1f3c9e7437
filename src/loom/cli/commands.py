"""What follows `loom`: where each command is defined. It is loaded when somebody asks for it, or for help."""

from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import Any, cast

from typer import Typer
from typer.core import TyperGroup
from typer.main import get_group

__all__ = ["ENDING_BY_THEMSELVES", "Commands"]

_PLACES = {
    "demo": "tour:demo",
    "init": "init:init",
    "setup": "setup:setup",
    "validate": "validate:validate",
    "schema": "schema:schema",
    "new": "new:app",
    "test": "testing:test",
    "eval": "evaluate:evaluate",
    "compare": "compare:compare",
    "power": "power:power",
    "baseline": "baseline:app",
    "report": "report:report",
    "rescore": "rescore:rescore",
    "label": "label:app",
    "runs": "runs:app",
    "catalog": "catalog:app",
    "silo": "silo:app",
    "scorers": "scorers:scorers",
    "suite": "suite:app",
    "import": "importing:import_",
    "workshop": "workshop:workshop",
    "users": "users:app",
    "dead-letter": "dead_letter:app",
    "rag": "rag:app",
    "sim": "sim:sim",
    "doctor": "doctor:doctor",
    "prune": "prune:prune",
}
"""Of each command the module in this folder, and in it the function or, where it has commands of its own, the app."""

ENDING_BY_THEMSELVES = frozenset(("demo", "eval", "rescore"))
"""These say from their first line on what an interruption leaves behind."""


class Commands(TyperGroup):
    """The group of all commands; which there are it knows without loading any."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = cast("MutableMapping[str, Any]", _Loaded())


class _Loaded(Mapping[str, Any]):
    def __init__(self) -> None:
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            self._loaded[name] = _load(name, *_PLACES[name].split(":"))
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_PLACES)

    def __len__(self) -> int:
        return len(_PLACES)


def _load(name: str, module: str, attribute: str) -> object:
    found = getattr(import_module(f"loom.cli.{module}"), attribute)
    alone = Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
    if isinstance(found, Typer):
        alone.add_typer(found, name=name)
    else:
        alone.command(name)(found)
    return get_group(alone).commands[name]
