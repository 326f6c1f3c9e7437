"""The same suite with pydantic-evals and a pydantic-ai agent, as their documentation shows.

Usage: pydantic_evals_run.py PROMPTS URL MODEL
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel
from pydantic_ai import Agent, NativeOutput
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_evals import Case, Dataset
from pydantic_evals.evaluators import EqualsExpected, Evaluator, EvaluatorContext


class Sorted(BaseModel):
    """The output schema of Loom's worker."""

    category: Literal["billing", "delivery", "returns", "other"]
    urgency: Literal["low", "normal", "high"]


@dataclass
class FieldMatch(Evaluator[str, Sorted, None]):
    """The share of the fields that are as expected."""

    def evaluate(self, ctx: EvaluatorContext[str, Sorted, None]) -> float:
        """Compare field by field."""
        expected, output = dict(ctx.expected_output or ()), dict(ctx.output)
        return sum(output[name] == value for name, value in expected.items()) / len(expected)


def main(prompts: Path, url: str, model: str) -> None:
    """Evaluate, and print how many cases equal what is expected."""
    asked = json.loads(prompts.read_bytes())
    agent = Agent(
        OpenAIChatModel(model, provider=OpenAIProvider(base_url=url, api_key="none")),
        output_type=NativeOutput(Sorted),
        system_prompt=asked["system"],
        model_settings={"temperature": 0, "max_tokens": 200},
    )

    async def sort(message: str) -> Sorted:
        return (await agent.run(message)).output

    dataset = Dataset(
        name="bench",
        cases=[
            Case(name=case["name"], inputs=case["user"], expected_output=Sorted(**case["expected"]))
            for case in asked["cases"]
        ],
        evaluators=[EqualsExpected(), FieldMatch()],
    )
    report = dataset.evaluate_sync(sort, max_concurrency=64, progress=False)
    passed = sum(all(result.value for result in case.assertions.values()) for case in report.cases)
    print(json.dumps({"done": len(report.cases), "passed": passed}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
