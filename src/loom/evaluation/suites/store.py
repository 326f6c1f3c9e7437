"""Suites as they were when a run was opened: kept by hash, read back, and held while they are worked with."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from loom.core.hashing import hash_bytes
from loom.core.jsonvalue import decoded
from loom.evaluation.models import Case, ItemKey, Suite, item_keys
from loom.storage.blobs import is_kept, keep_blob, load_blob, rely_on_blob
from loom.storage.database import Database
from loom.storage.statements import Write

__all__ = ["KeptSuite", "SuiteStore"]

_HELD = 4


@dataclass(frozen=True, slots=True)
class KeptSuite:
    """A version of a suite, its cases by the key under which the store knows their executions."""

    hash: bytes
    suite: Suite
    cases: Mapping[bytes, Case]
    """By item key (32 bytes), in the order of the suite."""


class SuiteStore:
    """Holds the few suites used last, since a large one takes long to read."""

    def __init__(self) -> None:
        self._held: dict[bytes, KeptSuite] = {}

    async def keep(self, database: Database, suite: Suite) -> tuple[KeptSuite, Write]:
        """This version of `suite`, and the write that keeps it."""

        def found(connection: Connection) -> tuple[KeptSuite, Write]:
            text, item_hashes = suite.spelled()
            name = hash_bytes(text)
            write = rely_on_blob(name) if is_kept(connection, name) else keep_blob(text)[1]
            return self._held.get(name) or self._hold(name, suite, item_hashes), write

        return await database.read(found)

    def load(self, connection: Connection, name: bytes) -> KeptSuite:
        """The suite that was kept under `name`.

        Raises:
            NotFoundError: when there is none.
        """
        held = self._held.get(name)
        if held is None:
            suite = Suite.from_json(decoded(load_blob(connection, name)))
            held = self._hold(name, suite, [case.item_hash for case in suite.cases])
        return held

    def _hold(self, name: bytes, suite: Suite, item_hashes: list[bytes]) -> KeptSuite:
        if len(self._held) >= _HELD:
            self._held.pop(next(iter(self._held)))
        keys = item_keys(item_hashes)
        kept = KeptSuite(name, suite, {_key(key): case for key, case in zip(keys, suite.cases, strict=True)})
        self._held[name] = kept
        return kept


def _key(key: ItemKey) -> bytes:
    return hash_bytes(key.item_hash + key.occurrence.to_bytes(4, "big")) if key.occurrence else key.item_hash
