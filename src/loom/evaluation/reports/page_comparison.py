"""The part of an HTML report that holds a run beside another, case by case."""

from collections.abc import Iterator, Sequence

from loom.evaluation.comparing.comparison import Comparison, Difference
from loom.evaluation.reports.markup import safe, table
from loom.evaluation.reports.pictures import difference_plot
from loom.evaluation.reports.words import percent, points

__all__ = ["comparison"]

_MOST_NAMES = 200
_OPEN = 12


def comparison(result: Comparison, main: Difference) -> Iterator[str]:
    """What differs, by how much, and which cases flipped. `main` is the difference that the verdict is about."""
    yield "<h2>Compared case by case</h2>\n"
    label = f"difference in {result.measure}"
    yield f'<div class="compared"><figure>{difference_plot(main.change.mean, main.change.interval, label)}'
    yield f"<figcaption>{label.capitalize()}, in points: worse to the left, better to the right.</figcaption>"
    yield "</figure>\n"
    both = (("pass rate", result.pass_rate), ("score", result.score))
    rows = [_compared(name, one) for name, one in both if one is not None]
    yield table(("", "before", "this run", "difference", "95 % interval"), rows) + "</div>\n"
    names = (
        ("fixed", result.fixed),
        ("broken", result.broken),
        ("only in this run", result.only_b),
        ("only in the other", result.only_a),
    )
    for said, listed in names:
        yield _names(said, listed, sealed=result.sealed)


def _compared(label: str, one: Difference) -> tuple[str, ...]:
    low, high = one.change.interval.low, one.change.interval.high
    return label, percent(one.a), percent(one.b), points(one.change.mean), f"[{points(low)}, {points(high)}]"


def _names(label: str, names: Sequence[str], *, sealed: bool) -> str:
    """How many, and which, unless they are sealed."""
    if not names:
        return ""
    said = f"<strong>{len(names):,}</strong> {label}"
    if sealed:
        return f"<p>{said}</p>\n"
    listed = "".join(f"<li>{safe(name)}</li>" for name in names[:_MOST_NAMES])
    more = f"<li>and {len(names) - _MOST_NAMES:,} more</li>" if len(names) > _MOST_NAMES else ""
    is_open = " open" if len(names) <= _OPEN else ""
    return f'<details class="flips"{is_open}><summary>{said}</summary><ul class="names">{listed}{more}</ul></details>\n'
