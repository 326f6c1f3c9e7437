"""Custom scorers and remote references as a person at the terminal meets them."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

_REMOTE = """name: w
system_prompt: Say hello.
input_schema:
  type: object
  properties: {{text: {{$ref: "{url}"}}}}
output_schema: {{type: object}}
"""
_MINE = """def score(input, output, expected):
    return {"score": 1.0 if output["category"] == expected["category"] else 0.0, "reason": "by mine"}
"""


def _evaluate(loom: Callable[..., Any], scorer: str) -> Any:
    wish = ("--suite", "classifier", "--limit", "3", "--scorer", scorer, "--json")
    return loom("eval", "classifier", *wish)


def test_a_function_in_a_file_scores_a_run(loom: Callable[..., Any], home: Path) -> None:
    (home / "mine.py").write_text(_MINE)
    found = _evaluate(loom, '{"scorer": "custom", "file": "mine.py"}')
    assert found.status == 0, found.errors
    assert "by mine" in found.out
    assert "mine.py" not in found.out


def test_a_suite_names_a_function_in_a_file_beside_it(loom: Callable[..., Any], home: Path) -> None:
    folder = home / "elsewhere"
    folder.mkdir()
    (folder / "mine.py").write_text(_MINE)
    cases = '[{"input": {"text": "My parcel is late."}, "expected_output": {"category": "delivery"}}]'
    suite = f'{{"scorers": [{{"scorer": "custom", "file": "mine.py"}}], "cases": {cases}}}'
    (folder / "suite.json").write_text(suite)
    found = loom("eval", "classifier", "--suite", "elsewhere/suite.json", "--json")
    assert found.status == 0, found.errors
    assert "by mine" in found.out
    (folder / "mine.py").unlink()
    assert loom("validate", "elsewhere/suite.json").status == 1


def test_a_function_that_fails_leaves_the_cases_unscored_and_says_why(loom: Callable[..., Any]) -> None:
    found = _evaluate(
        loom, '{"scorer": "custom", "code": "def score(input, output, expected):\\n  return 1 / 0"}'
    )
    assert "the code raised ZeroDivisionError: division by zero (line 2)" in found.out


@pytest.fixture
def listening() -> Any:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        yield server
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.usefixtures("home")
def test_a_remote_reference_in_a_worker_is_refused_and_never_fetched(
    loom: Callable[..., Any], home: Path, listening: socket.socket
) -> None:
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/schema.json"
    (home / "w.yaml").write_text(_REMOTE.format(url=url))
    found = loom("validate", "w.yaml")
    assert found.status == 1
    assert "Loom never fetches schemas" in found.out
    assert loom("test", "w.yaml", '{"text": "hi"}').status != 0


def test_a_remote_reference_in_a_scorer_is_refused_and_never_fetched(
    loom: Callable[..., Any], listening: socket.socket
) -> None:
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/schema.json"
    found = _evaluate(loom, f'{{"scorer": "json_schema", "schema": {{"$ref": "{url}"}}}}')
    assert found.status in (1, 2)
    assert "never fetches" in found.errors + found.out
