"""Money as integers of 1e-9 USD, so that sums are exact, and what a model charges; decimals only at the doors."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from loom.core.errors import Problem, UsageError

__all__ = ["MOST_USD", "NANO", "Price", "lost_words", "nano_usd", "show_paid", "show_usd", "unknown_words"]

NANO = 1_000_000_000
MOST_USD = 1_000_000_000
"""What a database's integers hold several times over."""

_PER = 1_000_000
_BYTES_PER_TOKEN_AT_WORST = 2
_DEFAULT_MAX_TOKENS = 4096


@dataclass(frozen=True, slots=True)
class Price:
    """What a model charges, in 1e-9 USD per million tokens."""

    input: int
    output: int
    cached: int | None = None
    """For input tokens the provider had cached; None means as `input`."""

    def cost(self, input_tokens: int, output_tokens: int, cached_tokens: int = 0) -> int:
        """What these tokens cost, in 1e-9 USD, rounded up; `cached_tokens` are among the input."""
        fresh = (input_tokens - cached_tokens) * self.input
        cached = cached_tokens * (self.input if self.cached is None else self.cached)
        return -(-(fresh + cached + output_tokens * self.output) // _PER)

    def worst(self, body_bytes: int, max_tokens: int | None) -> int:
        """An upper bound for a request of `body_bytes`: two bytes a token, and the whole answer that is allowed."""
        tokens = -(-body_bytes // _BYTES_PER_TOKEN_AT_WORST)
        return self.cost(tokens, max_tokens or _DEFAULT_MAX_TOKENS)


def nano_usd(amount: str | float | Decimal) -> int:
    """`amount` US dollars in units of 1e-9 USD, rounded up: a limit is never loosened by rounding a price.

    Raises:
        UsageError: when `amount` is not a number from 0 to a billion.
    """
    try:
        value = Decimal(str(amount))
    except InvalidOperation:
        value = Decimal("NaN")
    # Before it is scaled: 1e300000 has that many digits.
    if not value.is_finite() or not 0 <= value <= MOST_USD:
        remedy = f"give dollars, as in 0.50, at most {MOST_USD:,}"
        problem = Problem("is not an amount of money", value=amount, remedy=remedy)
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


def show_paid(nano: int, unpriced: int) -> str:
    """What was paid, for people, where `unpriced` attempts may have cost what nobody knows."""
    if not unpriced:
        return show_usd(nano)
    known = f"{show_usd(nano)} and " if nano else ""
    return f"{known}unknown, {unknown_words(unpriced)}"


def lost_words(attempts: int, nano: int) -> str:
    """`, of it $0.0016 for 4 calls that never came back`; nothing where that is no money."""
    if not nano:
        return ""
    return f", of it {show_usd(nano)} for {attempts:,} call{'s' * (attempts != 1)} that never came back"


def unknown_words(unpriced: int) -> str:
    """`1 attempt may have been paid`, `1,200 attempts may have been paid`."""
    return f"{unpriced:,} attempt{'s' * (unpriced != 1)} may have been paid"
