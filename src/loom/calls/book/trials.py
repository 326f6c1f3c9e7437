"""Asks an endpoint for its models, to see whether it can be used: in bounded time, once, without retries.

What it sends costs nothing. What came of it is remembered by this process, for people who look.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from time import perf_counter

from loom.calls.adapters import adapter
from loom.calls.book.drafts import Draft
from loom.calls.book.headers import GivenHeader
from loom.calls.book.models import Entry, EntryId, Listed, Place, Trial, Tried
from loom.calls.book.stock import StockRoom
from loom.calls.http import HttpClient
from loom.core.address import origin_of
from loom.core.clock import Clock
from loom.core.endpoint_config import EndpointConfig, EndpointKind, Secret
from loom.core.errors import Fault, LoomError, ProviderError
from loom.core.settings import Settings

__all__ = ["Trials"]

_WAIT_S = 10.0
_MOST_REMEMBERED = 500


class Trials:
    """Tries endpoints, those that are only being written as well."""

    def __init__(self, clock: Clock, settings: Settings, room: StockRoom) -> None:
        self._clock = clock
        self._settings = settings
        self._room = room
        self._last: dict[tuple[EntryId, int], Tried] = {}

    async def of(self, one: Listed) -> Trial:
        """What `one` answers now."""
        try:
            config = self._with_key(one)
        except LoomError as error:
            return Trial(reached=False, latency_ms=0, problem=str(error))
        trial = await self._ask(config)
        self.remember(one, trial)
        return trial

    def remember(self, one: Listed, trial: Trial | None) -> None:
        """For `last`, as long as `one` stays as it is."""
        if one.entry is not None and trial is not None:
            self._last[one.entry.id, one.entry.revision] = Tried(trial, self._clock.now_us())
            while len(self._last) > _MOST_REMEMBERED:
                del self._last[next(iter(self._last))]

    def last(self, one: Listed) -> Tried | None:
        """The last trial of `one` as it is now, as far as this process knows."""
        return self._last.get((one.entry.id, one.entry.revision)) if one.entry else None

    async def of_draft(self, draft: Draft, saved: Entry | None = None) -> Trial:
        """What the endpoint would answer that is being written; a key that is kept goes to its own origin only."""
        same = saved is not None and origin_of(saved.config.url) == origin_of(draft.config.url)
        try:
            kept = self._room.with_key(saved) if saved and same else draft.config
        except LoomError as error:
            return Trial(reached=False, latency_ms=0, problem=str(error))
        key = kept.key if draft.key is None else self._given(draft.key.reference, draft.key.value)
        headers = kept.headers if draft.headers is None else self._beside(draft.headers, kept.headers)
        return await self._ask(replace(draft.config, key=key, headers=headers))

    def _given(self, reference: str | None, value: str | None) -> Secret | None:
        known = value or self._room.variable(reference)
        return Secret(reference or "the form", known) if reference or value else None

    def _beside(self, given: Iterable[GivenHeader], kept: Mapping[str, Secret]) -> dict[str, Secret]:
        found = {one.name: self._given(one.reference, one.value) or kept.get(one.name) for one in given}
        return {name: value for name, value in found.items() if value is not None}

    def _with_key(self, one: Listed) -> EndpointConfig:
        if one.entry is not None:
            return self._room.with_key(one.entry)
        if one.place is Place.BUILT_IN:
            return one.config
        return next(config for config in self._settings.endpoints if config.name == one.config.name)

    async def _ask(self, config: EndpointConfig) -> Trial:
        http = HttpClient()
        began = perf_counter()
        try:
            async with asyncio.timeout(_WAIT_S):
                models = await adapter(config, http, self._clock).models()
        except TimeoutError:
            problem = f"{config.url} did not answer within {_WAIT_S:g} s; check the address and that the server runs"
            return _trial(began, problem=problem)
        except ProviderError as error:
            return _trial(began, reached=_answers(error), problem=f"{error}{_hint(config, error)}")
        except LoomError as error:
            return _trial(began, problem=str(error))
        finally:
            await http.aclose()
        return _trial(began, reached=True, models=models)


def _trial(
    began: float, *, reached: bool = False, models: tuple[str, ...] = (), problem: str | None = None
) -> Trial:
    return Trial(reached, round((perf_counter() - began) * 1000), models, problem)


def _answers(error: ProviderError) -> bool:
    """Some servers list no models, and answer all the same."""
    return error.fault is Fault.REFUSED and error.status in (404, 405, 501)


def _hint(config: EndpointConfig, error: ProviderError) -> str:
    if _answers(error):
        return "; if the address is right, name its models yourself"
    if error.fault is Fault.UNSENT and config.kind is EndpointKind.OLLAMA:
        return "; start it with `ollama serve`"
    if error.fault is Fault.MALFORMED:
        return "; is it another kind of endpoint?"
    return ""
