"""The tables of dead letters: those of one state, and what was replayed."""

from dataclasses import dataclass

from loom.core.ids import LetterId, text
from loom.router.models import Letter, LetterPage, LetterState, Replay, ReplayPage
from loom.workshop.pages.addresses import address
from loom.workshop.pages.format import exact
from loom.workshop.views.actions import Action
from loom.workshop.views.badges import Badge
from loom.workshop.views.cells import Act, Badges, Moment, Number, Text
from loom.workshop.views.feedback import Empty
from loom.workshop.views.tables import Card, Column, Pager, Row, Shape, Table
from loom.workshop.views.tones import Tone

__all__ = ["HOME", "START", "LetterQuery", "MeshState", "letters_table", "replays_table"]

HOME = "/dead-letters"
START = "loom workshop --nats-url nats://localhost:4222"
_TASK_SHOWN = 12
_SENDING_US = 10 * 1_000_000


@dataclass(frozen=True, slots=True)
class LetterQuery:
    """What one looks at."""

    state: LetterState = LetterState.WAITING
    before: int | None = None
    open: LetterId | None = None
    log: int | None = None
    """Where the page of the replay log begins."""

    def address(self, *, opened: LetterId | None = None) -> str:
        """The same, with another letter open."""
        return address(
            HOME,
            state=None if self.state is LetterState.WAITING else self.state.value,
            before=None if self.before is None else str(self.before),
            open=text(opened) if opened else None,
            log=None if self.log is None else str(self.log),
        )


@dataclass(frozen=True, slots=True)
class MeshState:
    """Where letters come from."""

    given: bool
    """Somebody has said where the mesh is."""

    trouble: str | None
    """Why it cannot be reached."""

    refused: str = ""
    """Why it did not take what was to be replayed just now."""


def letters_table(
    found: LetterPage,
    query: LetterQuery,
    *,
    mesh: MeshState | None = None,
    may_run: bool = False,
) -> Table:
    """The same as a table, for its twins too."""
    left = query.state is not LetterState.WAITING
    gone = (Column("left", query.state.capitalize(), priority=2), Column("by", "By", priority=3))
    columns = (
        Column("worker", "Worker"),
        Column("reason", "Reason", shape=Shape.GROWING),
        Column("task", "Task", priority=3),
        Column("bytes", "Bytes", shape=Shape.NUMBER, priority=3),
        Column("arrived", "Arrived", card=Card.CORNER),
        *(gone if left else ()),
        Column("acts", "", card=Card.LINE),
    )
    rows = tuple(_row(one, index, query, mesh=mesh, may_run=may_run) for index, one in enumerate(found.items))
    return Table("Dead letters", columns, rows, _pager(found, query), _empty(query, mesh), region="letters")


def replays_table(found: ReplayPage, query: LetterQuery, *, now_us: int) -> Table:
    """What was sent again, newest first."""
    older = LetterQuery(query.state, query.before, None, found.next).address() if found.next else None
    newest = LetterQuery(query.state, query.before).address() if query.log is not None else None
    pager = Pager(1, len(found.items), previous=newest, next=older) if older or newest else None
    columns = (
        Column("worker", "Worker"),
        Column("task", "Task", priority=3),
        Column("reason", "Was dead because", shape=Shape.GROWING, priority=2),
        Column("outcome", "Outcome", card=Card.CORNER),
        Column("replayed", "Replayed"),
        Column("by", "By", priority=2),
    )
    rows = tuple(_replay(one, now_us) for one in found.items)
    return Table("Replays", columns, rows, pager, Empty("Nothing was replayed yet."))


def _row(letter: Letter, index: int, query: LetterQuery, *, mesh: MeshState | None, may_run: bool) -> Row:
    opened = letter.id == query.open
    left = (Moment(letter.left_us), Text(letter.left_by or ""))
    return Row(
        text(letter.id),
        (
            Text(letter.worker_type or "not said"),
            Text(letter.reason, title=letter.reason),
            _task(letter.task_id, whole=mesh is None),
            Number(exact(letter.size), letter.size),
            Moment(letter.at_us),
            *(left if query.state is not LetterState.WAITING else ()),
            Act((_replay_action(letter, index, mesh),) if may_run else ()),
        ),
        href=query.address(opened=None if opened else letter.id),
        open=opened,
        expands=True,
    )


def _task(task_id: str | None, *, whole: bool = False) -> Text:
    """Ids differ at their end; twins have them whole."""
    name = task_id or ""
    cut = len(name) > _TASK_SHOWN and not whole
    return Text(f"…{name[-_TASK_SHOWN:]}" if cut else name, title=name if cut else "", mono=True, muted=True)


def _replay_action(letter: Letter, index: int, mesh: MeshState | None) -> Action:
    label = "Replay again" if letter.state is LetterState.REPLAYED else "Replay"
    why_not = None if mesh is None or mesh.given else "No mesh is connected"
    fields = (("entry_id", text(letter.id)),)
    return Action(label, post=f"{HOME}/{index}/replay", fields=fields, icon="history", why_not=why_not)


def _replay(one: Replay, now_us: int) -> Row:
    if one.sent_us is not None:
        outcome = Badge("sent", Tone.PASS, "check")
    elif now_us - one.begun_us < _SENDING_US:
        outcome = Badge("sending", Tone.ACCENT, "dot")
    else:
        said = "Whoever sent it ended before they knew whether it was: it may be done twice"
        outcome = Badge("not known", Tone.WARNING, "triangle", said)
    return Row(
        one.id.hex(),
        (
            Text(one.worker_type or "not said"),
            _task(one.task_id),
            Text(one.reason, title=one.reason),
            Badges((outcome,)),
            Moment(one.sent_us or one.begun_us),
            Text(one.principal),
        ),
    )


def _pager(found: LetterPage, query: LetterQuery) -> Pager:
    counts = found.counts
    total = dict(zip(LetterState, (counts.waiting, counts.replayed, counts.cleared), strict=True))
    newest = LetterQuery(query.state).address() if query.before is not None else None
    older = LetterQuery(query.state, found.next).address() if found.next else None
    first, last = found.newer + 1, found.newer + len(found.items)
    return Pager(first, last, total[query.state], newest, older)


def _empty(query: LetterQuery, mesh: MeshState | None) -> Empty:
    if query.state is not LetterState.WAITING:
        return Empty(f"No letter was {query.state}.")
    if mesh is not None and not mesh.given:
        said = "No mesh is connected. Start the Workshop with the address of its NATS server"
        return Empty(f"{said}: tasks that no worker could be given are then kept here.", command=START)
    if mesh is not None and mesh.trouble:
        return Empty("No dead letters are kept here.")
    return Empty("No dead letters: every task found its way.")
