"""Two runs side by side: the verdict with its difference on an axis around zero, what changed, the changed cases."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from loom.core.ids import short
from loom.core.jsonvalue import JsonValue
from loom.engine.models import JobState
from loom.evaluation.comparing.comparison import Comparison, Difference
from loom.evaluation.comparing.comparison import Verdict as Judgement
from loom.evaluation.reading.cases import CaseRow
from loom.evaluation.reading.changes import (
    ChangedCase,
    ChangeKind,
    ChangePage,
    ChangeQuery,
    Compared,
)
from loom.evaluation.reading.configuration import Change
from loom.evaluation.store import RunRow
from loom.workshop.pages.addresses import (
    address,
    case_address,
    cases_address,
    run_address,
    size_word,
    worker_address,
)
from loom.workshop.pages.format import exact, points, score
from loom.workshop.pages.json_text import brief, brief_beside
from loom.workshop.pages.measures import measures_table
from loom.workshop.pages.run_names import run_names
from loom.workshop.pages.sealed import SealedView
from loom.workshop.views import charts
from loom.workshop.views.actions import Action, ActionTone, Crumb, Header
from loom.workshop.views.badges import Badge, known
from loom.workshop.views.cells import Badges, Changed, Link, Number, Text
from loom.workshop.views.diff import Diff, diff_view, plain_words, word_change
from loom.workshop.views.feedback import Banner, Empty
from loom.workshop.views.figures import Verdict
from loom.workshop.views.marks import Share, Shares
from loom.workshop.views.tables import Card, Chip, Column, Pager, Row, Shape, Table
from loom.workshop.views.tones import Fill, Tone

__all__ = [
    "ChangedBlock",
    "ChangedView",
    "ComparePage",
    "Sides",
    "changed_table",
    "changed_view",
    "compare_page",
]

_PATH = "/compare"
_KINDS = {
    ChangeKind.FIXED: known("fixed"),
    ChangeKind.BROKEN: known("broken"),
    ChangeKind.BETTER: Badge("better", Tone.PASS, "up", "It counts as before, with a higher score"),
    ChangeKind.WORSE: Badge("worse", Tone.FAIL, "down", "It counts as before, with a lower score"),
    ChangeKind.PASSED: Badge("passed in both"),
    ChangeKind.FAILED: Badge("failed in both"),
}
_CHIPS = {
    ChangeKind.PASSED: "Passed in both, same score",
    ChangeKind.FAILED: "Failed in both, same score",
}
"""Those whose score changed are among the better and the worse."""

_CHANGED = (ChangeKind.FIXED, ChangeKind.BROKEN, ChangeKind.BETTER, ChangeKind.WORSE)


@dataclass(frozen=True, slots=True)
class Sides:
    """Two runs, and what they are called beside each other."""

    a: RunRow
    b: RunRow
    a_version: str | None
    b_version: str | None
    a_is_baseline: bool
    b_is_baseline: bool
    may_run: bool
    sealed: SealedView | None = None
    """What stands over the cases when they are sealed."""

    @property
    def names(self) -> tuple[str, str]:
        """The shortest that tells them apart."""
        a, b = run_names((self.a, self.b), (self.a_version, self.b_version))
        return a, b


@dataclass(frozen=True, slots=True)
class ChangedView:
    """Changed cases, a page of them."""

    chips: tuple[Chip, ...]
    table: Table


@dataclass(frozen=True, slots=True)
class ChangedBlock:
    """The part of the page that a script asks for when one chooses a kind or a page."""

    changed: ChangedView


@dataclass(frozen=True, slots=True)
class ComparePage:
    """Two runs side by side."""

    header: Header
    apart: Empty | None
    """Said instead of everything below where they share no case."""

    notices: tuple[Banner, ...]
    verdict: Verdict
    difference: charts.Difference | None
    flips: Shares
    measures: Table
    measures_note: str
    settings: tuple[tuple[str, str, str], ...]
    """Short values that differ: path, before, after."""

    texts: tuple[tuple[str, Diff], ...]
    """Long ones: path and difference."""

    changes_note: str
    sealed: SealedView | None
    changed: ChangedView
    tags: tuple[tuple[str, str, str], ...]
    """The tags of broken cases: tag, how many, address."""


def compare_page(found: Compared, sides: Sides, changed: ChangedView) -> ComparePage:
    """The page of `found`."""
    comparison = found.comparison
    a, b = sides.names
    texts = tuple((one.path, diff_view(one.diff, one.path)) for one in found.configuration if one.diff)
    settings = tuple((one.path, *_values(one)) for one in found.configuration if not one.diff)
    return ComparePage(
        _header(comparison, sides),
        None if comparison.shared else _apart(sides),
        tuple(_notices(comparison, sides)),
        _verdict(comparison, b),
        _difference(comparison.main, a, b),
        Shares(
            "Cases",
            (
                Share("Passed in both", found.passed_in_both, Fill.PASS_PALE),
                Share("Fixed", found.fixed, Fill.PASS),
                Share("Broken", found.broken, Fill.FAIL),
                Share("Failed in both", found.failed_in_both, Fill.NEITHER),
            ),
        ),
        measures_table(found.measures, a, b),
        f"paired difference over {exact(comparison.cases)} cases, 95 %",
        settings,
        texts,
        _count_changes(found.configuration),
        sides.sealed,
        changed,
        tuple(
            (
                tag,
                f"{exact(number)} of {exact(found.broken)}",
                cases_address(sides.b, "tag", tag),
            )
            for tag, number in found.tags_of_broken
        ),
    )


def changed_view(found: ChangePage | None, counts: Compared, query: ChangeQuery, sides: Sides) -> ChangedView:
    """The cases `found`; None: they are closed."""
    size = size_word(query.size)
    here = _address(sides, size=size)
    total = sum(counts.kinds.get(kind, 0) for kind in _CHANGED)
    chips = [Chip("All changed", here, exact(total), current=query.kind is None)]
    chips += [
        Chip(
            _CHIPS.get(kind, kind.capitalize()),
            _address(sides, kind=kind, size=size),
            exact(counts.kinds.get(kind, 0)),
            current=query.kind is kind,
        )
        for kind in ChangeKind
        if counts.kinds.get(kind, 0) or query.kind is kind
    ]
    closed = Table("Changed cases", (), (), empty=Empty("These cases are sealed, and closed."))
    return ChangedView(tuple(chips), changed_table(found, query, sides) if found else closed)


def changed_table(found: ChangePage, query: ChangeQuery, sides: Sides) -> Table:
    """The rows of `found`."""
    a, b = sides.names
    kind = str(query.kind) if query.kind else None
    last = found.first + len(found.items) - 1 if found.items else 0
    size = size_word(query.size)
    following = _address(sides, kind=kind, size=size, cursor=found.next) if found.next else None
    return Table(
        "Changed cases",
        (
            Column("case", "Case"),
            Column("change", "Change", card=Card.CORNER),
            Column("input", "Input", shape=Shape.GROWING),
            Column("a_answered", f"{a} answered"),
            Column("b_answered", f"{b} answered"),
            Column("a_score", "before", shape=Shape.NUMBER, priority=3),
            Column("b_score", "after", shape=Shape.NUMBER, priority=3),
        ),
        tuple(_row(one, sides) for one in found.items),
        Pager(
            found.first,
            last,
            found.total,
            _address(sides, kind=kind, size=size) if query.cursor else None,
            following,
            query.size,
            keys=((("j", "k"), "move"),),
        ),
        Empty("No case is like that."),
        region="changed",
    )


def _address(sides: Sides, **more: str | None) -> str:
    return address(_PATH, {"a": sides.a.id.hex(), "b": sides.b.id.hex()}, **more)


def _apart(sides: Sides) -> Empty:
    others = address("/runs", worker=sides.b.target, suite=sides.b.suite)
    return Empty(
        "They share no case, so nothing can be said of them. Compare runs of one suite and split.",
        Action(f"Runs of {sides.b.target} on {sides.b.suite}", href=others),
    )


def _header(comparison: Comparison, sides: Sides) -> Header:
    a, b = sides.names
    target, alike = sides.b.target, sides.a.target == sides.b.target
    suites = " and ".join(dict.fromkeys(f"{one.suite}" for one in (sides.a, sides.b)))
    swap = address(_PATH, a=sides.b.id.hex(), b=sides.a.id.hex())
    badges = [known("baseline")] if sides.a_is_baseline else []
    badges += [Badge(f"{b} is baseline", Tone.ACCENT, "star")] if sides.b_is_baseline else []
    simulated = sides.a.simulated or sides.b.simulated
    return Header(
        f"{target}: {a} against {b}" if alike else f"{a} against {b}",
        (Crumb("Runs", "/runs"), Crumb(target, worker_address(target, "/eval")), Crumb("Compare")),
        (*badges, *((known("simulated"),) if simulated else ())),
        (
            f"{suites}, {exact(comparison.cases)} paired cases",
            f"{a}: run {short(sides.a.id)}",
            f"{b}: run {short(sides.b.id)}",
            *(("sealed split",) if comparison.sealed else ()),
        ),
        (Action("Swap sides", href=swap), *_promotion(sides, b)) if comparison.shared else (),
        (
            Action(f"Run {short(sides.a.id)}", href=run_address(sides.a)),
            Action(f"Run {short(sides.b.id)}", href=run_address(sides.b)),
            *(_twins(sides) if comparison.shared else ()),
        ),
    )


def _twins(sides: Sides) -> Iterator[Action]:
    for kind in ("csv", "json"):
        twin = _address(sides).replace(_PATH, f"{_PATH}.{kind}", 1)
        yield Action(f"Changed cases as {kind.upper()}", href=twin, icon="download")


def _promotion(sides: Sides, name: str) -> Iterator[Action]:
    if sides.may_run and not sides.b_is_baseline and sides.b.state == "completed":
        post = f"{worker_address(sides.b.target, '/eval/')}{sides.b.id.hex()}/promote-baseline"
        yield Action(f"Make {name} baseline", post=post, tone=ActionTone.FILLED, icon="star")


def _notices(comparison: Comparison, sides: Sides) -> Iterator[Banner]:
    if comparison.verdict is Judgement.NONE:
        yield Banner(_sentence(comparison.reason), Tone.WARNING, action=_alike(comparison, sides))
    for only, side in ((comparison.only_a, "first"), (comparison.only_b, "second")):
        if only:
            yield Banner(
                f"{exact(len(only))} cases ran only in the {side} run and are left out.", Tone.WARNING
            )
    if comparison.unscored:
        number = exact(len(comparison.unscored))
        yield Banner(f"{number} cases could not be scored on both sides and are left out.", Tone.WARNING)


def _alike(comparison: Comparison, sides: Sides) -> Action | None:
    """The way to a comparison that says something."""
    a, b = sides.names
    mended = comparison.scored_differently and not comparison.scored_by_others
    if not (mended and sides.may_run and sides.a.state == JobState.COMPLETED):
        return None
    form = address(f"{run_address(sides.a)}/rescore", like=sides.b.id.hex())
    return Action(f"Re-score {a} as {b} was", href=form)


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def _verdict(comparison: Comparison, b: str) -> Verdict:
    badge = known(comparison.verdict)
    if comparison.verdict in (Judgement.BETTER, Judgement.WORSE):
        badge = replace(badge, text=f"{b} is {badge.text}")
    main = comparison.main
    if main is None:
        return Verdict("–", lines=(comparison.reason,), badge=badge, badge_first=True)
    low, high = main.change.interval.low, main.change.interval.high
    lines = [f"95 % interval {points(low)} to {points(high)}, n = {exact(main.cases)} pairs"]
    if comparison.verdict is not Judgement.NONE:
        lines.append(f"sign-flip test: {comparison.reason}")
    return Verdict(f"{points(main.change.mean)} points", "", tuple(lines), badge, badge_first=True)


def _difference(main: Difference | None, a: str, b: str) -> charts.Difference | None:
    if main is None:
        return None
    ends = (100 * main.change.interval.low, 100 * main.change.mean, 100 * main.change.interval.high)
    low, middle, high = ends
    words = f"Difference {points(main.change.mean)} points, 95 % interval {low:+.1f} to {high:+.1f}"
    reach = min(100.0, charts.Difference.reaching(*ends))
    unit = "difference in pass rate, percentage points"
    return charts.Difference(low, middle, high, reach, f"{a} better", f"{b} better", words, unit)


def _values(one: Change) -> tuple[str, str]:
    return _shown(one.before), _shown(one.after)


def _shown(value: JsonValue) -> str:
    return "not set" if value is None else brief(value) or "empty"


def _count_changes(changes: Sequence[Change]) -> str:
    texts = sum(one.diff is not None for one in changes)
    parts = [f"{texts} text{'' if texts == 1 else 's'}"] if texts else []
    values = len(changes) - texts
    parts += [f"{values} value{'' if values == 1 else 's'}"] if values else []
    return ", ".join(parts) or "nothing"


def _row(one: ChangedCase, sides: Sides) -> Row:
    before, after = _answers(one.a_row, one.b_row)
    old, new = word_change(before, after) if one.kind.changed else (plain_words(before), plain_words(after))
    return Row(
        one.key.hex(),
        (
            Link(one.case.name, case_address(sides.b, one.key), mono=True),
            Badges((_KINDS[one.kind],)),
            Text(brief(one.case.input), muted=True),
            Changed(old),
            Changed(new),
            Number(score(one.a.mean_score), one.a.mean_score),
            Number(score(one.b.mean_score), one.b.mean_score),
        ),
        failed=one.kind in (ChangeKind.BROKEN, ChangeKind.WORSE),
    )


def _answers(a: CaseRow | None, b: CaseRow | None) -> tuple[str, str]:
    if a and b and not (a.result.error or b.result.error):
        return brief_beside(a.result.output, b.result.output)
    return _answer(a), _answer(b)


def _answer(row: CaseRow | None) -> str:
    if row is None:
        return "–"
    return row.result.error or brief(row.result.output)
