"""How a judge's comparison of two runs looks: the verdict, who won how often, whether the order swayed the judge."""

from typing import TYPE_CHECKING

from loom.cli.show.console import Part, console, put
from loom.cli.show.format import percent, points, show_usd
from loom.cli.show.runs import named
from loom.evaluation.judging.pairs import summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loom.calls.store import AccountState
    from loom.core.jsonvalue import Json
    from loom.evaluation.judging.pairs import Judged, PairSummary
    from loom.evaluation.judging.service import Judging
    from loom.evaluation.store import RunRow

    Pairs = Sequence[tuple[bytes, Judged]]

__all__ = ["judging_json", "show_judging"]

_STYLES = {"better": "pass", "worse": "fail", "not separable": "warn"}
_MARKS = {"better": "✓", "worse": "✗", "not separable": "="}
_HANG = 12


def show_judging(
    work: "Judging", pairs: "Pairs", account: "AccountState", runs: "tuple[RunRow, RunRow]"
) -> None:
    """The answer first, then how it came about."""
    found = summary(pairs)
    console().print()
    verdict = f"{_MARKS[found.verdict]} {found.verdict.upper()}"
    put(_claim(found), label=(f"{verdict}  ", _STYLES[found.verdict]))
    for place, run in zip("AB", runs, strict=True):
        put(*named(run), label=(f"  {place}  ", "muted"))
    console().print()
    simulated: list[Part] = [(" simulated", "warn")] if work.route.simulated else []
    put(work.judge.model, *simulated, label=("  judge", "muted"), hang=_HANG)
    ties = f"{found.ties} ties" + (
        f", {found.swayed} of them decided by the order alone" if found.swayed else ""
    )
    put(f"B {found.wins_b} · A {found.wins_a} · {ties}", label=("  won", "muted"), hang=_HANG)
    if lost := [one.error for _, one in pairs if one.outcome is None]:
        put((f"{len(lost)} not judged: {lost[0]}", "warn"), label=("", ""), hang=_HANG)
    put(*_bias(found), label=("  order", "muted"), hang=_HANG)
    asked = f"{found.asked} pairs asked about twice, with A first and with B first"
    paid = "cost unknown" if work.route.price is None else f"{show_usd(account.spent_nano)} paid"
    put(f"{paid} · {asked}", label=("  took", "muted"), hang=_HANG)


def _claim(found: "PairSummary") -> str:
    change = found.change
    if change is None:
        return "no pair was judged"
    interval = f"[{points(change.interval.low)}, {points(change.interval.high)}]"
    p_value = f"p = {change.p_value:.2g}, n = {found.cases}"
    return f"B wins {points(change.mean)} points {interval} more often than A: {p_value}"


def _bias(found: "PairSummary") -> list[Part]:
    share = found.first_preferred
    if share is None:
        return ["never decided"]
    interval = f"[{percent(share.low)}, {percent(share.high)}]"
    said = f"decided {found.swayed} times, {found.first_places} of them for the first place {interval}"
    return [said, (": the judge prefers a place; ask a better one", "warn")] if found.biased else [said]


def judging_json(work: "Judging", pairs: "Pairs", account: "AccountState") -> "Json":
    """For programs."""
    found = summary(pairs)
    change = found.change
    return {
        "verdict": found.verdict,
        "judge": {
            "model": work.judge.model,
            "endpoint": work.judge.endpoint,
            "simulated": work.route.simulated,
        },
        "cases": found.cases,
        "wins": {"a": found.wins_a, "b": found.wins_b, "ties": found.ties},
        "unjudged": found.unjudged,
        "swayed_by_order": found.swayed,
        "first_places": found.first_places,
        "prefers_a_place": found.biased,
        "difference": {
            "mean": change.mean,
            "low": change.interval.low,
            "high": change.interval.high,
            "p_value": change.p_value,
        }
        if change
        else None,
        "paid_usd": None if work.route.price is None else account.spent_nano / 1e9,
        "pairs": [_pair(one) for _, one in pairs],
    }


def _pair(one: "Judged") -> "Json":
    said = one.outcome.to_json() if one.outcome else {"winner": None, "said": None, "reason": one.error}
    return {"case": one.case.name, **said}
