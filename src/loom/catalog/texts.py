"""Texts of workers that no file holds, as scripts give them: versions like any other."""

from dataclasses import dataclass

from sqlalchemy import Connection

from loom.access.models import Principal
from loom.catalog import store
from loom.catalog.definitions import read_definition
from loom.catalog.models import Change, Ref, Version
from loom.core.clock import Clock
from loom.core.kinds import Kind
from loom.storage.blobs import keep_blob, load_blob
from loom.storage.database import Database

__all__ = ["KeptText", "Texts"]

_HOME = "scripts"
"""Stands where versions of files name their folder."""


@dataclass(frozen=True, slots=True)
class KeptText:
    """A text that a worker has had."""

    hash: bytes
    text: str
    at_us: int
    """When it was seen first."""

    note: str | None


class Texts:
    """Keeps and shows them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def keep(
        self, worker: str, text: str, note: str | None, principal: Principal, *, at_us: int | None = None
    ) -> bytes:
        """The hash of `text`, which becomes a version unless one of `worker`, in any folder, says the same."""
        ref, content = Ref(Kind.WORKER, worker), text.encode()
        name, keep = keep_blob(content)
        file = f"workers/{worker}.yaml"
        while True:
            known = await self._database.read(lambda connection: store.versions(connection, ref))
            if any(one.hash == name for one in known):
                return name
            number = 1 + max((one.number for one in known if one.home == _HOME), default=0)
            meaning = read_definition(Kind.WORKER, content, file).hash
            now = self._clock.now_us() if at_us is None else at_us
            new = Version(number, name, meaning, Change.SAVED, file, _HOME, principal.name, now, note)
            await self._database.writer.commit(keep, store.add_version(ref, new))

    async def of(self, worker: str) -> list[KeptText]:
        """Every text that `worker` has had, in files too, newest first; one that came back keeps its first time."""

        def read(connection: Connection) -> list[KeptText]:
            first: dict[bytes, Version] = {}
            for one in store.versions(connection, Ref(Kind.WORKER, worker)):
                first.setdefault(one.hash, one)
            return [
                KeptText(
                    one.hash, load_blob(connection, one.hash).decode(errors="replace"), one.at_us, one.note
                )
                for one in first.values()
            ]

        return (await self._database.read(read))[::-1]
