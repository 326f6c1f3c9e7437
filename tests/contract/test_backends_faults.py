"""Every fault that `loom sim` can play, met by each backend inside the retries, in each API's own words."""

import pytest
from backend_subjects import OVER_HTTP, against_loom_sim

from loom.calls.backend import Wire
from loom.calls.limits import Limiter, LimitKeys, Retrying
from loom.calls.models import Message, ModelRequest, Role
from loom.core.clock import SystemClock
from loom.core.errors import Fault, ProviderError
from loom.sim.faults import read_plan
from loom.sim.options import SimOptions

REQUEST = ModelRequest("sim-small", (Message.of(Role.USER, "Say hello."),), temperature=0.0)
MODES = pytest.mark.parametrize("on_delta", [None, lambda _: None], ids=["whole", "streamed"])


class Impatient(SystemClock):
    """Notes how long it should have slept."""

    def __init__(self):
        self.slept = []

    async def sleep(self, seconds):
        self.slept.append(seconds)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=OVER_HTTP)
def play(request):
    """The answer, the faults on the way to it, and the waits."""

    async def play(fault, *, on_delta=None, timeout_s=10.0):
        clock, met = Impatient(), []
        options = SimOptions(faults=read_plan({"seed": 1, "faults": [fault]}))
        async with against_loom_sim(request.param, options) as subject:
            backend = subject.backend

            async def attempt(number):
                try:
                    wire = Wire(backend.encode(REQUEST), f"try-{number}", timeout_s)
                    return backend.read(await backend.send(wire, on_delta))
                except ProviderError as error:
                    met.append(error.fault)
                    raise

            answer = await Retrying(Limiter(clock), LimitKeys(backend.origin, "sim-small")).call(10, attempt)
        return answer, met, clock.slept

    return play


@MODES
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
async def test_a_fault_is_met_once_and_then_there_is_an_answer(play, fault, kind, on_delta):
    answer, met, slept = await play({"name": fault, "first": 1}, on_delta=on_delta)
    assert answer.text
    assert met == [kind]
    assert len(slept) == 1


@pytest.mark.parametrize(
    ("on_delta", "kind"), [(None, Fault.SERVER), (lambda _: None, Fault.NO_ANSWER)], ids=["whole", "streamed"]
)
async def test_an_error_after_the_first_words_may_have_been_charged(play, on_delta, kind):
    answer, met, _ = await play({"name": "error_in_stream", "first": 1}, on_delta=on_delta)
    assert answer.text
    assert met == [kind]


@pytest.mark.parametrize(
    ("form", "least", "most"),
    [("seconds", 1, 60), ("date", 0, 60), ("long", 89, 90), ("junk", 0.2, 0.5), ("absent", 0.2, 0.5)],
)
async def test_each_way_of_asking_for_a_wait_is_understood(play, form, least, most):
    _, met, slept = await play({"name": "429", "first": 1, "retry_after": form})
    assert met == [Fault.THROTTLED]
    assert least <= slept[0] <= most


@MODES
@pytest.mark.parametrize("fault", ["missing_usage", "wrong_usage"])
async def test_usage_that_is_missing_or_wrong_is_unknown_and_costs_no_retry(play, fault, on_delta):
    answer, met, _ = await play({"name": fault, "every": 1}, on_delta=on_delta)
    assert answer.usage is None
    assert met == []


async def test_a_stall_ends_at_the_time_out_and_is_tried_again(play):
    answer, met, _ = await play({"name": "stall", "first": 1}, timeout_s=0.3)
    assert answer.text
    assert met == [Fault.NO_ANSWER]


async def test_a_rejected_parameter_is_named(play):
    with pytest.raises(ProviderError) as caught:
        await play({"name": "reject_param:temperature", "every": 1})
    assert (caught.value.fault, caught.value.parameter) == (Fault.PARAMETER, "temperature")


@pytest.mark.parametrize("kind", OVER_HTTP)
async def test_a_wrong_key_pauses_and_is_not_shown(kind):
    async with against_loom_sim(kind, SimOptions(require_key="another")) as subject:
        with pytest.raises(ProviderError, match="check the key") as caught:
            await subject.backend.send(Wire(subject.backend.encode(REQUEST), "try", 9.0))
        with pytest.raises(ProviderError) as listing:
            await subject.backend.models()
    assert {caught.value.fault, listing.value.fault} == {Fault.UNAUTHORIZED}
    assert "sk-contract-secret" not in str(caught.value)


@pytest.mark.parametrize("kind", OVER_HTTP)
async def test_an_unknown_model_is_refused_by_its_name(kind):
    async with against_loom_sim(kind) as subject:
        body = subject.backend.encode(ModelRequest("none-such", REQUEST.messages))
        with pytest.raises(ProviderError, match="none-such") as caught:
            await subject.backend.send(Wire(body, "try", 9.0))
    assert caught.value.fault is Fault.REFUSED
