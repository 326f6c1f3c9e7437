"""The page of dead letters: what the mesh could not hand to any worker, and what was sent again."""

from collections.abc import Iterator
from dataclasses import dataclass

from loom.core.ids import text
from loom.core.jsonvalue import Json
from loom.delivery.models import LETTERS
from loom.router.models import Clearing, Counts, LetterPage, LetterState, ReplayPage
from loom.workshop.pages.addresses import address
from loom.workshop.pages.format import exact, moment
from loom.workshop.pages.letter_tables import (
    HOME,
    START,
    LetterQuery,
    MeshState,
    letters_table,
    replays_table,
)
from loom.workshop.views.actions import Action, ActionTone, Header
from loom.workshop.views.badges import Badge
from loom.workshop.views.code import Code
from loom.workshop.views.feedback import Banner, Dialog
from loom.workshop.views.tables import Chip, Table
from loom.workshop.views.tones import Tone

__all__ = ["Letters", "LettersPage", "letters_page"]

_UNDO_US = 3600 * 1_000_000
"""So long a clearing is offered to be taken back; after that its letters are still under `cleared`."""


@dataclass(frozen=True, slots=True)
class Letters:
    """What the store holds of what one looks at."""

    found: LetterPage
    task: Json | None
    """Of the letter that is open."""

    replays: ReplayPage
    clearing: Clearing | None


@dataclass(frozen=True, slots=True)
class LettersPage:
    """Dead letters, and the log of what was replayed."""

    header: Header
    banners: tuple[Banner, ...]
    stream: str
    after: int
    address: str
    chips: tuple[Chip, ...]
    actions: tuple[Action, ...]
    dialog: Dialog | None
    """Before many tasks are done again."""

    table: Table
    task: Code | None
    replays: Table


def letters_page(
    letters: Letters, query: LetterQuery, mesh: MeshState, *, after: int, now_us: int, may_run: bool
) -> LettersPage:
    """The page, as of event `after` of the stream of dead letters."""
    dialog = _replay_all(letters.found, query, mesh) if may_run else None
    return LettersPage(
        Header(
            "Dead letters",
            badges=_connection(mesh),
            meta=("Tasks that could not be handed to any worker",),
            more=(
                Action("As JSON", href=address(f"{HOME}.json", state=query.state), icon="download"),
                Action("As CSV", href=address(f"{HOME}.csv", state=query.state), icon="download"),
            ),
        ),
        _banners(letters, mesh, now_us=now_us, may_run=may_run),
        f"/events/{LETTERS}",
        after,
        query.address(opened=query.open),
        _chips(letters.found.counts, query),
        tuple(_actions(letters.found, query, dialog)) if may_run else (),
        dialog,
        letters_table(letters.found, query, mesh=mesh, may_run=may_run),
        Code.of_value(letters.task, "Task") if letters.task is not None else None,
        replays_table(letters.replays, query, now_us=now_us),
    )


def _connection(mesh: MeshState) -> tuple[Badge, ...]:
    if not mesh.given:
        return ()
    return (
        Badge("not connected", Tone.WARNING, "triangle")
        if mesh.trouble
        else Badge("connected", Tone.PASS, "check"),
    )


def _banners(letters: Letters, mesh: MeshState, *, now_us: int, may_run: bool) -> tuple[Banner, ...]:
    banners: list[Banner] = []
    if mesh.refused:
        banners.append(Banner(f"The task was not replayed: {mesh.refused}.", Tone.FAIL))
    if mesh.trouble:
        said = "It is looked for again and again; letters that are sent meanwhile do not come here."
        banners.append(Banner(f"{mesh.trouble}. {said}", Tone.WARNING))
    elif not mesh.given and letters.found.counts != Counts(0, 0, 0):
        said = "No mesh is connected: no letters come, and none can be replayed."
        banners.append(Banner(f"{said} Start with {START}."))
    clearing = letters.clearing
    if may_run and clearing is not None and now_us - clearing.at_us < _UNDO_US:
        undo = Action("Undo", post=f"{HOME}/undo", fields=(("clearing", clearing.id.hex()),))
        what = "1 letter was" if clearing.letters == 1 else f"{exact(clearing.letters)} letters were"
        banners.append(
            Banner(f"{what} cleared by {clearing.principal} ({moment(clearing.at_us)}).", action=undo)
        )
    return tuple(banners)


def _chips(counts: Counts, query: LetterQuery) -> tuple[Chip, ...]:
    numbers = (counts.waiting, counts.replayed, counts.cleared)
    return tuple(
        Chip(state.capitalize(), LetterQuery(state).address(), exact(number), current=state is query.state)
        for state, number in zip(LetterState, numbers, strict=True)
    )


def _replay_all(found: LetterPage, query: LetterQuery, mesh: MeshState) -> Dialog | None:
    """A question first: each task costs, and none can be taken back."""
    if not mesh.given or query.state is not LetterState.WAITING or len(found.items) < 2:
        return None
    label = f"Replay these {exact(len(found.items))}"
    fields = tuple(("entry_id", text(one.id)) for one in found.items)
    action = Action(label, post=f"{HOME}/replay", fields=fields, tone=ActionTone.FILLED)
    return Dialog("replay-letters", "Have these tasks done again?", action)


def _actions(found: LetterPage, query: LetterQuery, dialog: Dialog | None) -> Iterator[Action]:
    """Clears only what whoever clears can have seen: what comes meanwhile stays."""
    if dialog is not None:
        yield Action(dialog.action.label, post=dialog.action.post, icon="history", dialog=dialog.id)
    if query.state is LetterState.WAITING and query.before is None and found.items:
        fields = (("newest", str(found.items[0].row)),)
        yield Action("Clear all", post=f"{HOME}/clear", fields=fields, icon="trash")
