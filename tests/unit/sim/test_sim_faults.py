"""Fault plans: what they accept, and when they strike."""

from pathlib import Path

import pytest

from loom.core.errors import ConfigError
from loom.sim.faults import Fault, FaultChooser, FaultPlan, load_plan, read_plan
from loom.sim.limiter import Limiter


def strikes(fault: Fault, count: int, seed: int = 0) -> list[bool]:
    chooser = FaultChooser(FaultPlan((fault,), seed))
    return [chooser.choose(f"{number:064x}", ()) is not None for number in range(count)]


def test_every_third_request_is_struck() -> None:
    assert strikes(Fault("500", every=3), 6) == [False, False, True, False, False, True]


def test_luck_repeats_with_its_seed_and_keeps_its_rate() -> None:
    fault = Fault("500", probability=0.3)
    assert strikes(fault, 1000, seed=5) == strikes(fault, 1000, seed=5) != strikes(fault, 1000, seed=6)
    assert 250 < sum(strikes(fault, 1000)) < 350


def test_the_first_fault_of_the_plan_wins() -> None:
    chooser = FaultChooser(FaultPlan((Fault("503", every=2), Fault("stall", every=1))))
    names = [fault.name for _ in range(4) if (fault := chooser.choose("0" * 64, ()))]
    assert names == ["stall", "503", "stall", "503"]


def test_a_plan_survives_json() -> None:
    plan = FaultPlan(
        (Fault("429", probability=0.5, retry_after="date"), Fault("reject_param", every=1, parameter="seed")),
        9,
    )
    assert read_plan(plan.as_json()) == plan


def test_a_parameter_may_be_written_after_the_name() -> None:
    (fault,) = read_plan({"faults": [{"name": "reject_param:top_p", "every": 1}]}).faults
    assert (fault.name, fault.parameter) == ("reject_param", "top_p")


def test_a_file_gives_every_problem_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text(
        "faults:\n- {name: '500'}\n- {name: thunder, every: 1}\n- {name: '429', first: -1, colour: red}\n- 7\n"
    )
    with pytest.raises(ConfigError) as caught:
        load_plan(path)
    text = str(caught.value)
    for part in (str(path), "faults[0]", "trigger", "thunder", "faults[2].first", "colour", "faults[3]"):
        assert part in text


@pytest.mark.parametrize("content", ["[1, 2]", "faults: 7", "faults: [", "seed: x"])
def test_what_is_no_plan_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text(content)
    with pytest.raises(ConfigError, match=r"faults\.yaml"):
        load_plan(path)


def test_a_rate_is_refilled_by_time() -> None:
    now = [0.0]
    limiter = Limiter(requests_per_s=2, max_concurrent=None, monotonic=lambda: now[0])
    assert [limiter.enter() for _ in range(3)] == [None, None, 1]
    now[0] = 0.5
    assert [limiter.enter() for _ in range(2)] == [None, 1]


def test_leaving_makes_room() -> None:
    limiter = Limiter(requests_per_s=None, max_concurrent=1)
    assert [limiter.enter(), limiter.enter()] == [None, 1]
    limiter.leave()
    assert limiter.enter() is None


@pytest.mark.parametrize(
    "wrong",
    ["probability: 2", "every: 2.5", "every: 0", "first: -1", "every: 1, delay_s: 1e9"],
)
def test_a_number_that_means_nothing_is_told_with_its_line(tmp_path: Path, wrong: str) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(f"seed: 1\nfaults:\n- {{name: '500', {wrong}}}\n")
    with pytest.raises(ConfigError, match=r"plan\.yaml:3:\d+: 'faults\[0\]"):
        load_plan(path)


def test_an_unknown_key_of_a_plan_is_told(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text("faults: []\nfault: []\n")
    with pytest.raises(ConfigError, match=r"plan\.yaml:2:\d+: 'fault' is not a key of a fault plan"):
        load_plan(tmp_path / "plan.yaml")
