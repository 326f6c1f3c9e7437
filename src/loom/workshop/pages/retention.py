"""The page of retention: how long things are kept, and what would go now."""

from collections.abc import Mapping
from dataclasses import dataclass

from loom.core.bounds import DAYS
from loom.core.errors import Problem
from loom.core.system_settings import SystemSettings
from loom.evaluation.retention.service import Pruned
from loom.workshop.pages.settings import Frame, frame
from loom.workshop.views.actions import Action, ActionTone
from loom.workshop.views.feedback import Banner, Dialog, Toast
from loom.workshop.views.forms import Field, FieldKind, by_field, whole
from loom.workshop.views.tones import Tone

__all__ = ["AGREED", "FIELDS", "HOME", "RetentionPage", "Unsaved", "agreement", "retention_page"]

HOME = "/settings/retention"
FIELDS = ("retention_test_days", "retention_run_days", "retention_audit_days")
AGREED = "agreed"
"""Names the periods that somebody agreed to lose things for."""

_DIALOG = "prune-dialog"
_SHORTER = "Not saved yet. These periods would delete, for good and within hours, what is older:"
_LABELS = {
    "retention_test_days": ("Days to keep tests", "What was tried on the bench. Empty: for ever."),
    "retention_run_days": ("Days to keep runs", "Evaluations, re-scorings, judgings. Empty: for ever."),
    "retention_audit_days": ("Days to keep the audit log", "Who did what. Empty: for ever."),
}


@dataclass(frozen=True, slots=True)
class Unsaved:
    """What was sent and not saved, and why."""

    sent: Mapping[str, str]
    problems: tuple[Problem, ...] = ()
    going: Pruned | None = None
    """What it would delete, to which nobody agreed yet."""


@dataclass(frozen=True, slots=True)
class RetentionPage:
    """The form, and what can be deleted now."""

    frame: Frame
    fields: tuple[Field, ...]
    saved: str
    unsaved: bool
    agree: Action | None
    """Saves what would delete something."""

    due: str
    delete: Action
    dialog: Dialog


def agreement(sent: Mapping[str, str]) -> str:
    """The periods of `sent`, as `AGREED` names them."""
    return ",".join(sent.get(name, "").strip() for name in FIELDS)


def retention_page(
    kept: SystemSettings,
    due: Pruned,
    *,
    saved: str = "",
    unsaved: Unsaved | None = None,
    toasts: tuple[Toast, ...] = (),
) -> RetentionPage:
    """The page of what is `kept`, of which `due` is older."""
    wrong = by_field(unsaved.problems) if unsaved else {}
    values = unsaved.sent if unsaved else {name: str(getattr(kept, name) or "") for name in FIELDS}
    fields = tuple(_field(name, values.get(name, ""), wrong.pop(name, "")) for name in FIELDS)
    banners = tuple(Banner(what, Tone.FAIL) for what in wrong.values())
    agree = None
    if unsaved and unsaved.going:
        banners += (Banner(f"{_SHORTER} {unsaved.going}.", Tone.WARNING),)
        agree = _agree(unsaved.sent, unsaved.going)
    words = str(due)
    nothing = "Nothing is older than it is kept" if due == Pruned() else None
    go = Action(f"Delete {words}", post=f"{HOME}/prune", tone=ActionTone.DANGER, icon="trash")
    return RetentionPage(
        frame("Retention", HOME, banners=banners, toasts=toasts),
        fields,
        saved,
        unsaved is not None,
        agree,
        f"Older than that now: {words}." if due != Pruned() else "Nothing is older than it is kept.",
        Action("Delete what is older", tone=ActionTone.DANGER, icon="trash", dialog=_DIALOG, why_not=nothing),
        Dialog(_DIALOG, f"Delete {words} for good?", go),
    )


def _field(name: str, value: str, problem: str) -> Field:
    label, help_ = _LABELS[name]
    return Field(name, label, FieldKind.NUMBER, value, help_, problem, attributes=whole(DAYS))


def _agree(sent: Mapping[str, str], going: Pruned) -> Action:
    label = f"Save, and delete {going}"
    return Action(label, tone=ActionTone.DANGER, icon="trash", name=AGREED, value=agreement(sent))
