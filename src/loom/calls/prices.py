"""What a model costs: the endpoint's own table, then the public one; unknown stays unknown, never zero.

Prices are linear in tokens. A model with tiers is priced at its lowest tier of context.
"""

from collections.abc import Mapping

from loom.calls.simulated.prices import PRICES as SIMULATED
from loom.core.money import Price, nano_usd

__all__ = ["find_price"]


def find_price(own: Mapping[str, Price], model: str, url: str | None) -> Price | None:
    """The price of `model` at `url`: from `own`, the simulated family's, or the public table; None when unknown."""
    return own.get(model) or SIMULATED.get(model) or _public_price(model, url)


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
