"""What a model costs: the endpoint's own table, then the public one; unknown stays unknown, never zero.

Prices are linear in tokens. A model with tiers is priced at its lowest tier of context.
"""

from dataclasses import dataclass
from math import ceil

from loom.calls.models import Usage
from loom.calls.simulated.prices import PRICES as SIMULATED
from loom.core.money import nano_usd

__all__ = ["Price", "find_price"]

_PER = 1_000_000
_BYTES_PER_TOKEN_AT_WORST = 2
_DEFAULT_MAX_TOKENS = 4096


@dataclass(frozen=True, slots=True)
class Price:
    """1e-9 USD per million tokens."""

    input: int
    output: int
    cached: int | None = None
    """For input tokens the provider had cached; None means as `input`."""

    def cost(self, usage: Usage) -> int:
        """What `usage` costs, in 1e-9 USD, rounded up."""
        fresh = usage.input_tokens - usage.cached_tokens
        cached = usage.cached_tokens * (self.input if self.cached is None else self.cached)
        return ceil((fresh * self.input + cached + usage.output_tokens * self.output) / _PER)

    def worst(self, body_bytes: int, max_tokens: int | None) -> int:
        """An upper bound for a request of `body_bytes`: two bytes a token, and the whole answer that is allowed."""
        tokens = ceil(body_bytes / _BYTES_PER_TOKEN_AT_WORST)
        return ceil((tokens * self.input + (max_tokens or _DEFAULT_MAX_TOKENS) * self.output) / _PER)


def find_price(own: dict[str, Price], model: str, url: str | None) -> Price | None:
    """The price of `model` at `url`: from `own`, the simulated family's, or the public table; None when unknown."""
    if model in own:
        return own[model]
    if model in SIMULATED:
        price = SIMULATED[model]
        return Price(price.input_nano_usd, price.output_nano_usd)
    return _public_price(model, url)


def _public_price(model: str, url: str | None) -> Price | None:
    import genai_prices  # half a second of processor time, so only for models that need it

    def dollars_per_million(**tokens: int) -> int:
        usage = genai_prices.Usage(**tokens)
        return nano_usd(genai_prices.calc_price(usage, model, provider_api_url=url).total_price * 1000)

    try:
        return Price(
            input=dollars_per_million(input_tokens=1000),
            output=dollars_per_million(output_tokens=1000),
            cached=dollars_per_million(input_tokens=1000, cache_read_tokens=1000),
        )
    except (LookupError, ValueError):
        return None
