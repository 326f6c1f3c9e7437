"""Adds, changes, removes and shows endpoints while Loom runs. Asks none of them anything."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from loom.access.audit import noted
from loom.access.models import Principal, Role
from loom.access.rights import require
from loom.calls.book import store
from loom.calls.book.drafts import Draft, GivenKey, read_draft
from loom.calls.book.headers import GivenHeader, KeptHeader
from loom.calls.book.leading import given_back, handed_over, mapped, refuse_unknown, renamed
from loom.calls.book.models import Entry, EntryId, KeyState, Listed, Place
from loom.calls.book.stock import Stock, StockRoom
from loom.calls.simulated.sizes import EMBEDDED
from loom.core.address import origin_of
from loom.core.clock import Clock
from loom.core.endpoint_config import EndpointConfig, Secret, TierTarget
from loom.core.errors import ConfigError, ConflictError, NotFoundError, Problem, StorageError, UsageError
from loom.core.ids import new_id, text
from loom.core.jsonvalue import Json
from loom.core.settings import Origin, Settings
from loom.storage.database import Database
from loom.storage.statements import Write

__all__ = ["EndpointBook"]

_UNDO_US = 24 * 3600 * 1_000_000
"""How long, at least, a removed endpoint can be restored."""

_EMBEDDED = Listed(EMBEDDED, Place.BUILT_IN, enabled=True, key=KeyState.NONE, key_source=None)


class EndpointBook:
    """The endpoints of the settings, to look at, and those of the book, to change."""

    def __init__(self, database: Database, clock: Clock, settings: Settings, room: StockRoom) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings
        self._room = room

    async def all(self) -> tuple[Listed, ...]:
        """Every endpoint in the order in which they are asked; the embedded family is last."""
        stock = await self._room.read()
        of_settings = [self._of_settings(config) for config in self._settings.endpoints]
        return (*of_settings, *(self._listed(entry) for entry in stock.entries), _EMBEDDED)

    async def one(self, name: EntryId) -> Listed:
        """The endpoint of the book with that id.

        Raises:
            NotFoundError: when there is none.
        """
        return self._listed(_found(await self._room.read(), name))

    async def find(self, name: str) -> Listed:
        """The endpoint with that id, or of that name, wherever it is defined.

        Raises:
            NotFoundError: when there is none.
        """
        for one in await self.all():
            if one.entry is not None and text(one.entry.id) == name:
                return one
            if one.config.name == name and not one.hidden:
                return one
        raise NotFoundError(f"there is no endpoint '{name}'")

    async def own(self, name: str) -> EntryId:
        """The id of an endpoint of the book, found as `find` does.

        Raises:
            NotFoundError: when there is none.
            UsageError: when it is not the book's to change.
        """
        one = await self.find(name)
        if one.entry is None:
            raise UsageError(Problem("is defined in the settings, and is changed there", name))
        return one.entry.id

    async def admit(
        self, said: Json, principal: Principal, name: EntryId | None = None, base: int | None = None
    ) -> Draft:
        """What `said` would make of a new endpoint, or of the one with that id; nothing is changed.

        Raises:
            LoomError: as `add` and `update`.
        """
        require(principal, Role.ADMIN)
        stock = await self._room.read()
        return self._drafted(said, stock, None if name is None else _found(stock, name), base)

    async def add(self, said: Json, principal: Principal) -> Listed:
        """A new endpoint; `said` as `read_draft` takes it.

        Raises:
            ForbiddenError: for anybody but an administrator, here as in every change below.
            ConfigError: naming everything that is wrong.
            ConflictError: when the name is taken.
        """
        draft = await self.admit(said, principal)
        now = self._clock.now_us()
        entry = Entry(EntryId(new_id()), draft.config, draft.enabled, None, None, 1, principal.name, now, now)
        entry = await self._with_headers(await self._with_key(entry, draft.key), draft.headers or ())
        await self._commit(entry, store.add_entry(entry), self._noted(principal, "add", entry))
        return self._listed(entry)

    async def update(
        self, name: EntryId, said: Json, principal: Principal, base: int | None = None
    ) -> Listed:
        """Change what `said` names. A new origin drops the key and the headers, unless they are given with it.

        `base` is the revision that was looked at.

        Raises:
            NotFoundError: when there is no such endpoint.
            ConfigError: naming everything that is wrong.
            ConflictError: when the name is taken, or the endpoint was changed since `base`.
        """
        require(principal, Role.ADMIN)
        stock = await self._room.read()
        old = _found(stock, name)
        draft = self._drafted(said, stock, old, base)
        entry = replace(
            old,
            config=draft.config,
            enabled=draft.enabled,
            revision=old.revision if base is None else base,
            principal=principal.name,
            changed_us=self._clock.now_us(),
        )
        moved = origin_of(old.config.url) != origin_of(draft.config.url)
        given = GivenKey() if moved and draft.key is None else draft.key
        entry = entry if given is None else await self._with_key(entry, given)
        entry = replace(entry, headers=()) if moved else entry
        entry = entry if draft.headers is None else await self._with_headers(entry, draft.headers)
        tiers = renamed(stock, old.config.name, entry)
        note = self._noted(principal, "change", entry)
        await self._commit(entry, store.change_entry(entry), *tiers, note)
        return await self.one(name)

    async def remove(self, name: EntryId, principal: Principal, instead: TierTarget | None = None) -> Listed:
        """Take an endpoint out of the book; `restore` undoes it for a day. Tiers that lead to it lead `instead`.

        Raises:
            NotFoundError: when there is no such endpoint.
            ConfigError: when what is asked instead is not there.
            ConflictError: when a tier leads to it, and it is not said what is asked instead.
        """
        require(principal, Role.ADMIN)
        stock = await self._room.read()
        entry, now = _found(stock, name), self._clock.now_us()
        leading = stock.leading_to(entry.config.name)
        if leading and (instead is None or instead.endpoint == entry.config.name):
            *first, last = leading
            lead = f"{', '.join(first)} and {last} lead" if first else f"{last} leads"
            remedy = "say first what to ask instead, under Settings, Tiers"
            raise ConflictError(f"'{entry.config.name}' is where {lead} to; {remedy}")
        if instead is not None:
            refuse_unknown({"instead": instead}, stock, self._settings.endpoints)
            entry = replace(entry, led=handed_over(stock, entry.config.name, instead))
        await self._database.writer.commit(
            *(write for one in leading for write in mapped(one, instead, principal, now)),
            store.remove_entry(entry, principal.name, now),
            store.forget_removed(now - _UNDO_US),
            self._noted(principal, "remove", entry),
        )
        return self._listed(entry)

    async def removed(self) -> tuple[Listed, ...]:
        """What was removed within a day, the last first."""
        since = self._clock.now_us() - _UNDO_US
        found = await self._database.read(lambda connection: store.removed_entries(connection, since))
        return tuple(self._listed(entry) for entry in found)

    async def restore(self, name: EntryId, principal: Principal) -> Listed:
        """Undo a removal; tiers that led to it do so again, where nobody has said otherwise since.

        Raises:
            NotFoundError: when it was not removed, or too long ago.
            ConflictError: when its name was taken meanwhile.
        """
        require(principal, Role.ADMIN)
        entry = await self._database.read(lambda connection: store.removed_entry(connection, name))
        if entry is None:
            raise NotFoundError(f"there is no removed endpoint {text(name)}; it is kept for a day")
        back, now = given_back(entry, await self._room.read()), self._clock.now_us()
        tiers = (write for tier, target in back.items() for write in mapped(tier, target, principal, now))
        note = self._noted(principal, "restore", entry)
        await self._commit(entry, store.restore_entry(entry, principal.name), *tiers, note)
        return await self.one(name)

    async def rotate(self, principal: Principal) -> int:
        """Encrypt every stored key anew, under a new encryption key; how many there are.

        Raises:
            UsageError: when one of them cannot be read here; nothing has changed then.
            ConflictError: when one is being changed at this moment; all can still be read then.
        """
        require(principal, Role.ADMIN)
        sealed = await self._database.read(store.sealed_keys)
        beside = await self._database.read(store.with_sealed_headers)
        writes = await asyncio.to_thread(self._sealed_anew, sealed, beside)
        note = noted(principal, "endpoint.rotate", f"{len(sealed)} keys", self._clock.now_us())
        await self._database.writer.commit(*writes, note)
        await asyncio.to_thread(self._room.ring.retire)
        return len(sealed)

    def _sealed_anew(
        self, sealed: Mapping[EntryId, tuple[str, bytes]], beside: Sequence[Entry]
    ) -> list[Write]:
        ring = self._room.ring
        opened = {name: ring.open(old, origin_of(url), url) for name, (url, old) in sealed.items()}
        values = [self._room.headers(entry) for entry in beside]
        ring.renew()
        keys = [
            store.reseal_entry(name, old, ring.seal(opened[name], origin_of(url)))
            for name, (url, old) in sealed.items()
        ]
        for entry, known in zip(beside, values, strict=True):
            origin = origin_of(entry.config.url)
            headers = tuple(
                replace(one, sealed=ring.seal(known[one.name].value or "", origin)) if one.sealed else one
                for one in entry.headers
            )
            keys.append(store.reseal_headers(entry, headers))
        return keys

    def _noted(self, principal: Principal, verb: str, entry: Entry) -> Write:
        config = entry.config
        return noted(principal, f"endpoint.{verb}", config.name, self._clock.now_us(), config.url)

    async def _with_key(self, entry: Entry, given: GivenKey | None) -> Entry:
        given = given or GivenKey()
        sealed: bytes | None = None
        if given.value:
            origin = origin_of(entry.config.url)
            sealed = await asyncio.to_thread(self._room.ring.seal, given.value, origin)
        return replace(entry, key_reference=given.reference, key_sealed=sealed)

    async def _with_headers(self, entry: Entry, given: Sequence[GivenHeader]) -> Entry:
        """`entry` with these headers; one of which only the name is given keeps the value it has."""
        before = {one.name.lower(): one for one in entry.headers}
        origin = origin_of(entry.config.url)
        made: list[KeptHeader] = []
        for number, one in enumerate(given):
            kept = before.get(one.name.lower())
            if one.stays and kept is None:
                remedy = "write env:NAME, or the value; a new address forgets those of before"
                raise ConfigError(
                    Problem("has no value", f"headers[{number}]", value=one.name, remedy=remedy)
                )
            if one.value is not None:
                sealed = await asyncio.to_thread(self._room.ring.seal, one.value, origin)
                made.append(KeptHeader(one.name, sealed=sealed))
            elif kept is not None and one.stays:
                made.append(replace(kept, name=one.name))
            else:
                made.append(KeptHeader(one.name, one.reference))
        return replace(entry, headers=tuple(made))

    async def _commit(self, entry: Entry, *writes: Write) -> None:
        try:
            await self._database.writer.commit(*writes)
        except StorageError:
            self._refuse_taken(entry.config.name, await self._room.read(), entry)
            raise

    def _drafted(self, said: Json, stock: Stock, old: Entry | None, base: int | None) -> Draft:
        if old and base not in (None, old.revision):
            raise store.changed_meanwhile()
        draft = read_draft(said, Draft(old.config, old.enabled) if old else None)
        self._check(draft, stock, old)
        return draft

    def _check(self, draft: Draft, stock: Stock, old: Entry | None) -> None:
        self._refuse_taken(draft.config.name, stock, old)
        given = {one.reference: f"headers[{number}]" for number, one in enumerate(draft.headers or ())}
        given |= {draft.key.reference: "api_key_env"} if draft.key else {}
        origin = origin_of(draft.config.url)
        for name, source, url in self._keys(stock, old):
            if source in given and origin_of(url) != origin:
                what = f"holds the key of '{name}' at another address, and a key is sent to one only"
                raise ConfigError(Problem(what, given[source], value=source, remedy="use another variable"))

    def _keys(self, stock: Stock, old: Entry | None) -> Iterable[tuple[str, str, str]]:
        """The name, the variable and the address of every other endpoint that has one."""
        for config in self._settings.endpoints:
            for _, source in config.variables:
                yield config.name, source, config.url
        for entry in stock.entries:
            if old is None or entry.id != old.id:
                for source in (entry.key_reference, *(one.reference for one in entry.headers)):
                    if source is not None:
                        yield entry.config.name, source, entry.config.url

    def _refuse_taken(self, label: str, stock: Stock, old: Entry | None) -> None:
        others = [entry.config.name for entry in stock.entries if old is None or entry.id != old.id]
        kept = old is not None and old.config.name == label
        taken = [*others, *(() if kept else (config.name for config in self._settings.endpoints))]
        if label.casefold() in (name.casefold() for name in taken):
            raise ConflictError(f"there is an endpoint '{label}' already; choose another name")

    def _of_settings(self, config: EndpointConfig) -> Listed:
        from_file = self._settings.origins.get(f"endpoints.{config.name}") is Origin.FILE
        key, named = config.key, {source for _, source in config.variables}
        return Listed(
            replace(config, key=None, headers={}),
            Place.FILE if from_file else Place.ENVIRONMENT,
            enabled=True,
            key=KeyState.NONE if key is None else _state(key),
            key_source=None if key is None else f"env:{key.source}",
            headers=tuple(
                (name, f"env:{one.source}" if one.source in named else "file", _state(one))
                for name, one in config.headers.items()
            ),
        )

    def _listed(self, entry: Entry) -> Listed:
        reference = entry.key_reference
        return Listed(
            entry.config,
            Place.BOOK,
            entry.enabled,
            self._room.key_state(entry),
            f"env:{reference}" if reference else "stored" if entry.key_sealed else None,
            entry,
            self._room.headers_of(entry),
            hidden=any(entry.config.name == config.name for config in self._settings.endpoints),
        )


def _state(secret: Secret) -> KeyState:
    return KeyState.READY if secret.value else KeyState.MISSING


def _found(stock: Stock, name: EntryId) -> Entry:
    for entry in stock.entries:
        if entry.id == name:
            return entry
    raise NotFoundError(f"there is no endpoint {text(name)}; those of the settings are changed there")
