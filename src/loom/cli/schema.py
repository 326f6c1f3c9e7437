"""`loom schema`: the JSON Schemas of Loom's files, for editors."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from loom.core.jsonvalue import Json

__all__ = ["schema"]

_KINDS = "worker, pipeline, suite, settings, orchestrator or router"


def schema(
    kind: Annotated[str | None, typer.Argument(metavar="[KIND]", help=f"{_KINDS}.")] = None,
    into: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Write KIND.schema.json into this folder; without KIND all of them."
        ),
    ] = None,
) -> None:
    """Print the JSON Schema of a kind of file.

    Editors complete and check YAML with it, by the rules that `loom validate` has.
    """
    from loom.cli.show.plain import emit
    from loom.core.errors import Problem, UsageError
    from loom.wiring.file_schemas import FileKind, file_schema
    from loom.wiring.named import one_of

    chosen = one_of(FileKind, "KIND", kind)
    if into is not None:
        _write(
            into,
            {one: _spelled(file_schema(one)) for one in ([chosen] if chosen else FileKind)},
        )
    elif chosen is not None:
        emit((_spelled(file_schema(chosen)),))
    else:
        remedy = f"name one of {_KINDS}, or --into DIR for all"
        raise UsageError(Problem("is missing", field="KIND", remedy=remedy))


def _spelled(value: "Json") -> str:
    """For people to read and files to keep, also in a pipe."""
    import json

    return json.dumps(value, indent=2) + "\n"


def _write(folder: Path, texts: dict[str, str]) -> None:
    from loom.cli.show.console import put

    folder.mkdir(parents=True, exist_ok=True)
    for kind, text in texts.items():
        path = folder / f"{kind}.schema.json"
        path.write_text(text, encoding="utf-8")
        put(str(path), label=("✓", "pass"), hang=2)
    put("In an editor, let a file begin with")
    put((f"# yaml-language-server: $schema={folder}/{next(iter(texts))}.schema.json", "accent"), label="  ")
