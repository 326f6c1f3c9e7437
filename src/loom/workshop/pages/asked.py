"""Who asks an endpoint: what tiers lead to it, said in words, and the choice of what is asked by default."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from loom.calls.book.joining import says_which
from loom.calls.book.models import EntryId, Listed, Tried
from loom.calls.book.tiers import Mapped
from loom.calls.simulated.sizes import meant_for
from loom.core.endpoint_config import SIMULATED_ENDPOINT, TierTarget
from loom.core.worker_config import Tier
from loom.workshop.views.actions import Action
from loom.workshop.views.feedback import Banner
from loom.workshop.views.forms import Field, FieldKind
from loom.workshop.views.tones import Tone

__all__ = ["Asked", "Book", "asked_by", "asked_view", "saved_banner"]

_MOST_MODELS = 100


@dataclass(frozen=True, slots=True)
class Book:
    """All endpoints, and where tiers lead."""

    listed: tuple[Listed, ...]
    leads: Mapping[Tier, TierTarget]
    """As `Endpoints.leads`."""

    mapped: tuple[Mapped, ...]
    """As `Tiers.all`."""

    tried: Mapping[EntryId, Tried]
    """The last trials, of those that were tried as they are now."""

    @property
    def names(self) -> tuple[str, ...]:
        """The endpoints that can be asked, the first first."""
        return tuple(one.config.name for one in self.listed if one.enabled and not one.hidden)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks an endpoint."""

    said: tuple[str, ...]
    choose: Field | None
    """What is asked by default; None for an endpoint that cannot be asked."""

    post: str
    """Where the choice goes."""


def asked_by(one: Listed, leads: Mapping[Tier, TierTarget]) -> tuple[Tier, ...]:
    """The tiers that lead to `one`."""
    return () if one.hidden else tuple(tier for tier in leads if leads[tier].endpoint == one.config.name)


def asked_view(one: Listed, book: Book, tried: Tried | None, post: str) -> Asked:
    """Who asks `one`; `tried` is its last test."""
    models = _models(one, tried)
    can_be_asked = one.enabled and not one.hidden
    said = tuple(line[0].upper() + line[1:] for line in _sentences(one, book, models))
    return Asked(said, _choice(one, book, models) if can_be_asked else None, post)


def saved_banner(one: Listed, book: Book, tried: Tried | None, before: str, post: str) -> Banner | None:
    """What came of saving `one`: who asks it now, or who does not, and the way back. `before` was asked before."""
    name, tiers = one.config.name, asked_by(one, book.leads)
    if not one.enabled or one.hidden or tried is None:
        return None

    def ask(target: str, label: str) -> Action:
        return Action(label, post=post, fields=(("default", target),))

    if tiers and tried.trial.reached:
        back = ask(before, f"Go on asking {before}") if before in book.names and before != name else None
        return Banner(f"From now on {_sentences(one, book, _models(one, tried))[0]}", Tone.PASS, back)
    if tiers:
        elsewhere = ask(SIMULATED_ENDPOINT, f"Ask {SIMULATED_ENDPOINT} meanwhile")
        what = f"{name} does not answer, and workers of {_tiers(tiers)} ask it."
        return Banner(what, Tone.FAIL, elsewhere)
    now = _others(book)
    if not tried.trial.reached:
        what = f"{name} is saved, and does not answer: workers go on asking {now}."
        return Banner(what, Tone.WARNING, ask(name, "Ask it all the same"))
    if says_which(_models(one, tried)):
        what = f"{name} answers. Workers go on asking {now}."
        return Banner(what, Tone.PLAIN, ask(name, f"Ask {name} from now on"))
    return Banner(f"{name} answers. Workers go on asking {now}, until you choose a model below.")


def _models(one: Listed, tried: Tried | None) -> tuple[str, ...]:
    return one.config.models or (tried.trial.models if tried else ())


def _sentences(one: Listed, book: Book, models: Sequence[str]) -> tuple[str, ...]:
    name, tiers = one.config.name, asked_by(one, book.leads)
    if not one.enabled and tiers:
        return (f"It is off, and {_tiers(tiers)} {_lead(tiers)} to it: those workers are refused.",)
    if not one.enabled:
        return ("It is off: nobody asks it.",)
    if not tiers:
        who = (
            f"No tier leads to it: workers ask {_others(book)}, unless they name it, or a model that it has."
        )
        return (who,)
    by_model: dict[str, list[Tier]] = {}
    for tier in tiers:
        model = book.leads[tier].model or meant_for(tier, models) or ""
        by_model.setdefault(model, []).append(tier)
    told = "; ".join(_told(name, model, of, len(models)) for model, of in by_model.items())
    return (f"{told}.", "One that names an endpoint or a model of its own asks that.")


def _told(name: str, model: str, tiers: Sequence[Tier], models: int) -> str:
    if model:
        return f"workers of {_tiers(tiers)} ask {name}, model {model}"
    if models:
        return f"workers of {_tiers(tiers)} ask {name}, which has {models} models: choose one, or they are refused"
    return f"workers of {_tiers(tiers)} ask {name}, and the model that it has"


def _choice(one: Listed, book: Book, models: Sequence[str]) -> Field:
    name, chosen = one.config.name, book.mapped[-1].target
    value = str(chosen) if chosen else ""
    options = [
        ("", f"the first endpoint, {book.names[0]}"),
        *((other, f"{other}, with its own model") for other in book.names),
        *((f"{name}/{model}", f"{name}, {model}") for model in models[:_MOST_MODELS]),
    ]
    if value not in dict(options):
        options.append((value, value))
    own = [one.tier for one in book.mapped if one.tier and one.target]
    help_ = f"Not {_tiers(own)}: what that leads to is said under Tiers." if own else ""
    label = "Workers that name nothing ask"
    return Field("default", label, FieldKind.SELECT, value, help_, options=tuple(options))


def _others(book: Book) -> str:
    return _and(dict.fromkeys(target.endpoint for target in book.leads.values()))


def _tiers(tiers: Sequence[Tier]) -> str:
    return f"tier {_and(tiers)}"


def _lead(tiers: Sequence[Tier]) -> str:
    return "leads" if len(tiers) == 1 else "lead"


def _and(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
