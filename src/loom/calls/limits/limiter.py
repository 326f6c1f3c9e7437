"""The one limiter of all calls: two scopes and a breaker. Knows no provider and no request.

A call enters its tier, then its endpoint and model, and then passes the endpoint's breaker.
"""

from collections.abc import Callable
from dataclasses import dataclass

from loom.calls.limits.breaker import Breaker, BreakerPolicy
from loom.calls.limits.gate import Gate, Limits
from loom.core.clock import Clock
from loom.core.errors import Fault, ProviderError

__all__ = ["MAY_BE_PAID", "LimitKeys", "Limiter", "Permit", "ScopeView"]

MAY_BE_PAID = (Fault.NO_ANSWER, Fault.MALFORMED)
"""Faults of tries that the provider may have charged for."""


@dataclass(frozen=True, slots=True)
class LimitKeys:
    """What a call is limited by."""

    endpoint: str
    model: str
    tier: str | None = None


@dataclass(frozen=True, slots=True)
class ScopeView:
    """How an endpoint's model stands, for people who watch."""

    endpoint: str
    model: str
    in_flight: int
    waiting: int
    limit: int
    down: bool
    """Whether the endpoint's breaker is open."""


@dataclass(frozen=True, slots=True)
class _Route:
    breaker: Breaker
    tier: Gate | None
    model: Gate

    def leave(self) -> None:
        self.model.leave()
        if self.tier is not None:
            self.tier.leave()

    def correct(self, more_tokens: int) -> None:
        self.model.correct(more_tokens)
        if self.tier is not None:
            self.tier.correct(more_tokens)


class Permit:
    """The right to one try. One of `succeeded`, `failed` and `abandoned` is called, once."""

    __slots__ = ("_began", "_clock", "_looks", "_round", "_route", "_tokens")

    def __init__(self, route: _Route, tokens: int, clock: Clock, *, looks: bool) -> None:
        self._route = route
        self._clock = clock
        self._began = clock.monotonic()
        self._tokens = tokens
        self._looks = looks
        self._round = route.model.aimd.round

    @property
    def down(self) -> bool:
        """Whether the endpoint is held to be down."""
        return self._route.breaker.open

    def succeeded(self) -> None:
        """The try brought an answer."""
        route = self._route
        route.breaker.answered()
        route.model.succeeded(self._round, self._clock.monotonic() - self._began)
        route.leave()

    def failed(self, error: ProviderError) -> None:
        """The try failed as `error` says."""
        route = self._route
        if error.fault is Fault.THROTTLED:
            route.model.aimd.throttled(self._round)
        if error.fault not in MAY_BE_PAID:
            route.correct(-self._tokens)
        route.breaker.failed(error, looked=self._looks)
        route.leave()

    def abandoned(self) -> None:
        """The try was cancelled, or failed for a reason that says nothing of the endpoint."""
        self._route.breaker.abandoned(looked=self._looks)
        self._route.leave()


class Limiter:
    """Hands out permits. One per event loop; a restart learns everything in it anew."""

    def __init__(
        self,
        clock: Clock,
        *,
        model_limits: Callable[[str, str], Limits] = lambda _endpoint, _model: Limits(),
        tier_limits: Callable[[str], Limits] = lambda _tier: Limits(),
        breaker: BreakerPolicy | None = None,
    ) -> None:
        """The functions give what is configured for an endpoint's model and for a tier."""
        self.clock = clock
        self._model_limits = model_limits
        self._tier_limits = tier_limits
        self._policy = breaker or BreakerPolicy()
        self._routes: dict[LimitKeys, _Route] = {}
        self._breakers: dict[str, Breaker] = {}
        self._tiers: dict[str, Gate] = {}
        self._models: dict[tuple[str, str], Gate] = {}

    def try_acquire(self, keys: LimitKeys, tokens: int) -> Permit | None:
        """A permit, if one is free now and nobody waits for it."""
        route = self._route(keys)
        tier, model = route.tier, route.model
        if route.breaker.open or not model.is_free(tokens) or not (tier is None or tier.is_free(tokens)):
            return None
        if tier is not None:
            tier.admit(tokens)
        model.admit(tokens)
        return Permit(route, tokens, self.clock, looks=False)

    async def acquire(
        self, keys: LimitKeys, tokens: int, *, fresh: bool = True, hurried: bool = False
    ) -> Permit:
        """Wait for a permit. `tokens` is an estimate, which `correct` mends; `fresh` is a call's first try.

        Raises:
            ProviderError: when the endpoint has been down for too long; `hurried`, when the look under way finds it so.
        """
        route = self._route(keys)
        if route.tier is not None:
            await route.tier.enter(tokens)
        try:
            await route.model.enter(tokens)
        except BaseException:
            if route.tier is not None:
                route.tier.leave()
            raise
        try:
            looks = await route.breaker.pass_through(fresh=fresh, hurried=hurried)
        except BaseException:
            route.correct(-tokens)
            route.leave()
            raise
        return Permit(route, tokens, self.clock, looks=looks)

    def correct(self, keys: LimitKeys, estimated: int, used: int) -> None:
        """A call that was let in for `estimated` tokens used `used`."""
        self._route(keys).correct(used - estimated)

    def forget(self, endpoint: str) -> None:
        """Learn anew what `endpoint` allows: it was changed. Permits that are out find their way back."""
        self._breakers.pop(endpoint, None)
        for keys in [keys for keys in self._routes if keys.endpoint == endpoint]:
            del self._routes[keys]
            self._models.pop((endpoint, keys.model), None)

    def view(self) -> tuple[ScopeView, ...]:
        """Every model in use."""
        return tuple(
            ScopeView(
                endpoint, model, gate.in_flight, gate.waiting, gate.aimd.limit, self._breakers[endpoint].open
            )
            for (endpoint, model), gate in self._models.items()
        )

    def _route(self, keys: LimitKeys) -> _Route:
        found = self._routes.get(keys)
        if found is None:
            found = self._routes[keys] = _Route(self._breaker(keys), self._tier(keys), self._model(keys))
        return found

    def _breaker(self, keys: LimitKeys) -> Breaker:
        if keys.endpoint not in self._breakers:
            self._breakers[keys.endpoint] = Breaker(keys.endpoint, self._policy, self.clock)
        return self._breakers[keys.endpoint]

    def _tier(self, keys: LimitKeys) -> Gate | None:
        if keys.tier is None:
            return None
        if keys.tier not in self._tiers:
            self._tiers[keys.tier] = Gate(self._tier_limits(keys.tier), self.clock, learns=False)
        return self._tiers[keys.tier]

    def _model(self, keys: LimitKeys) -> Gate:
        key = (keys.endpoint, keys.model)
        if key not in self._models:
            self._models[key] = Gate(self._model_limits(*key), self.clock, learns=True)
        return self._models[key]
