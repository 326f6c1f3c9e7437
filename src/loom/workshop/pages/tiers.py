"""The page of tiers: what each leads to, as one form."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from loom.calls.book.tiers import Mapped
from loom.core.errors import Problem
from loom.core.spelling import nearest
from loom.workshop.pages.settings import Frame, frame
from loom.workshop.views.feedback import Banner
from loom.workshop.views.forms import Field, by_field
from loom.workshop.views.tones import Tone

__all__ = ["HOME", "TiersPage", "Unsaved", "tiers_page"]

HOME = "/settings/tiers"
_MODELS = "known-models"
_LABELS = {
    "local": "Local: a model of one's own",
    "standard": "Standard: what most workers ask",
    "frontier": "Frontier: the strongest",
    "default": "Otherwise: tiers that lead nowhere",
}


@dataclass(frozen=True, slots=True)
class Unsaved:
    """What was sent and not saved, and why."""

    sent: Mapping[str, str]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class TiersPage:
    """The form, and the names it offers."""

    frame: Frame
    fields: tuple[Field, ...]
    models_id: str
    models: tuple[str, ...]
    saved: str
    unsaved: bool


def tiers_page(
    all_: Sequence[Mapped],
    models: Mapping[str, Sequence[str]],
    *,
    saved: str = "",
    unsaved: Unsaved | None = None,
) -> TiersPage:
    """The page; `models` are those of each endpoint, as far as they are known."""
    problems, sent = (unsaved.problems, unsaved.sent) if unsaved else ((), None)
    wrong, names = by_field(problems), {one.name for one in all_}
    fields = tuple(_field(one, sent, wrong.get(one.name, "")) for one in all_)
    others = (Banner(str(problem), Tone.FAIL) for problem in problems if problem.field not in names)
    banners = (*others, *_unlisted(all_, models))
    offered = tuple(name for one in models for name in (one, *(f"{one}/{model}" for model in models[one])))
    surround = frame("Tiers", HOME, banners=banners)
    return TiersPage(surround, fields, _MODELS, offered, saved, unsaved is not None)


def _unlisted(all_: Iterable[Mapped], models: Mapping[str, Sequence[str]]) -> Iterator[Banner]:
    """Some servers answer to more names than they list, so this refuses nothing."""
    for one in all_:
        target = one.target
        listed = models.get(target.endpoint) if target else None
        if target and target.model and listed and target.model not in listed:
            near = nearest(target.model, listed)
            meant = f" Did you mean {target.endpoint}/{near}?" if near else ""
            said = f"{target.endpoint} lists no model '{target.model}', and '{one.name}' asks it for that."
            yield Banner(said + meant, Tone.WARNING)


def _field(one: Mapped, sent: Mapping[str, str] | None, problem: str) -> Field:
    said = _spelled(one) if one.changed else ""
    return Field(
        one.name,
        _LABELS[one.name],
        value=said if sent is None else sent.get(one.name, ""),
        placeholder="endpoint/model, or an endpoint",
        help=_otherwise(one),
        problem=problem,
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
