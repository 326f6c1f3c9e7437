"""Dead letters for doors: kept as they come, replayed, cleared, taken back. Who brings them is not its affair."""

import json
from collections.abc import Sequence
from contextlib import suppress

from loom.access.audit import noted
from loom.access.models import Principal, Role
from loom.access.rights import require
from loom.bus.base import MessageBus
from loom.bus.subjects import INCOMING_TASKS
from loom.core.clock import Clock
from loom.core.errors import BusError, ForbiddenError, Look, NotFoundError
from loom.core.ids import LetterId, new_id, text
from loom.core.jsonvalue import Json
from loom.delivery.models import LETTERS, EventType
from loom.delivery.store import tell
from loom.router import store
from loom.router.models import (
    Clearing,
    Letter,
    LetterPage,
    LetterState,
    ReplayPage,
    Undelivered,
)
from loom.storage.blobs import pack
from loom.storage.database import Database
from loom.storage.statements import Write

__all__ = ["MOST_KEPT", "DeadLetters"]

MOST_KEPT = 10_000
"""Letters of each state, and replays; the oldest make room."""


class DeadLetters:
    """The dead letters of one store."""

    def __init__(self, database: Database, clock: Clock, *, most: int = MOST_KEPT) -> None:
        self._database = database
        self._clock = clock
        self._most = most

    async def take(self, message: Json) -> None:
        """Keep a letter as the mesh sent it. Nobody asks for it: it has no principal.

        Raises:
            StorageError: when it cannot be written.
        """
        came = Undelivered.of(message)
        body = json.dumps(came.task, ensure_ascii=False).encode()
        letter, now = LetterId(new_id()), self._clock.now_us()
        named = (came.reason, came.task_id, came.worker_type)
        kept = Letter(letter, 0, LetterState.WAITING, now, *named, len(body), None, None)
        await self._database.writer.commit(
            store.add_letter(letter, LetterState.WAITING.value, now, *named, len(body), pack(body)),
            store.evict(LetterState.WAITING.value, self._most),
            *self._told(EventType.LETTER_ARRIVED, kept.to_json()),
        )

    async def page(
        self, state: LetterState, principal: Principal, *, before: int | None = None, size: int = 50
    ) -> LetterPage:
        """Letters, newest first; `before` is the `next` of the page before."""
        require(principal, Role.READ)
        return await self._database.snapshot(
            lambda connection: store.letter_page(connection, state, before, size)
        )

    async def get(self, letter: LetterId, principal: Principal) -> tuple[Letter, Json]:
        """A letter, with the task it is about.

        Raises:
            NotFoundError: when there is none, or it is not kept any more.
        """
        require(principal, Role.READ)
        return await self._database.read(
            lambda connection: (store.letter_of(connection, letter), store.task_of(connection, letter))
        )

    async def find(self, word: str, principal: Principal) -> LetterId:
        """The letter with that id, or whose id ends in these digits.

        Raises:
            NotFoundError: when there is none, or more than one.
        """
        require(principal, Role.READ)
        digits = word.replace("-", "").lower()
        found = await self._database.read(lambda connection: store.letters_ending(connection, digits))
        if len(found) != 1:
            what = "more than one dead letter ends" if found else "no dead letter ends"
            raise NotFoundError(f"{what} in '{word[:80]}'", Look("dead-letters"))
        return found[0]

    async def replays(self, principal: Principal, *, before: int | None = None, size: int = 50) -> ReplayPage:
        """What was sent again, newest first; clearing leaves it as it is."""
        require(principal, Role.READ)
        return await self._database.read(lambda connection: store.replay_page(connection, before, size))

    async def replay(self, letter: LetterId, bus: MessageBus, principal: Principal) -> None:
        """Send the task of `letter` to the routers again; from then on the letter waits no more.

        Noted before it is sent: whoever ends in between leaves a replay of which it is not known whether it was sent.

        Raises:
            ForbiddenError: when `principal` may not start what costs money, or only within a cap.
            NotFoundError: as `get`.
            BusError: when it was not sent, since nothing takes tasks now, or when that is not known; the letter stays.
        """
        require(principal, Role.RUN)
        if principal.capped:
            raise ForbiddenError(f"{principal.name} has a cap, and what a replayed task costs is not counted")
        found, task = await self.get(letter, principal)
        attempt, now = new_id(), self._clock.now_us()
        named = (found.task_id, found.worker_type, found.reason)
        await self._database.writer.commit(
            store.begin_replay(attempt, letter, *named, principal.name, now), store.evict_replays(self._most)
        )
        try:
            await bus.deliver(INCOMING_TASKS, task)
        except BusError as error:
            if not error.doubtful:
                await self._database.writer.commit(store.drop_replay(attempt))
            raise
        now = self._clock.now_us()
        await self._database.writer.commit(
            store.finish_replay(attempt, now),
            store.leave(letter, now, principal.name),
            store.evict(LetterState.REPLAYED.value, self._most),
            noted(principal, "letter.replay", found.worker_type or "?", now, found.task_id),
            *self._told(EventType.LETTER_REPLAYED, {"letter": text(letter)}),
        )

    async def replay_waiting(self, letters: Sequence[LetterId], bus: MessageBus, principal: Principal) -> int:
        """`replay` those of `letters` that still wait, in this order, saying how many; one that cannot be sent ends it.

        Raises:
            as `replay`.
        """
        replayed = 0
        for letter in letters:
            with suppress(NotFoundError):
                found, _ = await self.get(letter, principal)
                if found.state is LetterState.WAITING:
                    await self.replay(letter, bus, principal)
                    replayed += 1
        return replayed

    async def clear(self, principal: Principal, *, newest: int = 2**62) -> Clearing | None:
        """Put away the letters that wait, up to row `newest`; `restore` brings them back. None when there is none."""
        require(principal, Role.RUN)
        clearing, now = new_id(), self._clock.now_us()
        await self._database.writer.commit(
            store.clear(newest, now, principal.name, clearing),
            store.evict(LetterState.CLEARED.value, self._most),
            noted(principal, "letters.clear", "dead letters", now),
            *self._told(EventType.LETTERS_CLEARED, {}),
        )
        made = await self.newest_clearing(principal)
        return made if made is not None and made.id == clearing else None

    async def newest_clearing(self, principal: Principal) -> Clearing | None:
        """The last one that can be taken back."""
        require(principal, Role.READ)
        return await self._database.read(store.newest_clearing)

    async def restore(self, clearing: bytes, principal: Principal) -> int:
        """Let the letters of that clearing wait again; how many there were.

        Raises:
            NotFoundError: when it is not the newest, or was taken back already.
        """
        require(principal, Role.RUN)
        newest = await self.newest_clearing(principal)
        if newest is None or newest.id != clearing:
            raise NotFoundError("these letters were put back already, or others were cleared since")
        now = self._clock.now_us()
        await self._database.writer.commit(
            store.restore(clearing),
            noted(principal, "letters.restore", "dead letters", now),
            *self._told(EventType.LETTERS_RESTORED, {}),
        )
        return newest.letters

    async def box(self) -> str:
        """The name of this store among those that listen: its servers share what comes."""
        return await self._database.read(store.box)

    def _told(self, kind: EventType, data: Json) -> tuple[Write, Write]:
        return tell(LETTERS, kind, self._clock.now_us(), data)
