"""What the calls room finds again: answers received for executions that were interrupted."""

import pytest

from loom.calls.scripted import ScriptedBackend
from loom.calls.store import AttemptState, answered_calls, mark_unknown, open_attempt
from loom.calls.tables import attempt
from loom.core.errors import Fault, ProviderError
from loom.core.ids import ExecutionId, new_id

NONSENSE = ProviderError("nonsense", Fault.MALFORMED)


async def test_answers_given_to_an_execution_are_found_by_the_key_of_what_was_asked(caller, database):
    one = await caller(ScriptedBackend(lambda request: request.messages[0].text))
    wanted = [one.want(text) for text in ("first", "second")]
    served = [await one.path.call(each) for each in wanted]
    await one.money()
    found = database.read_now(lambda c: answered_calls(c, [each.execution for each in wanted]))
    assert found.keys() == {each.execution for each in wanted}
    for each, given in zip(wanted, served, strict=True):
        [(key, stored)] = found[each.execution].items()
        assert (key, stored.call.id, stored.attempt) == (each.key, given.call, given.attempt)
        assert one.path.route.backend.read(stored.received) == given.answer


async def test_bytes_that_were_no_answer_are_not_found(caller, database):
    one = await caller(ScriptedBackend(NONSENSE), tries=1)
    wanted = one.want()
    with pytest.raises(ProviderError):
        await one.path.call(wanted)
    await one.money()
    assert database.read_now(lambda c: answered_calls(c, [wanted.execution])) == {}


async def test_executions_are_looked_up_in_any_number(caller, database):
    one = await caller(ScriptedBackend())
    wanted = one.want()
    await one.path.call(wanted)
    await one.money()
    strangers = [ExecutionId(new_id()) for _ in range(1100)]
    found = database.read_now(lambda c: answered_calls(c, iter([*strangers, wanted.execution])))
    assert found.keys() == {wanted.execution}


async def test_a_try_left_open_whose_price_is_unknown_stays_of_unknown_cost(caller, database, rows):
    one = await caller(ScriptedBackend(), price=None)
    await database.writer.commit(
        open_attempt(new_id(), new_id(), one.account, 1, 1, AttemptState.OPEN, None, 0),
    )
    await database.writer.commit(mark_unknown(one.account, 2, 99))
    assert [(row.state, row.cost_nano) for row in rows(database, attempt)] == [("unknown", None)]
