"""`loom rag`: brings exports of channels in, searches them, says what there is, shows it in the Workshop."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from loom.cli.options import AsJson, finite
from loom.core.bounds import RESULTS

if TYPE_CHECKING:
    from loom.contrib.rag.vectorstore.base import VectorStore
    from loom.core.settings import Settings

__all__ = ["app"]

app = typer.Typer(
    help="RAG pipeline: bring exported channels in, and search them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_YEAR_HOURS = 8784
_DbPath = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Where chunks and vectors are; default: RAG_DB_PATH, or ~/.loom/rag.duckdb."
    ),
]


@app.callback()
def rag(
    context: typer.Context,
    config_path: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Settings file; default: ~/.loom/config.yaml.")
    ] = None,
    db_path: _DbPath = None,
    store: Annotated[
        str | None, typer.Option(metavar="NAME", help="duckdb, or package.module.Class of another store.")
    ] = None,
    ollama_url: Annotated[
        str | None, typer.Option(metavar="URL", help="The Ollama that makes vectors; default: OLLAMA_URL.")
    ] = None,
    embedding_model: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Ollama's model, or hashed-384, which needs nothing."),
    ] = None,
) -> None:
    """Bring exported channels in, and search them; offline unless an Ollama is set up."""
    from loom.core.settings import load_settings

    settings = load_settings(config_path=config_path)
    given = {
        "rag_db_path": db_path,
        "rag_vector_store": store,
        "ollama_url": ollama_url,
        "embedding_model": embedding_model,
    }
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    context.obj = replace(settings, **changes)


@app.command("ingest")
def ingest(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="Exports, or folders with exports; default: RAG_DATA_DIR."),
    ] = None,
    embed: Annotated[bool, typer.Option(help="Make vectors; without them nothing can be searched.")] = True,
    window_hours: Annotated[
        float,
        typer.Option(
            min=0.1, max=_YEAR_HOURS, metavar="HOURS", help="How long a window of time is.", callback=finite
        ),
    ] = 6.0,
    chunk_target: Annotated[int, typer.Option(metavar="N", help="Characters a chunk should have.")] = 400,
    chunk_max: Annotated[int, typer.Option(metavar="N", help="Characters it has at most.")] = 600,
    db_path: _DbPath = None,
    as_json: AsJson = False,
) -> None:
    """Ingest Telegram JSON exports.

    What was brought in before is neither doubled nor embedded again; what was edited since is replaced.
    """
    from datetime import timedelta

    from loom.cli.context import print_json
    from loom.cli.show.rag import ingested_json, progress, show_ingested
    from loom.contrib.rag.chunker import ChunkConfig
    from loom.contrib.rag.ingest import Ingestion, exports_in

    settings = _settings(context)
    files = exports_in(paths or _data_dir(settings))
    chunking = ChunkConfig.of_size(chunk_target, chunk_max)
    ingestion = Ingestion(chunking, timedelta(hours=window_hours), embed)
    with _store(settings, db_path) as store:
        with progress(quiet=as_json) as told:
            came = ingestion.run(files, store, told)
        model = str(store.stats().get("embedding_model") or "") if embed else None
    print_json(ingested_json(came, model)) if as_json else show_ingested(came, model)


@app.command("search")
def search(
    context: typer.Context,
    query: Annotated[str, typer.Argument(metavar="QUESTION", help="What to look for.")],
    limit: Annotated[
        int,
        typer.Option(
            "--limit", "-n", min=RESULTS.least, max=RESULTS.most, metavar="N", help="At most so many."
        ),
    ] = 10,
    min_score: Annotated[
        float,
        typer.Option(
            min=0, max=1, metavar="SCORE", help="Only what is at least so near, from 0 to 1.", callback=finite
        ),
    ] = 0.0,
    channel: Annotated[
        list[int] | None, typer.Option(metavar="ID", help="Only of this channel; may be repeated.")
    ] = None,
    db_path: _DbPath = None,
    as_json: AsJson = False,
) -> None:
    """Search the vector store."""
    from loom.cli.context import print_json
    from loom.cli.show.rag import show_found
    from loom.contrib.rag.searching import Question, ask

    question = Question(query, limit, min_score, tuple(channel or ()))
    with _store(_settings(context), db_path) as store:
        found = ask(store, question)
    print_json(found.json(question)) if as_json else show_found(found)


@app.command("stats")
def stats(context: typer.Context, db_path: _DbPath = None, as_json: AsJson = False) -> None:
    """Show vector store statistics."""
    from loom.cli.context import print_json
    from loom.cli.show.rag import show_stats

    with _store(_settings(context), db_path) as store:
        figures = store.stats()
    print_json(figures) if as_json else show_stats(figures)


@app.command("serve")
def serve(
    context: typer.Context,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, metavar="PORT", help="Default 8080; 0 takes a free one.")
    ] = None,
    host: Annotated[
        str | None, typer.Option(metavar="HOST", help="Default 127.0.0.1: this machine alone.")
    ] = None,
    db_path: _DbPath = None,
) -> None:
    """Open the Workshop with RAG dashboard."""
    from loom.cli.workshop import serve_with

    given = {"host": host, "port": port, "rag_db_path": db_path}
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    serve_with(replace(_settings(context), **changes))


def _settings(context: typer.Context) -> "Settings":
    return cast("Settings", context.obj)


def _data_dir(settings: "Settings") -> list[Path]:
    from loom.core.errors import Problem, UsageError

    if settings.rag_data_dir is None:
        remedy = "name exports: loom rag ingest result.json"
        raise UsageError(
            Problem("names no export, and RAG_DATA_DIR is not set", "loom rag ingest", remedy=remedy)
        )
    return [settings.rag_data_dir]


@contextmanager
def _store(settings: "Settings", db_path: Path | None) -> "Generator[VectorStore]":
    from loom.contrib.rag.opening import open_store, store_choice

    store = open_store(store_choice(settings, db_path))
    try:
        yield store
    finally:
        store.close()
