"""Anyone's Python as a scorer: what it returns counts, and whatever goes wrong with it is unscored."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from loom.core.errors import ConfigError
from loom.evaluation.models import ABSENT
from loom.evaluation.scorers import ConfiguredScorer, ScoreInput, ScoreResult, make_scorer
from loom.evaluation.scorers.base import ScoreContext
from loom.evaluation.scorers.registry import inlined

_ITEM = ScoreInput({"text": "hi"}, {"label": "a"}, {"label": "a"}, '{"label":"a"}')
_CONTEXT = ScoreContext(b"e", None)  # type: ignore[arg-type]


@pytest.fixture
async def score() -> AsyncIterator[Callable[..., Any]]:
    """Scores an item by a body of `score`, or by a whole specification."""
    made: list[ConfiguredScorer] = []

    async def run(body: str = "", item: ScoreInput = _ITEM, **spec: Any) -> ScoreResult:
        code = f"def score(input, output, expected):\n    {body}"
        given = {"scorer": "custom", "code": code, **spec}
        made.append(make_scorer({key: value for key, value in given.items() if value is not None}))
        return await made[-1].score_waiting(item, _CONTEXT)

    yield run
    for one in made:
        await one.scorer.aclose()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return 1", ScoreResult(1.0)),
        ("return 0.25", ScoreResult(0.25)),
        ("return output == expected", ScoreResult(1.0)),
        ("return False", ScoreResult(0.0)),
        ("return {'score': 0.5, 'reason': 'half', 'details': {'a': 1}}", ScoreResult(0.5, "half", {"a": 1})),
        ("return {'value': 1, 'reason': None, 'details': None}", ScoreResult(1.0)),
        ("return 1.0 if input['text'] == 'hi' else 0.0", ScoreResult(1.0)),
    ],
)
async def test_a_number_true_or_false_and_a_mapping_are_scores(score, body: str, expected: ScoreResult):
    assert await score(body) == expected


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("return 1 / 0", "the code raised ZeroDivisionError: division by zero (line 2)"),
        ("return output['nothing']", "the code raised KeyError: 'nothing' (line 2)"),
        ("while True: pass", "the code did not finish within 0.5 s"),
        ("return 'a' * 10**10", "the code needs more than 128 MB of memory"),
        ("return float('nan')", "the code returned something that is not JSON: NaN"),
        ("return float('inf')", "the code returned something that is not JSON: Infinity"),
        ("return 1.5", "the function gave 1.5 as the score, which is not from 0 to 1"),
        ("return -0.1", "the function gave -0.1 as the score, which is not from 0 to 1"),
        ("return [1]", "the function gave a list as the score, not a number from 0 to 1"),
        ("return 'good'", "the function gave a text as the score, not a number from 0 to 1"),
        ("return None", "the function gave nothing as the score, not a number from 0 to 1"),
        ("return {'score': True}", "the function gave true or false as the score, not a number from 0 to 1"),
        ("return {'score': '1'}", "the function gave a text as the score, not a number from 0 to 1"),
        ("return {}", "the function gave no `score`"),
        ("return {'score': None, 'reason': 'cannot tell'}", "cannot tell"),
        ("return {'score': 1, 'reason': 3}", "the function gave a reason that is a number, not a text"),
        ("return {'score': 1, 'details': [1]}", "the function gave details that are a list, not a mapping"),
        ("return )", "the code is not Python that Monty runs: Expected a statement (line 2)"),
    ],
)
async def test_whatever_is_no_score_is_unscored_and_says_why(score, body: str, reason: str):
    result = await score(body, time_s=0.5)
    assert result.value is None
    assert result.reason == reason


async def test_the_raw_text_is_given_to_a_function_that_takes_it(score):
    code = 'def score(input, output, expected, raw_text):\n    return raw_text == \'{"label":"a"}\''
    assert (await score(code=code)).value == 1.0
    assert (await score(code="def score(**given):\n    return len(given) == 4")).value == 1.0


async def test_nothing_expected_is_none(score):
    item = ScoreInput({}, "x", ABSENT)
    assert (await score("return expected is None", item)).value == 1.0


async def test_a_case_that_hangs_does_not_touch_its_neighbours():
    code = "def score(input, output, expected):\n    while output == 3: pass\n    return 1"
    scorer = make_scorer({"scorer": "custom", "code": code, "time_s": 0.5})
    items = [ScoreInput({}, number) for number in range(6)]
    results = await asyncio.gather(*(scorer.score_waiting(item, _CONTEXT) for item in items))
    await scorer.scorer.aclose()
    assert [result.value for result in results] == [1, 1, 1, None, 1, 1]


@pytest.mark.skipif(not shutil.which("bwrap"), reason="bubblewrap is not installed")
async def test_full_python_is_there_for_whom_asks(score):
    code = (
        "from difflib import SequenceMatcher\n"
        "class Judge:\n"
        "    def say(self, a, b):\n"
        "        return SequenceMatcher(None, a['label'], b['label']).ratio()\n"
        "def mine(input, output, expected):\n"
        "    return Judge().say(output, expected)"
    )
    assert (await score(code=code, engine="python", function="mine")).value == 1.0


async def test_the_code_of_a_file_is_stored_and_hashed_not_its_name(tmp_path: Path):
    code = "def score(input, output, expected):\n    return 1"
    (tmp_path / "mine.py").write_text(code)
    spec = inlined({"scorer": "custom", "file": "mine.py", "threshold": 1}, tmp_path)
    assert spec == {"scorer": "custom", "code": code, "threshold": 1}
    from_file = make_scorer({"scorer": "custom", "file": str(tmp_path / "mine.py")})
    assert from_file.scorer_hash == make_scorer(spec).scorer_hash
    assert from_file.params["code"] == code


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({}, "'code' is missing; give `code: |` with the function under it, or `file`"),
        ({"code": "x", "file": "y"}, "'code' and `file` are both given"),
        ({"file": "/no/such/file.py"}, "'file' cannot be read: No such file or directory"),
        ({"code": "x", "engine": "perl"}, "give one of monty, python"),
        ({"code": "x", "memory_mb": 1}, "give a whole number from 16 to 4096"),
    ],
)
def test_a_wrong_specification_is_refused_before_anything_runs(spec: dict[str, Any], said: str):
    with pytest.raises(ConfigError) as caught:
        make_scorer({"scorer": "custom", **spec})
    assert said in str(caught.value)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"#" * 300_000])
def test_a_file_that_is_no_code_is_refused(tmp_path: Path, content: bytes):
    (tmp_path / "f.py").write_bytes(content)
    with pytest.raises(ConfigError, match=r"is not UTF-8|is larger than 256 kB"):
        inlined({"scorer": "custom", "file": "f.py"}, tmp_path)


async def test_a_run_is_scored_by_it_case_by_case(lab, suite):
    code = "def score(input, output, expected):\n    return {'score': output['label'] == 'a' and 1 or 1 / 0}"
    report = await lab.run(suite("a", "b", "a"), scorers=({"scorer": "custom", "code": code},))
    rate = report.pass_rate
    assert (rate.attempted, rate.passed, rate.unscored) == (3, 2, 1)
