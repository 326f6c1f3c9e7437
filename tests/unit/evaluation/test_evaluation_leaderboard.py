"""Several runs beside each other: who is best, and who cannot be told from it."""

from dataclasses import replace

import numpy as np
import pytest

from loom.core.errors import UsageError
from loom.evaluation.comparing.comparison import Measure, RunScores
from loom.evaluation.comparing.leaderboard import leaderboard
from loom.evaluation.models import ItemKey, Split
from loom.evaluation.statistics.case_totals import CaseTotal


def run(name: str, passes, **more) -> RunScores:
    """A run that passes where `passes` is true; None: the case could not be scored."""
    totals = [
        CaseTotal(
            ItemKey(b"", number),
            f"case-{number}",
            passed=int(passed or 0),
            failed=int(passed is not None and not passed),
            unscored=int(passed is None),
            score_sum=float(passed or 0),
            **more,
        )
        for number, passed in enumerate(passes)
    ]
    return RunScores(name, tuple(totals), name.encode())


GOOD, FAIR, POOR = [True] * 60, [True] * 55 + [False] * 5, [True] * 20 + [False] * 40


def test_the_runs_that_may_be_best_are_one_group_and_the_others_are_behind():
    board = leaderboard([run("poor", POOR), run("fair", FAIR), run("good", GOOD)])
    assert [(place.name, place.tied) for place in board.places] == [
        ("good", True),
        ("fair", True),
        ("poor", False),
    ]
    assert (board.tied, board.best, board.cases) == (("good", "fair"), None, 60)
    assert board.cases_needed > 0


def test_one_that_leaves_all_others_behind_is_the_best():
    board = leaderboard([run("poor", POOR), run("good", GOOD), run("bad", [False] * 60)])
    assert (board.best, board.cases_needed) == ("good", None)
    assert board.places[1].behind.mean == pytest.approx(-40 / 60)


def test_the_more_runs_are_beside_each_other_the_more_it_takes_to_be_behind():
    behind = [True] * 52 + [False] * 8
    two = leaderboard([run("a", GOOD), run("b", behind)])
    many = leaderboard([run("a", GOOD), run("b", behind), *(run(str(n), GOOD) for n in range(20))])
    assert (two.best, many.best) == ("a", None)
    assert many.places[-1].p_value > two.places[-1].p_value


def test_every_pair_counts_since_the_first_was_chosen_by_looking():
    board = leaderboard([run("good", GOOD), run("fair", FAIR), run("poor", POOR)])
    poor, fair = board.places[2], board.places[1]
    assert poor.p_value == pytest.approx(3 * poor.behind.p_value)
    assert fair.p_value == pytest.approx(2 * fair.behind.p_value)


def test_only_cases_that_were_scored_in_all_runs_count_and_the_rest_is_said():
    board = leaderboard([run("a", [True] * 20), run("b", [True] * 8 + [None] * 12), run("c", [True] * 30)])
    assert (board.cases, board.left_out) == (8, (("a", 12), ("b", 12), ("c", 22)))
    assert {place.value for place in board.places} == {1.0}


def test_the_score_may_be_asked_for_instead():
    half = RunScores(
        "half", tuple(CaseTotal(ItemKey(b"", n), "", passed=1, score_sum=0.5) for n in range(60))
    )
    board = leaderboard([half, run("good", GOOD)], Measure.SCORE)
    assert (board.best, board.places[1].value) == ("good", 0.5)
    assert leaderboard([half, run("good", GOOD)]).best is None


@pytest.mark.parametrize(
    ("runs", "why"),
    [
        ([run("a", GOOD)], "at least two"),
        ([run("a", GOOD), run("b", GOOD), run("a", GOOD)], "'a' is given twice"),
        ([run("a", [True]), run("b", [None])], "share no case that was scored"),
    ],
)
def test_what_cannot_be_compared_is_refused(runs, why):
    with pytest.raises(UsageError, match=why):
        leaderboard(runs)


def test_sealed_cases_are_said_to_be_sealed_and_not_mixed_with_others():
    assert leaderboard([run(name, GOOD, split=Split.SEALED) for name in "ab"]).sealed
    mixed = run("a", GOOD).cases[:30] + run("a", GOOD, split=Split.SEALED).cases[30:]
    with pytest.raises(UsageError, match="mix sealed"):
        leaderboard([RunScores(name, mixed) for name in "ab"])


def null_world(number: int, cases: int, size: int, count: int = 48) -> list[RunScores]:
    """Runs of identical workers: each case has a chance of its own, shared within clusters of about `size`."""
    random = np.random.default_rng([number, cases, size])
    rate = (0.3, 0.5, 0.7, 0.8, 0.9, 0.95)[number % 6]
    group = np.repeat(np.arange(cases), random.integers(1, 2 * size, cases))[:cases]
    chance = random.beta(4 * rate, 4 * (1 - rate), cases)[group]
    names = [str(each) for each in group]
    return [
        RunScores(
            str(name),
            tuple(
                CaseTotal(ItemKey(b"", n), "", int(good), int(not good), score_sum=good, cluster=names[n])
                for n, good in enumerate(passes)
            ),
        )
        for name, passes in enumerate((random.random((count, cases)) < chance).tolist())
    ]


def announcements(worlds: int, cases: int, size: int) -> tuple[int, int]:
    """In how many worlds a best is announced, and in how many any run is called worse than the first."""
    boards = [leaderboard(null_world(number, cases, size)) for number in range(worlds)]
    return sum(board.best is not None for board in boards), sum(len(board.tied) < 48 for board in boards)


def test_of_48_identical_runs_none_is_announced_as_best():
    best, anything = announcements(60, cases=40, size=1)
    assert best == 0
    assert anything <= 3


@pytest.mark.slow
@pytest.mark.parametrize(("cases", "size"), [(20, 1), (60, 1), (60, 4), (200, 1), (200, 4)])
def test_in_480_null_worlds_at_most_one_in_twenty_tells_identical_runs_apart(cases, size):
    best, anything = announcements(480, cases, size)
    assert best == 0
    assert anything <= 480 * 5 // 100


def test_runs_that_other_scorers_judged_are_not_put_in_order():
    other = replace(run("good", GOOD), scorers={"regex": "1"})
    with pytest.raises(UsageError, match=r"scored differently.*loom rescore \w+ --like \w+"):
        leaderboard([run("poor", POOR), other])
