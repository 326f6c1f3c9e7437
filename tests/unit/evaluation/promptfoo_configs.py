"""Small promptfoo configurations, written and imported."""

from pathlib import Path
from typing import Any

from loom.core.jsonvalue import Json, JsonValue
from loom.evaluation.suites.promptfoo import Imported, import_promptfoo
from loom.evaluation.suites.yaml_files import yaml_text

QUESTION = "Answer: {{question}}"


def imported(folder: Path, tests: JsonValue, **keys: Any) -> Imported:
    """What becomes of a configuration with these tests; other files of it are in `folder` already."""
    path = folder / "promptfooconfig.yaml"
    path.write_text(
        yaml_text({"prompts": [QUESTION], "providers": ["openai:gpt-4o"], "tests": tests, **keys})
    )
    return import_promptfoo(path, "made")


def asserted(folder: Path, *assertions: Json, **keys: Any) -> Imported:
    return imported(folder, [{"vars": {"question": "q"}, "assert": list(assertions)}], **keys)


def left(made: Imported) -> dict[str, str]:
    """What was left out, and why."""
    return {one.what: one.why for one in made.left_out}
