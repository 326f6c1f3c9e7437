"""Which endpoint and model a call goes to, and one of everything that its calls share. Sends nothing itself.

Who asks may name the endpoint, the model, both or neither, and a tier:

1. the endpoint that is named;
2. else the one its tier is mapped to, the one that lists the model, the first that may have it, in this order;
3. else, with nothing configured, the embedded family.

The family is also always there: under its name, `simulated`, and under the names of its models, which no other endpoint
is asked for that does not list them.

Endpoints come from the settings, and after them from the address book, in which any process may write: it is read for
each question, so that a job starts with what holds then.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from loom.calls.adapters import adapter
from loom.calls.backend import Backend
from loom.calls.http import HttpClient
from loom.calls.limits import Limiter, LimitKeys, Limits
from loom.calls.path import Route
from loom.calls.prices import find_price
from loom.calls.simulated.sizes import EMBEDDED, SIZES, meant_for
from loom.core.clock import Clock
from loom.core.endpoint_config import EndpointConfig, EndpointKind, EndpointLimits, TierTarget
from loom.core.errors import Fault, Problem, ProviderError, UsageError
from loom.core.money import Price
from loom.core.settings import Settings
from loom.core.spelling import suggestion
from loom.core.worker_config import Tier

if TYPE_CHECKING:
    from loom.calls.book.models import Entry
    from loom.calls.book.stock import Stock, StockRoom

__all__ = ["Endpoints"]

_MOST_CONCURRENT = 1024
_MOST_SHOWN = 20
_FREE = Price(0, 0)
_CLOUD = "cloud"
"""How Ollama ends the names of models that it does not run itself."""


class Endpoints:
    """All endpoints of one event loop, with their HTTP client and their limiter."""

    def __init__(
        self, settings: Settings, clock: Clock, *, concurrency: int, book: "StockRoom | None" = None
    ) -> None:
        """`concurrency` is how many calls the owner makes at once: an endpoint that refuses none serves them all.

        Without a `book` there are those of the settings alone.
        """
        self.limiter = Limiter(clock, model_limits=self._limits)
        self._settings = settings
        self._clock = clock
        self._concurrency = concurrency
        self._book = book
        self._stock: Stock | None = None
        self._http = HttpClient()
        self._entries: dict[str, Entry] = {}
        self._by_name = _by_name((*settings.endpoints, EMBEDDED))
        self._tiers: Mapping[Tier, TierTarget] = settings.tiers
        self._otherwise: TierTarget | None = None
        self._backends: dict[str, Backend] = {}
        self._listed: dict[str, tuple[str, ...]] = {}

    async def all(self) -> tuple[EndpointConfig, ...]:
        """What can be asked: the settings', the book's, and last the embedded family. Those of the book without key."""
        await self._look()
        return self.known

    @property
    def known(self) -> tuple[EndpointConfig, ...]:
        """As `all`, as it was when anything was last asked here: a page has been, before it is drawn."""
        return tuple(self._by_name.values())

    async def connected(self) -> bool:
        """Whether any tier leads to more than the embedded family."""
        return any(target.endpoint != EMBEDDED.name for target in (await self.leads()).values())

    async def leads(self) -> dict[Tier, TierTarget]:
        """Where each tier leads for who names nothing else, without asking any endpoint for its models."""
        await self._look()
        first = next(iter(self._by_name.values()))
        found = {tier: self._target(tier) or TierTarget(first.name, "") for tier in Tier}
        return {
            tier: replace(target, model=self._known_model(target, tier)) for tier, target in found.items()
        }

    async def route(
        self, *, tier: Tier | None = None, model: str | None = None, endpoint: str | None = None
    ) -> Route:
        """Where calls go. Asks an endpoint for its models only when nothing else says which one is meant.

        Raises:
            UsageError: when there is no such endpoint or model, several models to choose from, or no key.
            ProviderError: when the endpoint's list of models is needed and cannot be had.
        """
        await self._look()
        target = self._target(tier)
        config = self._named(endpoint) if endpoint else self._chosen(model, target)
        if model is None and target and target.endpoint == config.name:
            model = target.model or None
        if model is None:
            model = await self._default_model(config, tier or Tier.STANDARD)
        if not config.may_serve(model):
            what = f"is not a model of endpoint '{config.name}'"
            remedy = suggestion(model, config.models, f"use one of {_shown(config.models)}")
            raise UsageError(Problem(what, field="model", value=model, remedy=remedy))
        return self._route(config, model)

    async def models(self, endpoint: str) -> tuple[str, ...]:
        """The models that `endpoint` itself lists, asked now or earlier in this process.

        Raises:
            UsageError: when there is no such endpoint, or no key.
            ProviderError: when its list cannot be had.
        """
        await self._look()
        return await self._list(self._named(endpoint))

    async def aclose(self) -> None:
        """Close the connections. Idempotent."""
        await self._http.aclose()

    async def _look(self) -> None:
        """Take over what changed in the book. Calls that are under way keep what they began with."""
        stock = await self._book.read() if self._book else None
        if stock is None or stock == self._stock:
            return
        entries = {one.config.name: one for one in stock.entries if one.enabled}
        before, self._entries, self._stock = self._entries, entries, stock
        of_book = (one.config for one in entries.values())
        self._by_name = _by_name((*self._settings.endpoints, *of_book, EMBEDDED))
        self._tiers = {**self._settings.tiers, **stock.tiers}
        self._otherwise = stock.otherwise
        for name in before.keys() | entries.keys():
            if before.get(name) != entries.get(name):
                self._backends.pop(name, None)
                self._listed.pop(name, None)
                self.limiter.forget(name)

    def _route(self, config: EndpointConfig, model: str) -> Route:
        return Route(
            self._backend(config),
            model,
            _price(config, model),
            LimitKeys(config.name, model),
            self.limiter,
            simulated=model in SIZES,
        )

    def _target(self, tier: Tier | None) -> TierTarget | None:
        return (self._tiers.get(tier) if tier else None) or self._otherwise

    def _known_model(self, target: TierTarget, tier: Tier) -> str:
        """What is asked there; empty when only the endpoint itself can say."""
        config = self._by_name.get(target.endpoint)
        if target.model or config is None:
            return target.model
        listed = config.models or self._listed.get(config.name, ())
        return self._wished_model(config, tier) or meant_for(tier, listed) or ""

    def _named(self, name: str) -> EndpointConfig:
        config = self._by_name.get(name)
        if config is None and self._stock and name in self._stock.switched_off:
            remedy = "switch it on in Settings"
            raise UsageError(Problem("is switched off", field="endpoint", value=name, remedy=remedy))
        if config is None:
            remedy = suggestion(name, self._by_name, f"use one of {_shown(tuple(self._by_name))}")
            raise UsageError(Problem("is not an endpoint", field="endpoint", value=name, remedy=remedy))
        return config

    def _chosen(self, model: str | None, target: TierTarget | None) -> EndpointConfig:
        mapped = self._named(target.endpoint) if target else None
        if model is None:
            return mapped or next(iter(self._by_name.values()))
        able = [config for config in self._by_name.values() if config.may_serve(model)]
        if mapped in able and (model not in SIZES or model in mapped.models):
            return mapped
        if not able:
            known = tuple(name for config in self._by_name.values() for name in config.models)
            remedy = suggestion(
                model, known, f"set OPENAI_API_KEY, or add its endpoint to {self._settings.config_path}"
            )
            raise UsageError(
                Problem("is not a model of any endpoint", field="model", value=model, remedy=remedy)
            )
        return min(able, key=lambda config: model not in config.models)

    async def _default_model(self, config: EndpointConfig, tier: Tier) -> str:
        wished = self._wished_model(config, tier)
        if wished:
            return wished
        listed = config.models or await self._list(config)
        if only := meant_for(tier, listed):
            return only
        what = f"has {len(listed)} models" + (f", among them {_shown(listed)}" if listed else "")
        raise UsageError(Problem(what, field=config.name, remedy="name one with --model"))

    def _wished_model(self, config: EndpointConfig, tier: Tier) -> str | None:
        """What single settings say of the endpoints that single settings define."""
        settings = self._settings
        if config.models:
            return None
        match config.name, config.kind:
            case ("openai" | "default", EndpointKind.OPENAI):
                return settings.openai_model
            case ("ollama", EndpointKind.OLLAMA):
                return settings.ollama_model
            case ("anthropic", EndpointKind.ANTHROPIC):
                return settings.frontier_model if tier is Tier.FRONTIER else settings.standard_model
            case _:
                return None

    async def _list(self, config: EndpointConfig) -> tuple[str, ...]:
        try:
            if config.name not in self._listed:
                self._listed[config.name] = await self._backend(config).models()
        except ProviderError as error:
            if error.fault not in (Fault.REFUSED, Fault.MALFORMED):
                raise
            what = f"does not list its models: {error}"
            raise UsageError(Problem(what, field=config.name, remedy="name one with --model")) from error
        return self._listed[config.name]

    def _backend(self, config: EndpointConfig) -> Backend:
        if config.name not in self._backends:
            entry = self._entries.get(config.name)
            if entry is not None and entry.config is config and self._book is not None:
                config = self._book.with_key(entry)
            self._backends[config.name] = adapter(config, self._http, self._clock)
        return self._backends[config.name]

    def _limits(self, endpoint: str, _model: str) -> Limits:
        config = self._by_name.get(endpoint)
        limits = config.limits if config else EndpointLimits()  # removed, and a job still uses it
        return Limits(
            limits.max_concurrent or _MOST_CONCURRENT,
            2 * self._concurrency,  # those on the wire and those journaled to follow them
            limits.requests_per_minute,
            limits.tokens_per_minute,
        )


def _by_name(configs: Iterable[EndpointConfig]) -> dict[str, EndpointConfig]:
    """Of two with one name the first holds."""
    found: dict[str, EndpointConfig] = {}
    for config in configs:
        found.setdefault(config.name, config)
    return found


def _shown(names: tuple[str, ...]) -> str:
    more = len(names) - _MOST_SHOWN
    return ", ".join(names[:_MOST_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _price(config: EndpointConfig, model: str) -> Price | None:
    """Ollama charges nothing for what runs on one's own machine."""
    local = config.kind is EndpointKind.OLLAMA and not model.endswith(_CLOUD)
    if local and model not in config.prices and model not in SIZES:
        return _FREE
    return find_price(config.prices, model, config.url)
