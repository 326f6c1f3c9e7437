"""The form in which the text of a worker or pipeline is changed, and what it says after a save that was refused."""

from dataclasses import dataclass, replace

from loom.catalog.definitions import read_definition
from loom.catalog.diff import compare_texts
from loom.catalog.library import Source
from loom.catalog.merging import merge_texts
from loom.catalog.models import Change, Ref, Text, Version
from loom.workshop.pages.definitions import address, made
from loom.workshop.pages.format import moment
from loom.workshop.views.actions import Action, ActionTone
from loom.workshop.views.badges import Badge, known
from loom.workshop.views.conflict import Conflict
from loom.workshop.views.diff import diff_view
from loom.workshop.views.feedback import Banner
from loom.workshop.views.forms import Editor, Field, LineProblem
from loom.workshop.views.tones import Tone

__all__ = [
    "FORM",
    "Draft",
    "EditForm",
    "Stored",
    "after_conflict",
    "came_between",
    "draft_banners",
    "edit_form",
    "state_badge",
]

FORM = "definition"
"""The id of the form."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What the editor holds that is not saved, and why not."""

    text: str
    """What was typed; after a conflict with what others saved in it, where that can be put together."""

    description: str
    base: str
    """The hash of the text that saving it will replace."""

    at_lines: tuple[LineProblem, ...] = ()
    conflict: Conflict | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """A definition as it is saved."""

    ref: Ref
    source: Source
    version: Version
    text: str
    problems: tuple[LineProblem, ...]
    invalid: bool


@dataclass(frozen=True, slots=True)
class EditForm:
    """The text of a definition, to be changed."""

    action: str
    base: str
    editor: Editor
    note: str
    description: Field
    unsaved: bool
    """Whether the editor holds what was refused."""

    conflict: Conflict | None


def edit_form(stored: Stored, draft: Draft | None) -> EditForm:
    """The form, with `draft` in it when that was refused."""
    here = address(stored.ref)
    problems = draft.at_lines if draft else stored.problems
    lines = [one.line for one in problems if one.line is not None]
    return EditForm(
        here,
        draft.base if draft else stored.version.hash.hex(),
        Editor(
            "yaml_content",
            draft.text if draft else stored.text,
            f"YAML of {stored.ref.name}",
            validate=f"{here}/validate",
            problems=problems,
            rows=32,
            caret=min(lines) if draft and lines else None,
        ),
        "" if stored.source is Source.OWN else "saving makes a copy of your own",
        Field(
            "description",
            "What changed",
            value=draft.description if draft else "",
            placeholder="What changed, optional",
        ),
        draft is not None,
        draft.conflict if draft else None,
    )


def state_badge(stored: Stored, draft: Draft | None) -> Badge:
    """Whether what the editor holds is valid."""
    wrong = bool(draft.at_lines) if draft else stored.invalid
    return known("invalid" if wrong else "valid")


def draft_banners(draft: Draft | None) -> tuple[Banner, ...]:
    """That nothing was saved and the first reason; of a conflict its own card says more."""
    if draft is None or draft.conflict:
        return ()
    reasons = [f"line {one.line}: {one.text}" if one.line else one.text for one in draft.at_lines]
    more = f" (and {len(reasons) - 1} more, below)" if len(reasons) > 1 else ""
    first = f": {reasons[0]}{more}" if reasons else "."
    return (Banner(f"Nothing was saved{first}", Tone.FAIL),)


def after_conflict(typed: Draft, before: str | None, now: Text) -> Draft:
    """`typed` to go on from, which was `before` once and is `now` saved by someone else; both, where that is valid."""
    theirs = now.content.decode(errors="replace").replace("\r\n", "\n")
    draft = replace(typed, base=now.version.hash.hex())
    both = None if before is None else merge_texts(before, typed.text, theirs)
    if both is None or not _is_valid(now.ref, both):
        return replace(draft, conflict=_conflict(now, (theirs, typed.text), _SIDES))
    sent = (("yaml_content", typed.text), ("description", typed.description), ("base", draft.base))
    alone = Action("Save only mine", post=address(now.ref), fields=sent, tone=ActionTone.DANGER)
    return replace(draft, text=both, conflict=_conflict(now, (theirs, both), _BOTH, alone))


def _is_valid(ref: Ref, text: str) -> bool:
    return not read_definition(ref.kind, text.encode("utf-8", "surrogatepass"), ref.name).errors


def _conflict(now: Text, texts: tuple[str, str], said: str, alone: Action | None = None) -> Conflict:
    diff = diff_view(compare_texts(*texts), "From what is saved now to what is below")
    return Conflict(f"{_came(now.version)} {said}", diff, address(now.ref), FORM, alone)


def came_between(ref: Ref, version: Version, before: str, now: str) -> Conflict:
    """What `version` of `ref` changed meanwhile, where what was sent is no text."""
    diff = diff_view(compare_texts(before, now))
    rest = "What you sent is still in its form: send it again to change the pipeline as it is now."
    return Conflict(f"{_came(version)} {rest}", diff, address(ref))


_BOTH = (
    "You changed other lines, so the text below has both: theirs, and yours as shown here. "
    "Saving only yours takes theirs out; the history keeps them."
)
_SIDES = (
    "Lines with − are theirs, lines with + are yours. Saving yours takes theirs out; the history keeps them."
)


def _came(version: Version) -> str:
    if version.change is Change.FOUND:
        seen = moment(version.at_us)
        return f"v{version.number} came between: the file was changed outside Loom, seen {seen}."
    note = f", {version.note}" if version.note else ""
    return f"v{version.number} came between: {made(version)}{note}."
