"""The page of retention: how long things are kept, and what would go now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from loom.core.errors import Problem
from loom.core.system_settings import SystemSettings
from loom.evaluation.retention.service import Pruned
from loom.workshop.pages.settings import Frame, frame
from loom.workshop.views.actions import Action, ActionTone
from loom.workshop.views.feedback import Banner, Dialog, Toast
from loom.workshop.views.forms import Field, FieldKind
from loom.workshop.views.tones import Tone

__all__ = ["FIELDS", "HOME", "RetentionPage", "retention_page"]

HOME = "/settings/retention"
FIELDS = ("retention_test_days", "retention_run_days", "retention_audit_days")
_DIALOG = "prune-dialog"
_LABELS = {
    "retention_test_days": ("Days to keep tests", "What was tried on the bench. Empty: for ever."),
    "retention_run_days": ("Days to keep runs", "Evaluations, re-scorings, judgings. Empty: for ever."),
    "retention_audit_days": ("Days to keep the audit log", "Who did what. Empty: for ever."),
}


@dataclass(frozen=True, slots=True)
class RetentionPage:
    """The form, and what can be deleted now."""

    frame: Frame
    fields: tuple[Field, ...]
    saved: str
    due: str
    delete: Action
    dialog: Dialog


def retention_page(
    kept: SystemSettings,
    due: Pruned,
    *,
    saved: str = "",
    sent: Mapping[str, str] | None = None,
    problems: Iterable[Problem] = (),
    toasts: tuple[Toast, ...] = (),
) -> RetentionPage:
    """The page; `sent` was refused for `problems`."""
    wrong = {problem.field: problem.what for problem in problems}
    values = {name: str(getattr(kept, name) or "") for name in FIELDS} if sent is None else sent
    fields = tuple(
        Field(
            name,
            _LABELS[name][0],
            FieldKind.NUMBER,
            values.get(name, ""),
            _LABELS[name][1],
            wrong.pop(name, ""),
            attributes=(("min", "1"), ("step", "1")),
        )
        for name in FIELDS
    )
    banners = tuple(Banner(what, Tone.FAIL) for what in wrong.values())
    words = str(due)
    nothing = "Nothing is older than it is kept" if due == Pruned() else None
    go = Action(f"Delete {words}", post=f"{HOME}/prune", tone=ActionTone.DANGER, icon="trash")
    return RetentionPage(
        frame("Retention", HOME, banners=banners, toasts=toasts),
        fields,
        saved,
        f"Older than that now: {words}." if due != Pruned() else "Nothing is older than it is kept.",
        Action("Delete what is older", tone=ActionTone.DANGER, icon="trash", dialog=_DIALOG, why_not=nothing),
        Dialog(_DIALOG, f"Delete {words} for good?", go),
    )
