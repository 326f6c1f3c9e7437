"""Changes of the user's own definitions: one at a time in a folder, whole or not at all, and logged after."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from loom.access.models import Principal
from loom.catalog.definitions import read_definition, renamed
from loom.catalog.files import Place, alone
from loom.catalog.library import Found, Library, Source, shipped_configs
from loom.catalog.log import Log, Standing
from loom.catalog.models import Change, Ref, Saved, Version
from loom.catalog.names import is_text, require_new, require_safe
from loom.core.clock import Clock
from loom.core.errors import ConfigError, ConflictError, Look, NotFoundError, Problem, UsageError
from loom.core.failpoint import failpoint
from loom.core.hashing import short
from loom.core.kinds import Kind

__all__ = ["Changes", "Edit"]

_TEMPLATE = "_template.yaml"

_Entry: TypeAlias = tuple[Change, bytes, str | None]
"""What is logged: the change, the text after it, and a note."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A text that is to become the present one."""

    content: bytes
    change: Change
    note: str | None = None
    base: bytes | None = None
    """The hash of the text that was edited; None: whatever is there."""


class Changes:
    """Writes to the first home of `library`, and to nothing else."""

    def __init__(self, log: Log, clock: Clock, library: Library) -> None:
        self._log = log
        self._clock = clock
        self._library = library
        self._home = library.own

    async def own(self, ref: Ref) -> Standing:
        """The user's own definition of that name, which may be deleted or not there yet; not looked at."""
        file = next((one.file for one in self._own_files(ref.kind) if one.name == ref.name), None)
        if file is None:
            last = await self._log.last(ref, self._home) if is_text(ref.name) else None
            file = last.file if last else f"{self._home.folder(ref.kind)}/{ref.name}.yaml"
        return Standing(ref, self._home, Place(self._home.path, file))

    async def create(
        self,
        ref: Ref,
        content: bytes,
        principal: Principal,
        *,
        change: Change = Change.CREATED,
        note: str | None = None,
    ) -> Saved:
        """Make a new definition, under a name that nothing else has."""
        self._require_free(ref)
        file = f"{self._home.folder(ref.kind)}/{ref.name}.yaml"
        standing = Standing(ref, self._home, Place(self._home.path, file))
        warnings = _checked(standing, Edit(content, change))
        async with alone(standing.place.folder, self._clock):
            await self._log.look_alone(standing, principal)
            if standing.content is not None:
                raise ConflictError(f"{ref} has come into being meanwhile; nothing was saved")
            version = await self._put(standing, [(change, content, note)], principal)
        return self._saved(standing, version, warnings=warnings)

    async def from_template(self, ref: Ref, principal: Principal) -> Saved:
        """Make a new definition from the template: the user's own one, else Loom's."""
        folder = self._home.folder(ref.kind)
        for configs in (self._home.path, shipped_configs()):
            content = Place(configs, f"{folder}/{_TEMPLATE}").read()
            if content is not None:
                self._require_free(ref)
                text = renamed(ref.kind, content, ref.name, _TEMPLATE)
                return await self.create(ref, text, principal, note="from the template")
        raise UsageError(Problem(f"has no template for a {ref.kind}", remedy="clone one"))

    async def clone(self, source: Standing, name: str, principal: Principal) -> Saved:
        """Make a copy of `source` called `name`."""
        assert source.content is not None
        assert source.last is not None
        ref = Ref(source.ref.kind, name)
        self._require_free(ref)
        content = renamed(ref.kind, source.content, name, str(source.place.path))
        note = f"from {source.ref.name} v{source.last.number}"
        return await self.create(ref, content, principal, change=Change.COPIED, note=note)

    def _require_free(self, ref: Ref) -> None:
        require_safe(ref.name)
        require_new(ref.name, (one.name for one in self._library.everywhere(ref.kind)))

    async def replace(self, ref: Ref, edit: Edit, principal: Principal, origin: Standing | None) -> Saved:
        """Put another text into an own definition, or make an own copy of `origin` with it.

        It must be valid, unless it is restored: then it was there before.
        """
        standing = await self.own(ref)
        async with alone(standing.place.folder, self._clock):
            await self._log.look_alone(standing, principal)
            if standing.last is None:
                require_safe(ref.name)
            copied = origin if standing.content is None else None
            present = copied or standing
            if edit.base is not None and present.hash != edit.base:
                raise _changed_meanwhile(ref, edit.base)
            findings = _checked(present, edit)
            if present.content == edit.content:
                assert present.last is not None
                return Saved(ref, present.last, present.place.path, changed=False, warnings=findings)
            entries = [(edit.change, edit.content, edit.note)]
            if copied is not None:
                entries.insert(0, _copied(copied))
            version = await self._put(standing, entries, principal)
        return self._saved(standing, version, warnings=findings)

    async def delete(self, standing: Standing, principal: Principal) -> Saved:
        """Remove the file."""
        async with alone(standing.place.folder, self._clock):
            await self._log.look_alone(standing, principal)
            content = standing.content
            if content is None:
                raise NotFoundError(f"{standing.ref} was deleted meanwhile")
            await asyncio.to_thread(standing.place.remove)
            failpoint("catalog.removed")
            version = await self._log.append(standing, Change.DELETED, content, principal)
        return self._saved(standing, version)

    async def undo(self, ref: Ref, principal: Principal) -> Saved:
        """Make the text before the last change the present one."""
        standing = await self.own(ref)
        await self._log.look(standing, principal)
        if standing.last is None:
            raise NotFoundError(f"no {ref} was ever yours", Look(f"{ref.kind}s"))
        async with alone(standing.place.folder, self._clock):
            await self._log.look_alone(standing, principal)
            content = await self._log.content(await self._before(standing))
            note = f"{standing.last.change} v{standing.last.number}"
            version = await self._put(standing, [(Change.UNDONE, content, note)], principal)
        return self._saved(standing, version)

    async def _before(self, standing: Standing) -> bytes:
        """The hash of the text that the last change of `standing` put an end to."""
        last = standing.last
        assert last is not None
        if last.change.leaves_nothing:
            return last.hash
        versions = await self._log.versions(standing.ref)
        earlier = [one for one in versions if one.home == last.home and one.number == last.number - 1]
        if not earlier or earlier[0].change.leaves_nothing:
            remedy = f"to remove it: loom catalog delete {standing.ref.name}"
            what = f"has nothing before v{last.number}, with which it began"
            raise UsageError(Problem(what, "name", value=standing.ref.name, remedy=remedy))
        return earlier[0].hash

    async def _put(self, standing: Standing, entries: Sequence[_Entry], principal: Principal) -> Version:
        """Write the last of `entries` into the file, then log them all."""
        await asyncio.to_thread(standing.place.write, entries[-1][1])
        failpoint("catalog.written")
        version = standing.last
        for change, content, note in entries:
            version = await self._log.append(standing, change, content, principal, note)
        assert version is not None
        return version

    def _own_files(self, kind: Kind) -> Iterator[Found]:
        return (one for one in self._library.everywhere(kind) if one.home == self._home)

    def _saved(self, standing: Standing, version: Version, warnings: tuple[Problem, ...] = ()) -> Saved:
        ref = standing.ref
        others = [one.source for one in self._library.everywhere(ref.kind) if one.name == ref.name]
        hides = tuple(source for source in others if source is not Source.OWN)
        return Saved(ref, version, standing.place.path, changed=True, hides=hides, warnings=warnings)


def _checked(present: Standing, edit: Edit) -> tuple[Problem, ...]:
    """The warnings of a text that replaces that of `present`; of a restored one, also the errors."""
    ref = present.ref
    definition = read_definition(ref.kind, edit.content, present.place.path.name)
    errors = definition.errors
    if not errors and definition.name != ref.name:
        before = read_definition(ref.kind, present.content or b"", "")
        if before.name in (ref.name, None):
            errors = (definition.misnamed(ref.name),)
    if errors and edit.change is not Change.RESTORED:
        raise ConfigError(errors)
    return (*errors, *definition.warnings)


def _copied(origin: Standing) -> _Entry:
    return Change.COPIED, origin.content or b"", f"from the {origin.home.source} one"


def _changed_meanwhile(ref: Ref, base: bytes) -> ConflictError:
    see = f"see: loom catalog diff {ref.name} {short(base)} last"
    return ConflictError(f"{ref} was changed meanwhile; nothing was saved; {see}")
