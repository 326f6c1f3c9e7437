"""Sample tables: cases with a row open, a leaderboard with its tied set, a measure table, nothing, ten thousand."""

from dataclasses import dataclass

from loom.workshop.pages.format import exact, milliseconds, money, percent, percent_interval, score
from loom.workshop.views.actions import Action
from loom.workshop.views.badges import known
from loom.workshop.views.cells import Act, Badges, Link, Moment, Number, Range, Score, Text
from loom.workshop.views.feedback import Empty
from loom.workshop.views.marks import IntervalMark, Meter, Scale
from loom.workshop.views.tables import Card, Chip, Column, Direction, Filter, Pager, Row, Shape, Sort, Table

__all__ = ["Tables", "samples"]


@dataclass(frozen=True, slots=True)
class Tables:
    """All of them."""

    cases: Table
    stands: Table
    workers: Table
    nothing: Table
    many: Table
    chips: tuple[Chip, ...]
    filter: Filter
    wrong_filter: Filter


def samples() -> Tables:
    """The tables."""
    return Tables(
        cases=_cases(),
        stands=_stands(),
        workers=_workers(),
        nothing=Table(
            "Nothing",
            (Column("a", "A"),),
            (),
            empty=Empty("No suite yet.", Action("Upload a suite", href="#")),
        ),
        many=_many(),
        chips=(
            Chip("All", "#", "400", current=True),
            Chip("Failed", "#", "41"),
            Chip("Errored", "#", "8"),
            Chip("Unscored", "#", "5"),
            Chip("Changed since v12", "#", "46"),
        ),
        filter=Filter("#", label="Filter cases", placeholder="Filter: tag:refund score<0.5"),
        wrong_filter=Filter(
            "#", "scor<0.5", "Filter cases", problem="scor is no field; did you mean 'score'?", name="wrong"
        ),
    )


_COLUMNS = (
    Column("case", "Case"),
    Column("result", "Result", card=Card.CORNER),
    Column("input", "Input", shape=Shape.GROWING),
    Column("expected", "Expected", priority=3),
    Column("got", "Got", priority=2),
    Column("score", "Score", sort=Sort("#", Direction.UP), priority=2),
    Column("latency_ms", "Latency", shape=Shape.NUMBER, priority=3, sort=Sort("#")),
    Column("cost", "Cost", shape=Shape.NUMBER, priority=3, sort=Sort("#")),
)
_CASES = (
    ("refund-017", "fail", "Your courier lost my parcel and the shop says wait. I want my money back", 0.33),
    ("other-041", "error", "Hi, do you ship to the Azores? And is there a student price?", None),
    ("tech-009", "pass", "App closes when I open the export screen on Android 15", 1.0),
    ("refund-044", "unscored", "I changed my mind after 20 days, is that all right?", None),
    ("tech-118", "pass", "Login code never arrives, tried three phones since Monday", 0.94),
)


def _cases() -> Table:
    rows = tuple(
        Row(
            name,
            (
                Text(name, mono=True),
                Badges((known(result),)),
                Text(text, muted=True, title=text),
                Text("refund · high"),
                Text("technical · high"),
                Score(Meter(value), "unscored" if value is None else f"{value:.2f}"),
                Number(milliseconds(1204 + number), 1204 + number),
                Number(money(410_000 + number), 410_000 + number),
            ),
            href="#",
            open=number == 0,
            expands=True,
            failed=result in {"fail", "error"},
        )
        for number, (name, result, text, value) in enumerate(_CASES)
    )
    keys = ((("j", "k"), "move"), (("Enter",), "open"), (("n",), "next failure"))
    return Table("Cases", _COLUMNS, rows, Pager(1, 50, 400, next="#", keys=keys))


def _tag(one: tuple[str, int, float, float, float], scale: Scale) -> Row:
    name, n, point, low, high = one
    words = percent_interval(low, high)
    mark = IntervalMark(low, point, high, scale, f"{percent(point)}, {words}", line=0.865)
    cells = (
        Link(name, "#"),
        Number(exact(n), n),
        Number(percent(point), point),
        Range(mark),
        Number(words, muted=True),
    )
    return Row(name, cells)


def _stands() -> Table:
    scale = Scale(0.5, 1.0)
    found = (
        ("billing", 128, 0.914, 0.852, 0.952),
        ("technical", 141, 0.894, 0.832, 0.935),
        ("refund", 74, 0.797, 0.692, 0.873),
    )
    rows = tuple(_tag(one, scale) for one in found)
    columns = (
        Column("tag", "Tag"),
        Column("n", "n", shape=Shape.NUMBER, priority=2),
        Column("pass_rate", "Pass", shape=Shape.NUMBER, card=Card.CORNER),
        Column("interval", "50 % to 100 %", shape=Shape.GROWING),
        Column("ends", "Interval", shape=Shape.NUMBER, priority=2),
    )
    group = Row("scorers", group=("Scorer", "", "Mean", "bootstrap by case", ""))
    mark = IntervalMark(0.861, 0.887, 0.911, scale, "0.887, 0.861 to 0.911")
    scorer = Row(
        "field_match",
        (
            Text("field_match", mono=True),
            Number("387", 387),
            Number(score(0.887), 0.887),
            Range(mark),
            Number("0.861 to 0.911", muted=True),
        ),
    )
    return Table("Where it stands", columns, (*rows, group, scorer))


def _workers() -> Table:
    columns = (
        Column("name", "Name", sort=Sort("#", Direction.UP)),
        Column("kind", "Kind", priority=2),
        Column("state", "", card=Card.CORNER),
        Column("changed", "Changed", priority=2),
        Column("", "", card=Card.HIDDEN, shape=Shape.NUMBER),
    )
    rows = tuple(
        Row(
            name,
            (
                Link(name, "#", mono=True),
                Text("llm"),
                Badges((known(state),)),
                Moment(1_763_647_380_000_000),
                Act(
                    (
                        Action("Test", href="#"),
                        Action("Delete", dialog="gallery-dialog", icon="trash", icon_only=True),
                    )
                ),
            ),
            marker=number < 2,
            last_marked=number == 1,
        )
        for number, (name, state) in enumerate(
            (("ticket-triage", "paused"), ("summarize", "paused"), ("x" * 90, "stale"))
        )
    )
    return Table("Workers", columns, rows, select="run")


def _many() -> Table:
    columns = (Column("name", "Name"), Column("n", "n", shape=Shape.NUMBER))
    rows = tuple(
        Row(f"many-{one}", (Text(f"case-{one:05}"), Number(exact(one), one))) for one in range(9_951, 9_956)
    )
    return Table("Ten thousand", columns, rows, Pager(9_951, 9_955, 10_000, previous="#", next="#"))
