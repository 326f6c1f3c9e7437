"""Options that several commands share, spelled once; and what every option that is a number refuses."""

import math
from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "AsJson",
    "ConfigsDir",
    "EndpointName",
    "Everywhere",
    "JudgeEndpoint",
    "JudgeModel",
    "JudgePrompt",
    "ModelName",
    "NoCache",
    "ScorerSpecs",
    "TierName",
    "WorkerName",
    "finite",
    "on_command_line",
]


def finite(number: float | None) -> float | None:
    """`number`, the value of an option: its `min` and `max` let what is no number at all through.

    Raises:
        BadParameter: for `nan`, and for `inf` where an option has no `max`.
    """
    if number is not None and not math.isfinite(number):
        raise typer.BadParameter(f"{number} is not a finite number.")
    return number


def on_command_line(context: typer.Context) -> set[str]:
    """The parameters that stand on the command line."""
    sources = {name: context.get_parameter_source(name) for name in context.params}
    return {name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"}


WorkerName = Annotated[
    str, typer.Argument(metavar="WORKER", help="A worker's name, or the path of its file.")
]


def _folder(context: typer.Context, param: typer.CallbackParam, folder: Path) -> Path:
    """`folder`, where it is one; the usual one may be missing."""
    source = context.get_parameter_source(param.name or "")
    given = source is not None and source.name == "COMMANDLINE"
    if folder.exists() and not folder.is_dir():
        raise typer.BadParameter(f"'{folder}' is a file, not a folder.")
    if given and not folder.exists() and context.command.name not in _MAKERS:
        raise typer.BadParameter(f"there is no folder '{folder}'.")
    return folder


_MAKERS = ("worker", "pipeline", "import", "workshop", "validate")
"""Commands that may make the folder of definitions, or say themselves that there is nothing in it."""

ConfigsDir = Annotated[
    Path, typer.Option(metavar="DIR", help="Folder with workers/ and suites/.", callback=_folder)
]
TierName = Annotated[
    str | None,
    typer.Option("--tier", metavar="TIER", help="local, standard or frontier; default: the worker's."),
]
ModelName = Annotated[
    str | None, typer.Option("--model", metavar="NAME", help="Ask this model, whatever the tier says.")
]
EndpointName = Annotated[
    str | None, typer.Option("--endpoint", metavar="NAME", help="Ask this endpoint, whatever the tier says.")
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Pay for every answer, also those already known.")]
Everywhere = Annotated[bool, typer.Option("--everywhere", help="Also those of other folders.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
ScorerSpecs = Annotated[
    list[str] | None,
    typer.Option(
        "--scorer",
        metavar="NAME|JSON",
        help="Score by this instead of the suite's scorers; may be repeated. `loom scorers` lists them.",
    ),
]
JudgeModel = Annotated[
    str | None, typer.Option("--judge-model", metavar="NAME", help="The model that judges.")
]
JudgeEndpoint = Annotated[
    str | None, typer.Option("--judge-endpoint", metavar="NAME", help="The endpoint of the judge.")
]
JudgePrompt = Annotated[
    str | None,
    typer.Option(
        "--judge-prompt", metavar="TEXT|@FILE|-", help="What the judge is told, instead of Loom's words."
    ),
]
