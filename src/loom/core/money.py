"""Money as integers of 1e-9 USD, so that sums are exact; decimals only at the doors."""

from decimal import Decimal, InvalidOperation

from loom.core.errors import Problem, UsageError

__all__ = ["NANO", "nano_usd", "show_usd"]

NANO = 1_000_000_000


def nano_usd(amount: str | float | Decimal) -> int:
    """`amount` US dollars in units of 1e-9 USD, rounded up: a limit is never loosened by rounding a price.

    Raises:
        UsageError: when `amount` is not a finite number of at least 0.
    """
    try:
        value = Decimal(str(amount))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value < 0:
        problem = Problem("is not an amount of money", value=amount, remedy="give dollars, as in 0.50")
        raise UsageError(problem)
    scaled = value * NANO
    return int(scaled.to_integral_value(rounding="ROUND_CEILING"))


def show_usd(nano: int | None) -> str:
    """`nano` for people: `$0.00039`, `$1.20`; `unknown` for None."""
    if nano is None:
        return "unknown"
    if nano == 0:
        return "$0"
    dollars = Decimal(nano) / NANO
    digits = 2 if dollars >= 1 else max(2, 1 - dollars.adjusted())
    return f"${dollars:.{digits}f}"
