"""The log of versions: what each file held, in order, whoever changed it. Changes no file.

A file is changed first and logged after; whoever looks next logs what a crash, or an editor, has left out.
"""

from dataclasses import dataclass, replace

from loom.access.models import Principal
from loom.catalog import store
from loom.catalog.definitions import read_definition
from loom.catalog.files import Place, alone
from loom.catalog.library import Home
from loom.catalog.models import Change, Ref, Version
from loom.core.clock import Clock
from loom.core.hashing import hash_bytes
from loom.core.kinds import Kind
from loom.storage.blobs import keep_blob, load_blob
from loom.storage.database import Database

__all__ = ["Log", "Standing"]


@dataclass(slots=True)
class Standing:
    """A definition as it stands: its file, what is in it, and its newest version, which says the same."""

    ref: Ref
    home: Home
    place: Place
    content: bytes | None = None
    """None when there is no file."""

    last: Version | None = None
    """None when it has never been seen."""

    @property
    def hash(self) -> bytes | None:
        """Of the content."""
        return None if self.content is None else hash_bytes(self.content)

    @property
    def agrees(self) -> bool:
        """Whether the newest version is what is in the file."""
        if self.last is None or self.last.change.leaves_nothing:
            return self.content is None
        return self.hash == self.last.hash


class Log:
    """Reads and appends versions."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def look(self, standing: Standing, principal: Principal) -> None:
        """Bring `standing` up to date, logging what was changed outside Loom."""
        await self._read(standing)
        if standing.agrees:
            return
        if standing.place.folder.is_dir():
            async with alone(standing.place.folder, self._clock):
                await self.look_alone(standing, principal)
        else:
            await self.look_alone(standing, principal)

    async def look_alone(self, standing: Standing, principal: Principal) -> None:
        """The same, for one who holds the folder."""
        await self._read(standing)
        while not standing.agrees:
            draft = self._outside(standing, principal)
            if not await self._add(standing, draft, standing.content):
                await self._read(standing)

    async def append(
        self,
        standing: Standing,
        change: Change,
        content: bytes,
        principal: Principal,
        note: str | None = None,
    ) -> Version:
        """Log what is being done to the file of `standing`, by one who holds its folder."""
        draft = self._draft(standing, change, content, principal, note)
        while not await self._add(standing, draft, content):
            standing.last = await self.last(standing.ref, standing.home)
        assert standing.last is not None
        return standing.last

    async def versions(self, ref: Ref) -> list[Version]:
        """The versions of `ref` in every home, as they were logged."""
        return list(
            await self._database.read_kept(
                ("versions", ref), lambda connection: tuple(store.versions(connection, ref))
            )
        )

    async def last(self, ref: Ref, home: Home) -> Version | None:
        """The newest version of `ref` in `home`."""
        key = home.key
        return await self._database.read_kept(
            ("last version", ref, key), lambda connection: store.last_version(connection, ref, key)
        )

    async def numbers(self, kind: Kind, own: Home) -> dict[tuple[str, bool, bytes], int]:
        """By name, whether it is in `own`, and hash of its text: the number of the version logged last."""
        rows = await self._database.read_kept(
            ("newest versions", kind), lambda connection: store.newest(connection, kind)
        )
        key = own.key
        return {(name, home == key, digest): number for name, home, digest, number in rows}

    async def names(self, kind: Kind, home: Home) -> list[str]:
        """What is or was once called so in `home`."""
        return await self._database.read(lambda connection: store.known_names(connection, kind, home.key))

    async def content(self, name: bytes) -> bytes:
        """The text of that hash."""
        return await self._database.read_kept(("text", name), lambda connection: load_blob(connection, name))

    async def _read(self, standing: Standing) -> None:
        # The log first: what is logged between the two is then newer than what was read, and shows as a clash.
        standing.last = await self.last(standing.ref, standing.home)
        standing.content = standing.place.read()

    async def _add(self, standing: Standing, draft: Version, content: bytes | None) -> bool:
        """Log `draft` under the next number; False when someone else, on another machine, has just taken that."""
        new = replace(draft, number=1 if standing.last is None else standing.last.number + 1)
        ref = standing.ref
        kept = () if content is None else (keep_blob(content)[1],)
        await self._database.writer.commit(*kept, store.add_version(ref, new))
        if await self._database.read(lambda connection: store.version_at(connection, ref, new)) != new:
            return False
        standing.last = new
        return True

    def _outside(self, standing: Standing, principal: Principal) -> Version:
        """What must have happened to the file outside Loom."""
        if standing.content is not None:
            return self._draft(standing, Change.FOUND, standing.content, principal, None)
        assert standing.last is not None
        now = self._clock.now_us()
        return replace(standing.last, change=Change.GONE, principal=principal.name, at_us=now, note=None)

    def _draft(
        self, standing: Standing, change: Change, content: bytes, principal: Principal, note: str | None
    ) -> Version:
        return Version(
            number=0,
            hash=hash_bytes(content),
            definition=read_definition(standing.ref.kind, content, standing.place.file).hash,
            change=change,
            file=standing.place.file,
            home=standing.home.key,
            principal=principal.name,
            at_us=self._clock.now_us(),
            note=note,
        )
