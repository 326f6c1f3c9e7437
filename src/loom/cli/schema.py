"""`loom schema`: the JSON Schemas of Loom's files, for editors."""

from pathlib import Path
from typing import Annotated

import typer

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
    import json

    from loom.cli.context import one_of, print_json
    from loom.core.errors import Problem, UsageError
    from loom.wiring.file_schemas import FileKind, file_schema

    chosen = one_of(FileKind, "KIND", kind)
    if into is not None:
        _write(
            into,
            {
                one: json.dumps(file_schema(one), indent=2) + "\n"
                for one in ([chosen] if chosen else FileKind)
            },
        )
    elif chosen is not None:
        print_json(file_schema(chosen))
    else:
        remedy = f"name one of {_KINDS}, or --into DIR for all"
        raise UsageError(Problem("is missing", field="KIND", remedy=remedy))


def _write(folder: Path, texts: dict[str, str]) -> None:
    from loom.cli.show.console import put

    folder.mkdir(parents=True, exist_ok=True)
    for kind, text in texts.items():
        path = folder / f"{kind}.schema.json"
        path.write_text(text, encoding="utf-8")
        put(str(path), label=("✓", "pass"), hang=2)
    put("In an editor, let a file begin with")
    put((f"# yaml-language-server: $schema={folder}/{next(iter(texts))}.schema.json", "accent"), label="  ")
