"""What the simulated family charges: the same table for the server's bill and for the client's ledger."""

from loom.core.money import Price, nano_usd

__all__ = ["PRICES", "cost_nano_usd"]

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
    return price.cost(input_tokens, output_tokens)
