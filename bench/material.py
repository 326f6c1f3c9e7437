"""Writes what is evaluated: a suite for Loom, and the same prompts for the peers."""

import json
import random
from dataclasses import dataclass
from pathlib import Path

import yaml

from bench.simulator import ANSWER

__all__ = ["MAX_TOKENS", "WORKER", "Material", "passing", "write_material"]

WORKER = Path(__file__).with_name("worker.yaml")
MAX_TOKENS = 200
_WRONG_EVERY = 5
_TEXT_CHARS = 280
_WORDS = (
    "kettle",
    "parcel",
    "refund",
    "invoice",
    "yesterday",
    "courier",
    "address",
    "voucher",
    "broken",
    "money",
)


@dataclass(frozen=True, slots=True)
class Material:
    """The files of one suite."""

    size: int
    suite: Path
    prompts: Path
    """`{"system", "schema", "cases": [{"name", "user", "expected"}]}`: what Loom's worker makes of the suite."""


def write_material(folder: Path, size: int, *, first: int = 0) -> Material:
    """A suite of `size` distinct cases of about 300 bytes, from number `first`. The answer is wrong for every fifth."""
    cases = [_case(number) for number in range(first, first + size)]
    found = Material(size, folder / f"suite-{size}.json", folder / f"prompts-{size}.json")
    suite = {"name": f"bench-{size}", "scorers": ["field_match", "exact_match"], "cases": cases}
    found.suite.write_text(json.dumps(suite), encoding="utf-8")
    asked = [
        {
            "name": case["name"],
            "user": json.dumps(case["input"], indent=2),
            "expected": case["expected_output"],
        }
        for case in cases
    ]
    worker = yaml.safe_load(WORKER.read_text(encoding="utf-8"))
    prompts = {"system": worker["system_prompt"], "schema": worker["output_schema"], "cases": asked}
    found.prompts.write_text(json.dumps(prompts), encoding="utf-8")
    return found


def passing(size: int) -> int:
    """How many cases of a suite of that size pass."""
    return size - size // _WRONG_EVERY


def _case(number: int) -> dict[str, object]:
    words = random.Random(number)
    text = f"Message {number}:"
    while len(text) < _TEXT_CHARS:
        text += f" {words.choice(_WORDS)}"
    expected = json.loads(ANSWER)
    if number % _WRONG_EVERY == _WRONG_EVERY - 1:
        expected["urgency"] = "normal"
    return {"name": f"case-{number}", "input": {"text": text}, "expected_output": expected}
