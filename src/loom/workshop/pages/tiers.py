"""The page of tiers: what each leads to, as one form."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from loom.calls.book.tiers import Mapped
from loom.core.errors import Problem
from loom.workshop.pages.settings import Frame, frame
from loom.workshop.views.feedback import Banner
from loom.workshop.views.forms import Field, at_field
from loom.workshop.views.tones import Tone

__all__ = ["HOME", "TiersPage", "tiers_page"]

HOME = "/settings/tiers"
_MODELS = "known-models"
_LABELS = {
    "local": "Local: a model of one's own",
    "standard": "Standard: what most workers ask",
    "frontier": "Frontier: the strongest",
    "default": "Otherwise: tiers that lead nowhere",
}


@dataclass(frozen=True, slots=True)
class TiersPage:
    """The form, and the names it offers."""

    frame: Frame
    fields: tuple[Field, ...]
    models_id: str
    models: tuple[str, ...]
    saved: str


def tiers_page(
    all_: Iterable[Mapped],
    models: Iterable[str],
    *,
    saved: str = "",
    sent: Mapping[str, str] | None = None,
    problems: Iterable[Problem] = (),
) -> TiersPage:
    """The page; `models` are offered as `endpoint/model`, `sent` was refused for `problems`."""
    wrong = {problem.field: problem for problem in problems}
    fields = tuple(_field(one, sent, wrong.pop(one.name, None)) for one in all_)
    banners = tuple(Banner(str(problem), Tone.FAIL) for problem in wrong.values())
    return TiersPage(frame("Tiers", HOME, banners=banners), fields, _MODELS, tuple(models), saved)


def _field(one: Mapped, sent: Mapping[str, str] | None, problem: Problem | None) -> Field:
    said = _spelled(one) if one.changed else ""
    wrong = at_field(problem) if problem else ""
    return Field(
        one.name,
        _LABELS[one.name],
        value=said if sent is None else sent.get(one.name, ""),
        placeholder="endpoint/model, or an endpoint",
        help=_otherwise(one),
        problem=wrong,
        mono=True,
        attributes=(("list", _MODELS), ("autocomplete", "off")),
    )


def _otherwise(one: Mapped) -> str:
    if one.of_settings is not None:
        return f"Empty: {one.of_settings}, as the settings say."
    if one.tier is None:
        return "Empty: the first endpoint, with the model it has."
    return "Empty: as the last field says."


def _spelled(one: Mapped) -> str:
    return str(one.target) if one.target else ""
