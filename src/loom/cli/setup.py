"""`loom setup`: which models are there, and which of them shall local, standard and frontier mean?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loom.cli.options import AsJson

if TYPE_CHECKING:
    from loom.core.endpoint_config import TierTarget
    from loom.core.jsonvalue import Json
    from loom.core.settings import Settings
    from loom.core.worker_config import Tier
    from loom.wiring.setup import Found

__all__ = ["setup"]

_MOST_MODELS = 3
_NONE = "-"


def setup(
    config_path: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Settings file; default: ~/.loom/config.yaml.")
    ] = None,
    non_interactive: Annotated[
        bool, typer.Option("--non-interactive", help="Ask nothing: take what is likeliest, keep what is set.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Interactive setup wizard: find models, and map tiers to them.

    Looks for Ollama, LM Studio, llama.cpp and vLLM on this machine, and for keys in the environment.
    """
    import asyncio
    import os

    from loom.cli.context import print_json
    from loom.core.settings import load_settings
    from loom.core.settings_file import read_settings_file
    from loom.wiring.setup import find, save

    settings = load_settings(config_path=config_path)
    path = settings.config_path
    found = asyncio.run(find(settings, os.environ))
    quiet = as_json or non_interactive
    if not as_json:
        _show(found)
    said: Json = read_settings_file(path).value(("tiers",)) or {}
    chosen = _chosen(settings, found, set(said), quiet=quiet)
    changed = bool(chosen) and save(path, chosen, found)
    if changed:
        settings = load_settings(config_path=config_path)
    if as_json:
        print_json(_json(settings, found, changed=changed))
    else:
        _conclude(settings, found, changed=changed)


def _chosen(
    settings: "Settings", found: "list[Found]", set_already: set[str], *, quiet: bool
) -> "dict[Tier, TierTarget]":
    """What tiers shall mean from now on; quietly only those of which nothing is said yet."""
    from loom.core.worker_config import Tier
    from loom.wiring.setup import suggest

    if not any(one.problem is None for one in found):
        return {}
    chosen: dict[Tier, TierTarget] = {}
    for tier in Tier:
        now = settings.tiers.get(tier) if tier in set_already else None
        likely = now or suggest(found, tier, settings)
        target = (None if now else likely) if quiet else _asked(tier, likely, found)
        if target is not None:
            chosen[tier] = target
    return chosen


def _asked(tier: "Tier", likely: "TierTarget | None", found: "list[Found]") -> "TierTarget | None":
    from loom.cli.answers import awaited
    from loom.core.endpoint_config import TierTarget

    def read(answer: str) -> "TierTarget | None":
        if answer.strip() == _NONE:
            return None
        name, _, model = answer.strip().partition("/")
        one = next((one for one in found if one.endpoint.name == name), None)
        if one is None or not model:
            names = ", ".join(one.endpoint.name for one in found)
            raise typer.BadParameter(
                f"write ENDPOINT/MODEL, where the endpoint is one of {names}; or {_NONE} to leave it"
            )
        if one.models and model not in one.models:
            raise typer.BadParameter(f"'{name}' has no model '{model}'; {_near(model, one.models)}")
        return TierTarget(name, model)

    default = f"{likely.endpoint}/{likely.model}" if likely else _NONE
    with awaited("loom setup", "take what is likeliest with --non-interactive"):
        return typer.prompt(f"{tier} means", default=default, value_proc=read)


def _near(model: str, models: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(model, models, _MOST_MODELS, 0.4) or list(models[:_MOST_MODELS])
    return f"it has {', '.join(near)}" + (" and others" if len(models) > len(near) else "")


def _show(found: "list[Found]") -> None:
    from loom.cli.show.console import put
    from loom.cli.show.table import show_table

    if not found:
        put("Looked for Ollama, LM Studio, llama.cpp and vLLM on this machine, and for keys: found none.")
        return
    rows = [
        (
            ("✓", "pass") if one.problem is None else ("✗", "fail"),
            one.endpoint.name,
            one.endpoint.key.source if one.endpoint.key else one.endpoint.url,
            one.problem or _listed(one.models),
        )
        for one in found
    ]
    show_table(rows)


def _listed(models: tuple[str, ...]) -> str:
    more = len(models) - _MOST_MODELS
    count = "1 model" if len(models) == 1 else f"{len(models)} models"
    return f"{count}: {', '.join(models[:_MOST_MODELS])}" + (f" and {more} more" if more > 0 else "")


def _conclude(settings: "Settings", found: "list[Found]", *, changed: bool) -> None:
    from loom.cli.show.console import console, put
    from loom.cli.show.table import show_table

    console().print()
    if any(one.problem is None for one in found):
        put("Config saved: " if changed else "Nothing to change: ", (str(settings.config_path), "accent"))
        show_table(
            [(str(tier), f"{to.endpoint}/{to.model}") for tier, to in settings.tiers.items()], indent=2
        )
    else:
        put("Nothing was written. The simulated model goes on answering.")
    console().print()
    put(("Next", "accent"))
    show_table([((command, "accent"), what) for command, what in _next(found)], indent=2)


def _next(found: "list[Found]") -> list[tuple[str, str]]:
    if any(one.problem is None for one in found):
        return [("loom doctor", "does each tier work?"), ("loom eval WORKER --suite SUITE", "ask it")]
    return [
        ("export ANTHROPIC_API_KEY=...", "or OPENAI_API_KEY, OPENROUTER_API_KEY; then loom setup again"),
        ("ollama pull llama3.2:3b", "a model on this machine; see ollama.com"),
    ]


def _json(settings: "Settings", found: "list[Found]", *, changed: bool) -> "Json":
    return {
        "config": str(settings.config_path),
        "changed": changed,
        "found": [
            {
                "name": one.endpoint.name,
                "kind": str(one.endpoint.kind),
                "url": one.endpoint.url,
                "key": one.endpoint.key.source if one.endpoint.key else None,
                "local": one.local,
                "models": list(one.models),
                "problem": one.problem,
            }
            for one in found
        ],
        "tiers": {str(tier): f"{to.endpoint}/{to.model}" for tier, to in settings.tiers.items()},
        "next": [command for command, _ in _next(found)],
    }
