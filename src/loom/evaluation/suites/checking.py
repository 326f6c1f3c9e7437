"""What is doubtful in a suite that can be read: leaks between splits, repeated cases, scorers that cannot judge.

No model is asked and no user code runs.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from loom.core.errors import ConfigError, InputError
from loom.core.findings import Findings, Steps
from loom.core.hashing import hash_json
from loom.core.jsonvalue import JsonValue, canonical
from loom.evaluation.models import Case, Split
from loom.evaluation.scorers import ConfiguredScorer, ScoreInput, ScoreResult
from loom.evaluation.scoring.case_scorers import ScorerSet
from loom.evaluation.suites.files import Opened, open_suite

__all__ = ["review", "review_suite"]

_SHOWN = 50


def review_suite(path: str | Path) -> Findings:
    """Everything that is wrong or doubtful in the suite file at `path`; never raises."""
    try:
        return review(open_suite(path, large=True))
    except InputError as error:
        return Findings(error.problems)


def review(opened: Opened) -> Findings:
    """Everything that is wrong or doubtful in `opened`, which is told of it too."""
    if not opened.report.errors:
        _check_splits(opened)
        _check_repeats(opened)
        _check_scorers(opened)
    return opened.report.findings()


def _check_splits(opened: Opened) -> None:
    """What is in two splits at once: then the second tells nothing new."""
    cases = opened.suite.cases
    for at, first in _elsewhere(cases, [hash_json(case.input) for case in cases]):
        case, other = cases[at], cases[first]
        what = f"has the input of case '{other.name}', which is in split {other.split.value}"
        remedy = "remove one, or run: loom suite split --reassign"
        _say(opened, (at,), what, case.split.value, remedy, wrong=Split.SEALED in (case.split, other.split))
    for at, first in _elsewhere(cases, [case.cluster for case in cases]):
        case, other = cases[at], cases[first]
        what = f"is also the cluster of case '{other.name}', which is in split {other.split.value}"
        remedy = f"move one of them out of split {case.split.value}"
        wrong = Split.SEALED in (case.split, other.split)
        _say(opened, (at, "cluster"), what, case.cluster, remedy, wrong=wrong)


def _elsewhere(cases: Sequence[Case], keys: Sequence[bytes | str | None]) -> Iterator[tuple[int, int]]:
    """The number of each case whose key came before in another split, and of the case with which it came."""
    seen: dict[bytes | str, dict[Split, int]] = defaultdict(dict)
    for at, key in enumerate(keys):
        if key is None:
            continue
        splits = seen[key]
        other = next((first for split, first in splits.items() if split is not cases[at].split), None)
        splits.setdefault(cases[at].split, at)
        if other is not None:
            yield at, other


def _check_repeats(opened: Opened) -> None:
    first: dict[bytes, int] = {}
    inputs: dict[bytes, int] = {}
    for at, case in enumerate(opened.suite.cases):
        same, similar = first.setdefault(case.item_hash, at), inputs.setdefault(hash_json(case.input), at)
        if same != at:
            what = f"has the input and the expectation of case '{opened.suite.cases[same].name}'"
            _say(opened, (at,), what, case.name, "remove one: it counts twice")
        elif similar != at:
            what = f"has the input of case '{opened.suite.cases[similar].name}' but expects something else"
            _say(opened, (at,), what, case.name, "keep the right one")


def _check_scorers(opened: Opened) -> None:
    try:
        scorers = ScorerSet(opened.suite.scorers)
    except ConfigError as error:
        for problem in error.problems:
            opened.report.error(("scorers",), problem.what, problem.value, problem.remedy)
        return
    judged: set[bytes] = set()
    for at, case in enumerate(opened.suite.cases):
        chosen, ideal = scorers.of(case), _ideal(case)
        pure = [one for one in chosen if not one.waits]
        results = [one.scorer.score(ideal) for one in pure]
        judged.update(one.hash for one in chosen if one.waits)
        judged.update(one.hash for one, result in zip(pure, results, strict=True) if result.value is not None)
        scorers_and_results = list(zip((one.scorer for one in pure), results, strict=True))
        _check_case(opened, at, scorers_and_results, all_pure=len(pure) == len(chosen))
    for number, one in enumerate(scorers.common):
        if one.hash not in judged:
            remedy = "add what it needs to the cases, or remove it"
            what = "can judge no case of this suite"
            opened.report.error(("scorers", number), what, one.scorer.name, remedy)


def _ideal(case: Case) -> ScoreInput:
    """An output that is just what is expected; an empty one where nothing is."""
    output: JsonValue = case.expected_output if case.has_expected else {}
    raw = canonical(output).decode("utf-8", "surrogatepass")
    return ScoreInput(case.input, output, case.expected_output, raw)


def _check_case(
    opened: Opened, at: int, judged: Sequence[tuple[ConfiguredScorer, ScoreResult]], *, all_pure: bool
) -> None:
    case = opened.suite.cases[at]
    if not case.has_expected:
        if all_pure and all(result.value is None for _, result in judged):
            names = ", ".join(dict.fromkeys(scorer.name for scorer, _ in judged))
            what = f"expects nothing, so that {names} cannot judge it"
            _say(opened, (at,), what, case.name, "add expected_output")
        return
    for scorer, result in judged:
        if result.value is not None and result.value < scorer.threshold:
            what = f"expects what {scorer.name} would not let pass: {result.reason}"
            _say(opened, (at,), what, case.name, "mend the expectation, or the scorer")


def _say(opened: Opened, steps: Steps, what: str, value: object, remedy: str, *, wrong: bool = False) -> None:
    """One finding on a case; the list of them is not endless."""
    found = opened.report.errors if wrong else opened.report.warnings
    if len(found) < _SHOWN:
        say = opened.report.error if wrong else opened.report.warn
        say((*opened.cases_at, *steps), what, value, remedy)
