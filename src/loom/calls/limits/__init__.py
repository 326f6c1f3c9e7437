"""How fast calls may go: adaptive concurrency, windows per minute, a breaker, and the retries inside them."""

from loom.calls.limits.breaker import BreakerPolicy
from loom.calls.limits.gate import Limits
from loom.calls.limits.limiter import Limiter, LimitKeys, Permit, ScopeView
from loom.calls.limits.retry import WATCHED, Retrying, RetryPolicy

__all__ = [
    "WATCHED",
    "BreakerPolicy",
    "LimitKeys",
    "Limiter",
    "Limits",
    "Permit",
    "RetryPolicy",
    "Retrying",
    "ScopeView",
]
