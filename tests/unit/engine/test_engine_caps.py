"""A capped key at the bench: what it tests is paid within its cap, and only where the price is known."""

import pytest

from loom.access.keys import NewKey
from loom.access.models import LOCAL, Credentials, Role
from loom.access.service import Access, AccessSecrets
from loom.calls.scripted import ScriptedBackend
from loom.core.clock import SystemClock
from loom.core.errors import LimitError
from loom.core.money import Price
from loom.engine.bench import TestBench, TestWish
from loom.engine.spending import Spending

LABEL = '{"label":"bug"}'
PRICE = Price(input=0, output=1_000_000)
DEAR = Price(input=1_000_000_000, output=1_000_000_000)


@pytest.fixture
async def capped(database, route_to, looking, tmp_path):
    """Tests the labeller with a key that has a cap."""
    access = Access(database, SystemClock(), AccessSecrets(tmp_path))
    made = await access.keys.add(NewKey("ci", Role.RUN, cap_nano=10_000), LOCAL)
    key = await access.identify(Credentials(bearer=made.secret))

    async def test(price, **options):
        route = route_to(ScriptedBackend(LABEL), price)
        wish = TestWish("labeller", looking.task, {"text": "it broke"}, route, **options)
        return await TestBench(database, SystemClock()).test(wish, key)

    return test


async def test_what_a_key_tests_is_counted_against_its_cap(capped, database) -> None:
    for spent in (1, 2):
        assert (await capped(PRICE, use_cache=False)).success
        (told,) = (await Spending(database, SystemClock()).by_key()).values()
        assert (told.spent_nano, told.held_nano) == (spent, 0)


async def test_a_model_without_a_price_is_refused_before_anything_is_sent(capped) -> None:
    with pytest.raises(LimitError, match="price of 'm' is unknown"):
        await capped(None)


async def test_a_call_that_could_cost_more_than_the_cap_is_not_sent_and_blocks_nothing(capped) -> None:
    with pytest.raises(LimitError, match="no room for another call"):
        await capped(DEAR)
    assert (await capped(PRICE)).success
