"""Adds and changes endpoints as people do it at a page: each is tried first, and takes over only what it can serve.

Workers that name nothing ask the `default` of the tiers, else the first endpoint in the book's order. One that would
become the first, and does not answer, or has several models and none chosen, does not: what was asked before is made
the default, until a person says otherwise.
"""

from collections.abc import Collection
from dataclasses import dataclass

from loom.access.models import Principal
from loom.calls.book.drafts import Draft
from loom.calls.book.models import EntryId, Listed, Trial
from loom.calls.book.service import EndpointBook
from loom.calls.book.tiers import Tiers
from loom.calls.book.trials import Trials
from loom.calls.simulated.sizes import meant_for
from loom.core.endpoint_config import TierTarget
from loom.core.jsonvalue import Json
from loom.core.worker_config import Tier

__all__ = ["Joined", "Joining", "says_which"]


@dataclass(frozen=True, slots=True)
class Joined:
    """An endpoint that was added or changed."""

    one: Listed
    before: str
    """The endpoint that was asked by default before."""


class Joining:
    """The book, for people."""

    def __init__(self, book: EndpointBook, trials: Trials, tiers: Tiers) -> None:
        self._book = book
        self._trials = trials
        self._tiers = tiers

    async def add(self, said: Json, principal: Principal) -> Joined:
        """As `EndpointBook.add`."""
        draft = await self._book.admit(said, principal)
        trial = await self._tried(draft, None)
        before = await self._kept_beside(draft, trial, principal, None)
        one = await self._book.add(said, principal)
        self._trials.remember(one, trial)
        return Joined(one, before)

    async def update(
        self, name: EntryId, said: Json, principal: Principal, base: int | None = None
    ) -> Joined:
        """As `EndpointBook.update`."""
        draft = await self._book.admit(said, principal, name, base)
        trial = await self._tried(draft, await self._book.one(name))
        before = await self._kept_beside(draft, trial, principal, name)
        one = await self._book.update(name, said, principal, base)
        self._trials.remember(one, trial)
        return Joined(one, before)

    async def _tried(self, draft: Draft, saved: Listed | None) -> Trial | None:
        """None: it is switched off, and not asked."""
        return await self._trials.of_draft(draft, saved.entry if saved else None) if draft.enabled else None

    async def _kept_beside(
        self, draft: Draft, trial: Trial | None, principal: Principal, name: EntryId | None
    ) -> str:
        """See that what is asked by default stays so where it must; its name."""
        listed = await self._book.all()
        first = next(one for one in listed if one.enabled and not one.hidden)
        chosen = (await self._tiers.all())[-1].target
        before = chosen.endpoint if chosen else first.config.name
        own = [place for place, one in enumerate(listed) if one.entry and one.entry.id == name]
        would_lead = (own[0] if own else len(listed) - 1) < listed.index(first) or first is listed[-1]
        if chosen is None and would_lead and trial is not None and not _serves(draft, trial):
            await self._tiers.lead({None: TierTarget(before, "")}, principal)
        return before


def says_which(models: Collection[str]) -> bool:
    """Whether it is clear which of `models` is meant where none is named."""
    return all(meant_for(tier, models) for tier in Tier)


def _serves(draft: Draft, trial: Trial) -> bool:
    return trial.reached and says_which(draft.config.models or trial.models)
