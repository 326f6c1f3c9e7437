"""How a leaderboard looks: who may be best, then every run with its interval and how far it is behind."""

from typing import TYPE_CHECKING

from loom.cli.show.console import Part, console, put
from loom.cli.show.format import percent, points, show_usd
from loom.cli.show.marks import marked_model, show_legend
from loom.cli.show.table import show_table
from loom.core.ids import short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loom.evaluation.comparing.leaderboard import Leaderboard, Place
    from loom.evaluation.store import RunRow

__all__ = ["show_leaderboard"]

_WIDE = 90
_NUMBERS = (0, 4, 5, 6, 7, 8)


def show_leaderboard(board: "Leaderboard", runs: "Sequence[RunRow]") -> None:
    """The answer first: the best, or those that cannot be told from the first."""
    rows: dict[bytes | None, RunRow] = {run.id: run for run in runs}
    first = board.places[0]
    console().print()
    if board.best is not None:
        claim = f"{board.measure} {percent(first.value)}, every other run is behind; n = {board.cases:,}"
        put(claim, label=(f"✓ BEST {board.best}  ", "pass"))
    else:
        more = (
            f"; about {board.cases_needed:,} more cases would tell the first two apart"
            if board.cases_needed
            else ""
        )
        claim = f"{len(board.tied)} of {len(runs)} runs may be the best, n = {board.cases:,}{more}"
        put(claim, label=("= NO SINGLE BEST  ", "warn"))
    console().print()
    measure = str(board.measure)
    head = ("", "run", "worker", "model", measure, "95 % interval", "behind", "p", "cost per case")
    kept = (0, 1, 2, 4, 5, 6, 7) if console().width < _WIDE else range(len(head))
    places = [
        _place(number, place, rows[place.run_id], sealed=board.sealed)
        for number, place in enumerate(board.places, 1)
    ]
    numbers = [at for at, column in enumerate(kept) if column in _NUMBERS]
    show_table([[row[at] for at in kept] for row in places], [head[at] for at in kept], right=numbers)
    console().print()
    put(("● may be the best   p: as good as the first, adjusted for all pairs", "muted"))
    if board.left_out:
        left = ", ".join(f"{count} of {name}" for name, count in board.left_out)
        put((f"Not compared, since not scored in every run: {left}", "warn"))
    if board.sealed:
        put(("These are sealed cases: choosing by them unseals them.", "warn"))
    show_legend((run, board.sealed) for run in runs)


def _place(number: int, place: "Place", run: "RunRow", *, sealed: bool) -> tuple[Part, ...]:
    mark = "●" if place.tied else " "
    low, high = place.interval.low, place.interval.high
    behind = place.behind
    return (
        f"{mark} {number}",
        (short(run.id), "accent"),
        run.target,
        marked_model(run, sealed=sealed),
        percent(place.value),
        f"[{100 * low:.1f}, {100 * high:.1f}]",
        "" if behind is None else points(behind.mean),
        "" if behind is None else f"{place.p_value:.2g}",
        "–" if place.cost_nano_usd is None else show_usd(round(place.cost_nano_usd)),
    )
