"""Every fault that `loom sim` can play, met by the OpenAI backend inside the retries."""

import pytest

from loom.calls.backend import Wire
from loom.calls.limits import Limiter, LimitKeys, retrying
from loom.calls.models import Message, ModelRequest, Role
from loom.calls.openai import OpenAIBackend
from loom.core.clock import SystemClock
from loom.core.errors import Fault, ProviderError
from loom.sim.faults import read_plan
from loom.sim.options import SimOptions
from loom.sim.server import serving

REQUEST = ModelRequest("sim-small", (Message.of(Role.USER, "Say hello."),), temperature=0.0)


class Impatient(SystemClock):
    """Notes how long it should have slept."""

    def __init__(self):
        self.slept = []

    async def sleep(self, seconds):
        self.slept.append(seconds)


async def play(fault, *, on_delta=None, timeout_s=10.0):
    """The answer, the faults on the way to it, and the waits."""
    clock, met = Impatient(), []
    async with serving(SimOptions(faults=read_plan({"seed": 1, "faults": [fault]}))) as server:
        backend = OpenAIBackend(server.url)

        async def attempt(number):
            try:
                wire = Wire(backend.encode(REQUEST), f"try-{number}", timeout_s)
                return backend.read(await backend.send(wire, on_delta))
            except ProviderError as error:
                met.append(error.fault)
                raise

        try:
            answer = await retrying(Limiter(clock), LimitKeys(backend.origin, "sim-small"), 10, attempt)
        finally:
            await backend.aclose()
    return answer, met, clock.slept


@pytest.mark.parametrize("on_delta", [None, lambda delta: None], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("429", Fault.THROTTLED),
        ("500", Fault.SERVER),
        ("502", Fault.SERVER),
        ("503", Fault.SERVER),
        ("529", Fault.SERVER),
        ("cut", Fault.NO_ANSWER),
        ("malformed", Fault.MALFORMED),
        ("error_200", Fault.SERVER),
        ("empty_choices", Fault.MALFORMED),
    ],
)
async def test_a_fault_is_met_once_and_then_there_is_an_answer(fault, kind, on_delta):
    answer, met, slept = await play({"name": fault, "first": 1}, on_delta=on_delta)
    assert answer.text
    assert met == [kind]
    assert len(slept) == 1


@pytest.mark.parametrize(
    ("form", "least", "most"),
    [("seconds", 1, 60), ("date", 0, 60), ("long", 89, 90), ("junk", 0.2, 0.5), ("absent", 0.2, 0.5)],
)
async def test_each_way_of_asking_for_a_wait_is_understood(form, least, most):
    _, met, slept = await play({"name": "429", "first": 1, "retry_after": form})
    assert met == [Fault.THROTTLED]
    assert least <= slept[0] <= most


@pytest.mark.parametrize("fault", ["missing_usage", "wrong_usage"])
async def test_usage_that_is_missing_or_wrong_is_unknown_and_costs_no_retry(fault):
    answer, met, _ = await play({"name": fault, "every": 1})
    assert answer.usage is None
    assert met == []


async def test_a_stall_ends_at_the_time_out_and_is_tried_again():
    answer, met, _ = await play({"name": "stall", "first": 1}, timeout_s=0.3)
    assert answer.text
    assert met == [Fault.NO_ANSWER]


async def test_a_rejected_parameter_is_named():
    with pytest.raises(ProviderError) as caught:
        await play({"name": "reject_param:temperature", "every": 1})
    assert (caught.value.fault, caught.value.parameter) == (Fault.PARAMETER, "temperature")
