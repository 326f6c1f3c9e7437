"""Which store is meant, and its construction. Knows no store by name but DuckDB's."""

from dataclasses import dataclass
from pathlib import Path

from loom.contrib.rag.vectorstore.base import VectorStore
from loom.core.errors import Problem, UsageError
from loom.core.settings import Settings
from loom.worker.classpath import load_class

__all__ = ["StoreChoice", "open_store", "store_choice"]

_NAMED = {
    "duckdb": "loom.contrib.rag.vectorstore.duckdb_store.DuckDBVectorStore",
    "lancedb": "loom.contrib.lancedb.store.LanceDBVectorStore",
}
_FILE = "rag.duckdb"


@dataclass(frozen=True, slots=True)
class StoreChoice:
    """A store, and who makes its vectors."""

    db_path: Path
    store_class: str = "duckdb"
    """`duckdb`, `lancedb`, or the dotted path of a `VectorStore`."""

    embedding_model: str | None = None
    """None: that of the vectors which are there, else by `ollama_url`."""

    ollama_url: str | None = None


def store_choice(
    settings: Settings, db_path: Path | None = None, store_class: str | None = None
) -> StoreChoice:
    """The store of `settings`, unless the arguments say otherwise."""
    return StoreChoice(
        (db_path or settings.rag_db_path or settings.data_dir / _FILE).expanduser(),
        store_class or settings.rag_vector_store,
        settings.embedding_model,
        settings.ollama_url,
    )


def open_store(choice: StoreChoice) -> VectorStore:
    """The store, not yet initialised: reading it creates nothing.

    Raises:
        UsageError: when there is no such class, or it cannot be constructed.
    """
    path = _NAMED.get(choice.store_class, choice.store_class)
    try:
        make = load_class(path, VectorStore)
        return make(
            db_path=str(choice.db_path),
            embedding_model=choice.embedding_model,
            ollama_url=choice.ollama_url,
        )
    except Exception as error:
        what = f"cannot be loaded: {type(error).__name__}: {error}"
        remedy = "write duckdb, or package.module.Class of a VectorStore that is installed"
        raise UsageError(Problem(what, "store class", value=path, remedy=remedy)) from error
