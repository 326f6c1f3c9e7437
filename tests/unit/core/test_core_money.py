"""Amounts of money, as people write them."""

import time

import pytest

from loom.core.errors import UsageError
from loom.core.money import nano_usd


def test_an_amount_is_rounded_up_so_that_no_limit_is_loosened() -> None:
    assert nano_usd("0.50") == 500_000_000
    assert nano_usd("0.0000000001") == 1


@pytest.mark.parametrize("amount", ["", "ten", "-1", "nan", "inf", "1e10", "1e30", "1e300000", "1e1000000"])
def test_what_is_no_amount_is_refused_at_once(amount: str) -> None:
    begun = time.monotonic()
    with pytest.raises(UsageError, match="not an amount of money"):
        nano_usd(amount)
    assert time.monotonic() - begun < 0.1
