"""What the simulated family charges: the same table for the server's bill and for the client's ledger."""

from dataclasses import dataclass

from loom.core.money import nano_usd

__all__ = ["PRICES", "Price", "cost_nano_usd"]

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """Nano-USD per million tokens."""

    input_nano_usd: int
    output_nano_usd: int


PRICES: dict[str, Price] = {
    "sim-small": Price(nano_usd("0.05"), nano_usd("0.20")),
    "sim-medium": Price(nano_usd("0.40"), nano_usd("1.60")),
    "sim-large": Price(nano_usd("2.50"), nano_usd("10.00")),
}


def cost_nano_usd(model: str, input_tokens: int, output_tokens: int) -> int:
    """What `model` charges for these tokens; a snapshot name such as `sim-small-1` counts as its family member.

    Raises:
        KeyError: for a model outside the family.
    """
    price = PRICES[model if model in PRICES else model.rsplit("-", 1)[0]]
    total = price.input_nano_usd * input_tokens + price.output_nano_usd * output_tokens
    return -(-total // _MILLION)
