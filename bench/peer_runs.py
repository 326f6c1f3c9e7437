"""The evaluation tools that Loom is compared with, on the same prompts, server and cases in flight.

Each does what Loom does to an answer: checks it against the schema, compares it whole and field by field.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.child import Measured, bare_environment, measured
from bench.contestants import IN_FLIGHT, checked
from bench.material import MAX_TOKENS, Material, passing
from bench.peer_tools import peer_python, promptfoo_command
from bench.simulator import MODEL, Simulator

__all__ = ["Contestant", "promptfoo", "pydantic_evals"]

Json = dict[str, Any]
Contestant = Callable[[Material], Measured]
_PROGRAM = Path(__file__).parent / "peers" / "pydantic_evals_run.py"
_PROMPTFOO_SETTINGS = {
    "PROMPTFOO_DISABLE_TELEMETRY": "1",
    "PROMPTFOO_DISABLE_UPDATE": "1",
    "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1",
    "PROMPTFOO_FAILED_TEST_EXIT_CODE": "0",
}


def pydantic_evals(folder: Path, sim: Simulator) -> Contestant:
    """A dataset, an agent with a typed output, `EqualsExpected`, and an evaluator of the fields.

    Raises:
        MissingPeerError: when it cannot be installed.
    """
    python = peer_python()

    def run(material: Material) -> Measured:
        command = [python, str(_PROGRAM), str(material.prompts), sim.api, MODEL]
        took = measured(command, bare_environment(folder))
        wanted = {"done": material.size, "passed": passing(material.size)}
        return checked(took, holds=json.loads(took.output) == wanted)

    return run


def promptfoo(folder: Path, sim: Simulator) -> Contestant:
    """`promptfoo eval` with `is-json`, `equals` and a `javascript` assertion of the fields; its cache is off.

    It keeps its results in a database of its own, whose schema a first run makes.

    Raises:
        MissingPeerError: when it cannot be installed.
    """
    command = [*promptfoo_command(), "eval", "--no-cache", "--no-table", "--no-progress-bar"]
    env = bare_environment(folder, PROMPTFOO_CONFIG_DIR=str(folder / "promptfoo"), **_PROMPTFOO_SETTINGS)

    def run(material: Material) -> Measured:
        config = _promptfoo_config(material, sim)
        took = measured([*command, "-j", str(IN_FLIGHT), "-c", str(config)], env, folder)
        counts = re.findall(r"(\d[\d,]*) (passed|failed|error)", took.output)
        found = {word: int(number.replace(",", "")) for number, word in counts}
        right = passing(material.size)
        return checked(
            took, holds=(found.get("passed"), found.get("failed", 0)) == (right, material.size - right)
        )

    return run


def _promptfoo_config(material: Material, sim: Simulator) -> Path:
    asked = json.loads(material.prompts.read_text(encoding="utf-8"))
    system = json.dumps({"role": "system", "content": asked["system"]})
    prompt = material.prompts.with_name("promptfoo-prompt.json")
    prompt.write_text(
        f'[{system}, {{"role": "user", "content": {{{{ message | dump | safe }}}}}}]', encoding="utf-8"
    )
    provider = {"apiBaseUrl": sim.api, "apiKey": "none", "temperature": 0, "max_tokens": MAX_TOKENS}
    config = {
        "prompts": [f"file://{prompt}"],
        "providers": [{"id": f"openai:chat:{MODEL}", "config": provider}],
        "defaultTest": {"assert": [{"type": "is-json", "value": asked["schema"]}]},
        "tests": [
            {"vars": {"message": case["user"]}, "assert": _assertions(case["expected"])}
            for case in asked["cases"]
        ],
    }
    path = material.prompts.with_name(f"promptfoo-{material.size}.json")
    path.write_text(json.dumps(config), encoding="utf-8")
    return path


def _assertions(expected: Json) -> list[Json]:
    share = (
        f"Object.entries({json.dumps(expected)}).filter(([key, value]) => JSON.parse(output)[key] === value)"
    )
    fields = f"{share}.length / {len(expected)}"
    return [{"type": "equals", "value": expected}, {"type": "javascript", "value": fields, "threshold": 0.5}]
