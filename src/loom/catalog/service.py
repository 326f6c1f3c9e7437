"""The catalog: find definitions, see what became of them, change them without losing anything. What every door calls.

Only the user's own folder is ever written. To change what comes with an app or with Loom makes an own copy, which is
then found first.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from loom.access.models import Principal
from loom.catalog.changes import Changes, Edit
from loom.catalog.choosing import choose
from loom.catalog.diff import TextDiff, compare_texts
from loom.catalog.files import Place
from loom.catalog.impact import Impact, mapping_at, pipelines_in, worker_impact
from loom.catalog.library import Found, Library, Source
from loom.catalog.listing import list_entries
from loom.catalog.log import Log, Standing
from loom.catalog.models import Change, Entry, History, Query, Ref, Saved, Text, Version
from loom.catalog.names import is_text
from loom.core.clock import Clock
from loom.core.errors import ConfigError, Look, NotFoundError, Problem, UsageError
from loom.core.kinds import Kind
from loom.core.spelling import suggestion
from loom.storage.database import Database

__all__ = ["KINDS", "Catalog", "Difference"]

KINDS = (Kind.WORKER, Kind.PIPELINE)
"""What the catalog keeps versions of. Those of suites are kept with the runs that used them."""

_SHIPPED = "shipped"


@dataclass(frozen=True, slots=True)
class Difference:
    """Two texts, and what must be done to the first to get the second."""

    old: Text
    new: Text
    diff: TextDiff
    same_meaning: bool
    """They differ in comments and layout only."""


class Catalog:
    """The definitions of one library, over one database."""

    def __init__(self, database: Database, clock: Clock, library: Library) -> None:
        self._library = library
        self._log = Log(database, clock)
        self._changes = Changes(self._log, clock, library)

    async def list(self, query: Query, principal: Principal) -> tuple[Entry, ...]:  # noqa: ARG002 - every call has one
        """The definitions that `query` asks for, as their files say now."""
        return await asyncio.to_thread(list_entries, self._library, KINDS, query)

    async def names(self, kind: Kind, principal: Principal) -> "list[str]":  # noqa: ARG002 - every call has one
        """What the definitions of `kind` are called, as `Library.all` has them; none is read."""
        return [found.name for found in await asyncio.to_thread(self._library.all, kind)]

    async def numbers(self, entries: Sequence[Entry], principal: Principal) -> dict[Ref, int]:  # noqa: ARG002 - every call has one
        """Which version each file is; without those whose text Loom has not yet seen."""
        own = self._library.own
        known = {kind: await self._log.numbers(kind, own) for kind in {one.ref.kind for one in entries}}
        found = {
            one.ref: known[one.ref.kind].get((one.ref.name, one.source is own.source, one.hash or b""))
            for one in entries
        }
        return {ref: number for ref, number in found.items() if number is not None}

    async def find(self, name: str, kind: Kind | None = None) -> Ref:
        """The definition called `name`; of two, the worker, unless `kind` says otherwise. Deleted ones come last.

        Raises:
            NotFoundError: naming what is near.
        """
        known: list[str] = []
        refs = [Ref(one, name) for one in (KINDS if kind is None else (kind,))]
        for ref in refs:
            names = [found.name for found in self._library.all(ref.kind)]
            if name in names:
                return ref
            known += names
        for ref in refs:
            if is_text(name) and await self._log.last(ref, self._library.own):
                return ref
        raise _not_found(name, kind or Kind.WORKER, known)

    async def history(self, ref: Ref, principal: Principal) -> History:
        """The versions of `ref`; what was changed outside Loom is among them.

        Raises:
            NotFoundError: when there is no such definition, and never was.
        """
        return (await self.opened(ref, principal))[0]

    async def opened(self, ref: Ref, principal: Principal) -> tuple[History, Text | None]:
        """The versions of `ref` and its present text, None when it is deleted. Raises as `history`."""
        standing = await self._standing(ref, principal)
        here, elsewhere = await self._versions(standing)
        content, last = standing.content, standing.last
        path = None if content is None else standing.place.path
        history = History(ref, tuple(here), path, standing.home.source, tuple(elsewhere))
        if content is None or last is None:
            return history, None
        return history, Text(ref, f"v{last.number}", last, content)

    async def text(self, ref: Ref, wanted: str, principal: Principal) -> Text:
        """The text of a version: `last` (what is in the file), `last~1`, `v3`, digits of a hash, or `shipped`.

        Raises:
            NotFoundError: when there is no such version.
            ConflictError: when the digits fit several texts.
            UsageError: when `wanted` is none of the forms.
        """
        label = wanted
        if wanted == _SHIPPED:
            version = (await self._shipped(ref, principal)).last
        else:
            standing = await self._standing(ref, principal)
            version = choose(wanted, ref, *await self._versions(standing))
            label = f"v{version.number}" if version.home == standing.home.key else version.hash.hex()[:8]
        assert version is not None
        return Text(ref, label, version, await self._log.content(version.hash))

    async def diff(self, old: tuple[Ref, str], new: tuple[Ref, str], principal: Principal) -> Difference:
        """From one version to another, of the same definition or of two. Raises as `text`."""
        a, b = await self.text(*old, principal), await self.text(*new, principal)
        texts = (a.content.decode(errors="replace"), b.content.decode(errors="replace"))
        diff = await asyncio.to_thread(compare_texts, *texts)
        meaning = a.version.definition
        return Difference(a, b, diff, meaning is not None and meaning == b.version.definition)

    async def save(
        self,
        ref: Ref,
        content: bytes,
        principal: Principal,
        *,
        base: bytes | None = None,
        note: str | None = None,
    ) -> Saved:
        """Make `content` the text of `ref`, byte for byte; the same text again is no new version.

        `base` is the hash of the text that was edited; None takes whatever is there, which stays in the history.

        Raises:
            ConfigError: naming everything that is wrong with the text, with line and column.
            ConflictError: when the file is no longer what `base` says; nothing was saved.
            UsageError: when there is none yet and the name cannot be given.
        """
        if self._found(ref) is None and base is None:
            return await self._changes.create(ref, content, principal, note=note)
        edit = Edit(content, Change.SAVED, note, base)
        return await self._changes.replace(ref, edit, principal, await self._origin(ref, principal))

    async def create(
        self, ref: Ref, content: bytes | None, principal: Principal, note: str | None = None
    ) -> Saved:
        """Make a new definition; without `content`, from the template of its kind.

        Raises:
            UsageError: when the name cannot be given, or there is no template.
            ConfigError: naming everything that is wrong with the text.
        """
        if content is None:
            return await self._changes.from_template(ref, principal)
        return await self._changes.create(ref, content, principal, note=note)

    async def clone(self, ref: Ref, name: str, principal: Principal) -> Saved:
        """Make a copy called `name`, which differs in its name only.

        Raises:
            NotFoundError: when there is nothing to copy.
            UsageError: when the name cannot be given.
            ConfigError: when what is to be copied is invalid.
        """
        standing = await self._living(ref, principal)
        return await self._changes.clone(standing, name, principal)

    async def restore(self, ref: Ref, wanted: str, principal: Principal) -> Saved:
        """Make the text of an earlier version the present one. Raises as `text`."""
        text = await self.text(ref, wanted, principal)
        edit = Edit(text.content, Change.RESTORED, text.label)
        return await self._changes.replace(ref, edit, principal, await self._origin(ref, principal))

    async def delete(self, ref: Ref, principal: Principal, *, force: bool = False) -> Saved:
        """Remove the file; `undo` brings it back.

        Raises:
            NotFoundError: when there is none.
            UsageError: when it is not the user's own, or pipelines use it and `force` is not given.
        """
        standing = await self._living(ref, principal)
        if standing.home.source is not Source.OWN:
            what = f"is not yours to delete: it comes with {_giver(standing)}"
            raise UsageError(Problem(what, ref.name))
        found = self._found(ref)
        if ref.kind is Kind.WORKER and not force and not (found and found.hides):
            _require_unused(await self.impact(ref.name, principal))
        return await self._changes.delete(standing, principal)

    async def undo(self, ref: Ref, principal: Principal) -> Saved:
        """Take back the last change, a deletion too. Undoing twice brings the change back.

        Raises:
            NotFoundError: when nothing of the user's own was ever called so.
            UsageError: when there is nothing before it.
        """
        return await self._changes.undo(ref, principal)

    async def impact(self, worker: str, principal: Principal) -> Impact:  # noqa: ARG002 - every call has one
        """What a change of `worker` can reach, in the pipelines of the library.

        Raises:
            NotFoundError: when there is no such worker, and no pipeline names it.
        """
        found = self._found(Ref(Kind.WORKER, worker))
        impact = await asyncio.to_thread(self._impact, worker, found)
        if found is None and not impact.direct:
            raise _not_found(worker, Kind.WORKER, [one.name for one in self._library.workers()])
        return impact

    async def record(self, kind: Kind, path: Path, principal: Principal) -> Version | None:
        """The version in the file at `path`, logged if it is new; None for a file outside the library."""
        found = self._library.at(kind, path)
        if found is None or not is_text(found.name):
            return None
        try:
            return (await self._look(Ref(kind, found.name), found, principal)).last
        except ConfigError:  # a link: its text is not kept here
            return None

    async def deleted(self, principal: Principal) -> tuple[tuple[Ref, Version], ...]:
        """What `undo` can bring back."""
        gone: list[tuple[Ref, Version]] = []
        for kind in KINDS:
            present = {one.name for one in self._library.everywhere(kind) if one.source is Source.OWN}
            for name in sorted(set(await self._log.names(kind, self._library.own)) - present):
                standing = await self._changes.own(Ref(kind, name))
                await self._log.look(standing, principal)
                if standing.last is not None and standing.last.change.leaves_nothing:
                    gone.append((standing.ref, standing.last))
        return tuple(gone)

    def _impact(self, worker: str, found: Found | None) -> Impact:
        mapping = mapping_at(found.path) if found else None
        return worker_impact(worker, mapping or {}, pipelines_in(self._library))

    def _found(self, ref: Ref) -> Found | None:
        return self._library.named(ref.kind, ref.name)

    async def _origin(self, ref: Ref, principal: Principal) -> Standing | None:
        """What an own copy would be a copy of; None where there is an own one, or nothing."""
        found = self._found(ref)
        return (
            None if found is None or found.source is Source.OWN else await self._look(ref, found, principal)
        )

    async def _standing(self, ref: Ref, principal: Principal) -> Standing:
        """What `ref` names, or what it named until it was deleted."""
        found = self._found(ref)
        if found is not None:
            return await self._look(ref, found, principal)
        if is_text(ref.name):
            standing = await self._changes.own(ref)
            await self._log.look(standing, principal)
            if standing.last is not None:
                return standing
        raise _not_found(ref.name, ref.kind, [one.name for one in self._library.all(ref.kind)])

    async def _living(self, ref: Ref, principal: Principal) -> Standing:
        standing = await self._standing(ref, principal)
        if standing.content is None:
            raise NotFoundError(f"{ref} is deleted", Look(f"{ref.kind}s", ref.name, gone=True))
        return standing

    async def _shipped(self, ref: Ref, principal: Principal) -> Standing:
        for one in self._library.everywhere(ref.kind):
            if one.name == ref.name and one.source is Source.SHIPPED:
                return await self._look(ref, one, principal)
        raise NotFoundError(f"no {ref} comes with Loom")

    async def _look(self, ref: Ref, found: Found, principal: Principal) -> Standing:
        standing = Standing(ref, found.home, Place(found.home.path, found.file))
        await self._log.look(standing, principal)
        return standing

    async def _versions(self, standing: Standing) -> "tuple[list[Version], list[Version]]":
        """Those of its home, and those of others."""
        every = await self._log.versions(standing.ref)
        here = [version for version in every if version.home == standing.home.key]
        return here, [version for version in every if version.home != standing.home.key]


def _not_found(name: str, kind: Kind, known: "list[str]") -> NotFoundError:
    stem = Path(name).stem
    is_path = stem != name and stem in known
    hint = f"give its name: {stem}" if is_path else suggestion(name, known, "")
    missing = f"there is no {kind} '{name}'"
    return NotFoundError(f"{missing}; {hint}") if hint else NotFoundError(missing, Look(f"{kind}s"))


def _giver(standing: Standing) -> str:
    if standing.home.source is Source.SHIPPED:
        return "Loom"
    return f"the app '{standing.home.path.parent.name}'"


def _require_unused(impact: Impact) -> None:
    if impact.direct:
        uses = ", ".join(f"{use.pipeline}.{use.stage}" for use in impact.direct[:5])
        remedy = "give --force to delete it anyway"
        raise UsageError(Problem(f"is used by {uses}", impact.worker, remedy=remedy))
