"""The cases of a run as a table: filtered by outcome and by words, one of them open to say why it failed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from loom.core.errors import InputError, Problem
from loom.engine.models import JobState
from loom.evaluation.reading.cases import CasePage, CaseQuery, CaseRow
from loom.evaluation.results.case_results import CaseResult
from loom.evaluation.statistics.case_totals import Outcome
from loom.evaluation.statistics.rates import Rate
from loom.evaluation.store import RunRow
from loom.workshop.pages.addresses import address, case_address, run_address, size_word, worker_address
from loom.workshop.pages.format import exact, milliseconds, money, score
from loom.workshop.pages.json_text import FieldRow, brief, brief_beside, fields_beside
from loom.workshop.views.actions import Action
from loom.workshop.views.badges import Badge, known
from loom.workshop.views.cells import Badges, Number, Score, Text
from loom.workshop.views.code import Code
from loom.workshop.views.feedback import Empty
from loom.workshop.views.forms import at_field
from loom.workshop.views.marks import Meter
from loom.workshop.views.tables import Card, Chip, Column, Filter, Pager, Row, Shape, Sort, Table, sort

__all__ = [
    "CHANGED",
    "EVERY",
    "CaseCounts",
    "CasesView",
    "OpenCase",
    "cases_table",
    "cases_view",
    "counts_of",
    "open_case",
    "unanswered",
]

EVERY, CHANGED = "all", "changed"
"""The chips that are no outcome."""

_YES = "yes"
_CLOSED = "These cases are sealed, and closed."
_UNREAD = "The filter cannot be read."
_KEYS = ((("j", "k"), "move"), (("Enter",), "open"), (("n",), "next failure"))
_CHIPS = (
    ("Passed", Outcome.PASSED),
    ("Failed", Outcome.FAILED),
    ("Errored", Outcome.ERRORED),
    ("Unscored", Outcome.UNSCORED),
    ("Aborted", Outcome.ABORTED),
)


@dataclass(frozen=True, slots=True)
class CaseCounts:
    """How many executions there are to choose from, by what the chips above them are called in an address."""

    whole: Mapping[str, int]
    """Of the whole run."""

    shown: Mapping[str, int | None]
    """Of what the rest of the filter admits; None where counting would be a pass over a large run."""


def counts_of(rate: Rate, changed: int | None) -> dict[str, int]:
    """Of a whole run, of which `changed` came out otherwise than in its baseline; None: it has no baseline."""
    counts = {**rate.counts, Outcome.FAILED: rate.completed - rate.unscored - rate.passed}
    beside = {} if changed is None else {CHANGED: changed}
    return {EVERY: rate.attempted, **{one.value: counts[one] for one in Outcome}, **beside}


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case in detail, under its row."""

    fields: tuple[FieldRow, ...]
    """Empty where nothing was expected or nothing came."""

    output: Code | None
    reasons: tuple[tuple[str, str, str], ...]
    """What each scorer said: its name, its value, why."""

    problems: tuple[str, ...]
    """The error, and where the output does not fit the contract."""

    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class CasesView:
    """The cases of a run."""

    chips: tuple[Chip, ...]
    filter: Filter
    table: Table
    opened: OpenCase | None
    exports: tuple[Action, ...]
    refresh: str
    """Where it comes from as long as more may come; empty: it is whole."""


def cases_view(
    run: RunRow,
    counts: CaseCounts,
    query: CaseQuery,
    opened: str | None,
    found: CasePage | InputError | None,
) -> CasesView:
    """The cases `found`; None: they are closed. A filter that cannot be understood shows no row, and why."""
    asked = _asked(query)
    here = run_address(run)
    wrong = found if isinstance(found, InputError) else None
    rows = found.rows if isinstance(found, CasePage) else ()
    row = next((one for one in rows if one.result.execution.hex() == opened), None)
    return CasesView(
        _chips(here, asked, counts),
        _filter(here, query, asked, wrong),
        cases_table(run, found, query, opened)
        if isinstance(found, CasePage)
        else _nothing(here, _CLOSED if found is None else _UNREAD),
        None if row is None else open_case(run, row),
        tuple(
            Action(kind.upper(), href=address(f"{here}/cases.{kind}", asked, size=None), icon="download")
            for kind in ("csv", "json")
        ),
        "" if JobState(run.state).final else address(here, asked, cursor=query.cursor),
    )


def cases_table(run: RunRow, found: CasePage, query: CaseQuery, opened: str | None = None) -> Table:
    """The rows of `found`."""
    asked, here = _asked(query), run_address(run)
    following = address(here, asked, cursor=found.next) if found.next else None
    closed = address(here, asked, cursor=query.cursor)
    opens = f"{closed}{'&' if '?' in closed else '?'}open="
    asked_now = run.kind != "rescore"
    return Table(
        "Cases",
        _columns(here, query, asked),
        tuple(
            _row(
                one,
                one.result.label(repeated=found.repeated),
                closed,
                None if one.result.execution.hex() == opened else opens,
                asked_now=asked_now,
            )
            for one in found.rows
        ),
        Pager(
            found.first,
            found.first + len(found.rows) - 1 if found.rows else 0,
            found.matching,
            address(here, asked) if query.cursor else None,
            following,
            query.size,
            _KEYS,
        ),
        _nothing(here).empty,
        region="cases",
    )


def _asked(query: CaseQuery) -> dict[str, str | None]:
    order = None if query.sort == "case" else query.sort
    changed = _YES if query.changed else None
    return {
        "q": query.filter,
        "outcome": query.outcome,
        "changed": changed,
        "sort": order,
        "size": size_word(query.size),
    }


def _chips(here: str, asked: Mapping[str, str | None], counted: CaseCounts) -> tuple[Chip, ...]:
    chosen = asked["outcome"]
    whole = chosen is None and not asked["changed"]
    everything = address(here, asked, outcome=None, changed=None)
    return (
        Chip("All", everything, _told(counted, EVERY), current=whole),
        *(
            Chip(
                label,
                address(here, asked, outcome=outcome),
                _told(counted, outcome),
                current=chosen == outcome,
            )
            for label, outcome in _CHIPS
            if counted.whole[outcome] or chosen == outcome
        ),
        *_changed(here, asked, counted),
    )


def _changed(here: str, asked: Mapping[str, str | None], counted: CaseCounts) -> Iterator[Chip]:
    """Stands beside an outcome: both can be asked for."""
    if CHANGED in counted.whole:
        other = None if asked["changed"] else _YES
        place = address(here, asked, changed=other)
        yield Chip("Changed since baseline", place, _told(counted, CHANGED), current=other is None)


def _told(counted: CaseCounts, name: str) -> str:
    number = counted.shown[name]
    return "" if number is None else exact(number)


def _filter(here: str, query: CaseQuery, asked: Mapping[str, str | None], wrong: InputError | None) -> Filter:
    kept = tuple((name, asked[name] or "") for name in ("outcome", "changed", "sort", "size") if asked[name])
    told = ". ".join(_wrong_term(problem) for problem in wrong.problems) if wrong else ""
    return Filter(here, query.filter, "Filter cases", "tag:refund score<0.5", "cases", kept, told)


def _wrong_term(problem: Problem) -> str:
    told = at_field(problem)
    return told if problem.value is None else f"'{problem.value}' {told}"


def _columns(here: str, query: CaseQuery, asked: Mapping[str, str | None]) -> tuple[Column, ...]:
    start = address(here, asked, sort=None)
    joint = "&" if "?" in start else "?"

    def sorting(key: str) -> Sort:
        return sort(query.sort, key, f"{start}{joint}sort=")

    return (
        Column("case", "Case", sort=sorting("name")),
        Column("result", "Result", card=Card.CORNER),
        Column("input", "Input", shape=Shape.GROWING),
        Column("expected", "Expected", priority=3),
        Column("got", "Got", priority=2),
        Column("score", "Score", priority=2, sort=sorting("score")),
        Column("latency_ms", "Latency", shape=Shape.NUMBER, priority=3, sort=sorting("latency")),
        Column("cost", "Cost", shape=Shape.NUMBER, priority=3, sort=sorting("cost")),
    )


def _row(found: CaseRow, label: str, closed: str, opens: str | None, *, asked_now: bool) -> Row:
    """`opens` is how an address ends that opens a row; None for the one that is open, which `closed` closes.

    Without `asked_now`, its output is of another run, and so are its time and its cost.
    """
    result, case, name = found.result, found.result.case, found.result.execution.hex()
    expected, got = _answers(result)
    return Row(
        name,
        (
            Text(label, mono=True),
            Badges((known(result.outcome, outcome=True), *_notes(found))),
            Text(brief(case.input), muted=True),
            Text(expected),
            Text(got),
            Score(
                Meter(result.score, None, passed=result.outcome is Outcome.PASSED),
                "–" if result.score is None else f"{result.score:.2f}",
            ),
            _latency(found) if asked_now else None,
            _cost(found) if asked_now else None,
        ),
        href=closed if opens is None else opens + name,
        open=opens is None,
        expands=True,
        failed=result.outcome is not Outcome.PASSED,
    )


def _answers(result: CaseResult) -> tuple[str, str]:
    """What was expected and what came, in a line each."""
    case, output = result.case, result.output
    if case.has_expected and output is not None:
        return brief_beside(case.expected_output, output)
    return brief(case.expected_output) if case.has_expected else "–", "–" if output is None else brief(output)


def unanswered(found: CaseRow) -> bool:
    """Whether no call of it came back with anything that could be timed or priced."""
    return found.result.outcome is Outcome.ERRORED and found.cost_nano is None


def _latency(found: CaseRow) -> Number | None:
    latency_ms = found.result.latency_ms
    return None if unanswered(found) else Number(milliseconds(latency_ms), latency_ms)


def _cost(found: CaseRow) -> Number | None:
    if unanswered(found):
        return None
    paid = money(found.cost_nano)
    if found.result.cached:
        return Number("saved", found.cost_nano, f"{paid} when it was first answered", muted=True)
    return Number(paid, found.cost_nano)


def _notes(found: CaseRow) -> tuple[Badge, ...]:
    return (known("cached"),) if found.result.cached else ()


def _nothing(here: str, why: str = "No case is like that.") -> Table:
    whole = None if why == _CLOSED else Action("Show all cases", href=here)
    return Table("Cases", (), (), empty=Empty(why, whole))


def open_case(run: RunRow, found: CaseRow) -> OpenCase:
    """`found` in detail."""
    result = found.result
    both = result.case.has_expected and result.output is not None
    alone = result.output is not None and not both
    return OpenCase(
        fields_beside(result.case.expected_output, result.output) if both else (),
        Code.of_value(result.output, "Output") if alone else None,
        tuple((name, score(value), reason) for name, (value, reason) in result.scores.items()),
        ((result.error,) if result.error else ()) + result.problems,
        (
            Action("Open transcript", href=case_address(run, result.key, result.repetition)),
            Action("Run on test bench", href=_bench(run, result.key)),
        ),
    )


def _bench(run: RunRow, key: bytes) -> str:
    return address(worker_address(run.target, "/test"), run=run.id.hex(), case=key.hex())
