"""What a number may be is the same at the terminal, over REST and in forms."""

import re
from functools import reduce
from typing import Any

import pytest
import typer

from loom.cli.main import app
from loom.core.bounds import CASES, DAYS, IN_FLIGHT, REPETITIONS, RESULTS, Bounds
from loom.core.money import MOST_USD

EVALUATE = "/workers/classifier/eval"
EVERYWHERE = [
    (REPETITIONS, "eval repeat", "EvaluationIn.repetitions", f"{EVALUATE} repetitions"),
    (IN_FLIGHT, "eval concurrency", "EvaluationIn.concurrency", f"{EVALUATE} concurrency"),
    (CASES, "eval limit", "EvaluationIn.limit", f"{EVALUATE} limit"),
    (IN_FLIGHT, "rescore concurrency", "RescoreIn.concurrency", None),
    (IN_FLIGHT, "eval concurrency", "ResumeIn.concurrency", None),
    (RESULTS, "rag search limit", "QuestionIn.limit", "/rag/search limit"),
    *(
        (
            DAYS,
            f"prune {kind}_older_than",
            f"SettingsIn.retention_{name}_days",
            f"/settings/retention retention_{name}_days",
        )
        for kind, name in (("tests", "test"), ("runs", "run"), ("audit", "audit"))
    ),
]


def at_the_terminal(path: str) -> Bounds:
    *names, wanted = path.split()
    found = reduce(lambda group, name: group.commands[name], names, typer.main.get_command(app))
    [option] = [one for one in found.params if one.name == wanted]
    return Bounds(option.type.min, option.type.max)


def over_rest(described: dict[str, Any], path: str) -> Bounds:
    model, _, field = path.partition(".")
    spec = described["components"]["schemas"][model]["properties"][field]
    spec = next((one for one in spec.get("anyOf", ()) if one.get("type") != "null"), spec)
    return Bounds(spec["minimum"], spec["maximum"])


@pytest.mark.parametrize(("bounds", "terminal", "rest", "form"), EVERYWHERE)
async def test_every_door_takes_the_same(
    visitor, bounds: Bounds, terminal: str, rest: str | None, form: str | None
) -> None:
    assert at_the_terminal(terminal) == bounds
    if rest is not None:
        assert over_rest((await visitor.get("/api/v1/openapi.json")).json(), rest) == bounds
    if form is not None:
        page, _, name = form.rpartition(" ")
        [field] = re.findall(rf'<input id="[^"]*" name="{name}"[^>]*>', (await visitor.get(page)).text)
        assert f'min="{bounds.least}" max="{bounds.most}"' in field


@pytest.mark.parametrize(
    ("name", "bounds"), [("repetitions", REPETITIONS), ("concurrency", IN_FLIGHT), ("limit", CASES)]
)
async def test_the_form_refuses_what_no_door_takes(visitor, name: str, bounds: Bounds) -> None:
    for value in (bounds.least - 1, bounds.most + 1):
        answer = await visitor.post(f"{EVALUATE}/run", 400, suite="classifier", **{name: str(value)})
        assert f"give a number from {bounds.least:,} to {bounds.most:,}" in answer.text


async def test_budgets_end_at_one_amount_everywhere(visitor) -> None:
    described = (await visitor.get("/api/v1/openapi.json")).json()
    for path in ("EvaluationIn.budget_usd", "RescoreIn.budget_usd", "BudgetIn.budget_usd"):
        assert over_rest(described, path) == (0, MOST_USD)
    answer = await visitor.post(f"{EVALUATE}/run", 400, suite="classifier", budget_usd=str(MOST_USD + 1))
    assert "is not an amount of money" in answer.text


async def test_a_run_of_more_executions_than_can_be_counted_is_refused(visitor, tmp_path) -> None:
    cases = "".join(f"- {{name: c{number}, input: {{text: x{number}}}}}\n" for number in range(2_001))
    answer = await visitor.post(f"{EVALUATE}/run", 400, test_suite=cases, repetitions=str(REPETITIONS.most))
    assert "would be 2,001,000,000 executions" in answer.text
