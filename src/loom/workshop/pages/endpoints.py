"""The pages of endpoints: the list, one endpoint's form, and what a trial of it found. Never holds a key."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from loom.calls.book.models import KeyState, Listed, Place, Trial, Tried
from loom.core.endpoint_config import SIMULATED_ENDPOINT
from loom.core.ids import text
from loom.workshop.pages.asked import Asked, Book, asked_by
from loom.workshop.pages.endpoint_form import LIMITS, EndpointForm, Refused
from loom.workshop.pages.format import clock, milliseconds
from loom.workshop.pages.settings import Frame, frame
from loom.workshop.views.actions import Action, ActionTone, Crumb
from loom.workshop.views.badges import Badge, known
from loom.workshop.views.cells import Act, Badges, Link, Number, Text
from loom.workshop.views.code import Code
from loom.workshop.views.feedback import Banner, Empty, Toast
from loom.workshop.views.tables import Card, Column, Row, Shape, Table
from loom.workshop.views.tones import Tone

__all__ = [
    "HOME",
    "Around",
    "EndpointPage",
    "EndpointsPage",
    "TrialView",
    "endpoint_page",
    "endpoints_page",
    "endpoints_table",
    "kept_banner",
    "name_of",
    "trial_view",
    "tried_view",
    "unasked_view",
]

HOME = "/settings/endpoints"
_PLACES = {
    Place.BOOK: "",
    Place.ENVIRONMENT: "environment",
    Place.FILE: "settings file",
    Place.BUILT_IN: "comes with Loom",
}


@dataclass(frozen=True, slots=True)
class TrialView:
    """What an endpoint answered."""

    name: str
    badge: Badge
    said: str
    problems: tuple[str, ...] = ()
    models: Code | None = None


@dataclass(frozen=True, slots=True)
class EndpointsPage:
    """The list."""

    frame: Frame
    table: Table
    rotate: Action
    removed: Table | None
    """What can still be put back."""

    trial: TrialView | None = None


@dataclass(frozen=True, slots=True)
class EndpointPage:
    """One endpoint: a form, or, for one that the settings define, what they say."""

    frame: Frame
    action: str = ""
    """Where the form goes; empty when it cannot be changed here."""

    test: str = ""
    """Where what stands in the form is tried."""

    facts: tuple[tuple[str, str], ...] = ()
    form: EndpointForm | None = None
    trial: TrialView | None = None
    """Of what stands in the form."""

    tried: TrialView | None = None
    """The last one of what is saved."""

    asked: Asked | None = None


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around the form of an endpoint, or around the list."""

    trial: TrialView | None = None
    tried: TrialView | None = None
    asked: Asked | None = None
    banner: Banner | None = None
    toasts: tuple[Toast, ...] = ()


def name_of(one: Listed) -> str:
    """How addresses call it: the id of one that can be changed, else its name."""
    return text(one.entry.id) if one.entry else one.config.name


def trial_view(name: str, trial: Trial) -> TrialView:
    """What the `trial` of the endpoint called `name` found, as people read it."""
    problems = (trial.problem,) if trial.problem else ()
    if not trial.reached:
        return TrialView(name, known("failed"), "It cannot be used.", problems)
    took = f"Answered in {milliseconds(trial.latency_ms)}"
    if not trial.models:
        badge = Badge("answers", Tone.WARNING, "triangle")
        return TrialView(name, badge, f"{took}, and lists no models.", problems)
    count = "1 model" if len(trial.models) == 1 else f"{len(trial.models):,} models"
    models = Code.of_text("\n".join(trial.models), "text", "Models")
    return TrialView(name, Badge("answers", Tone.PASS, "check"), f"{took} with {count}.", models=models)


def unasked_view(name: str, wrong: tuple[str, ...]) -> TrialView:
    """Why the endpoint called `name` was not asked: what is `wrong` with its form."""
    return TrialView(name, known("failed"), "It was not asked.", wrong)


def tried_view(name: str, tried: Tried | None) -> TrialView | None:
    """The last test, and when that was."""
    if tried is None:
        return None
    view = trial_view(name, tried.trial)
    return replace(view, said=f"{view.said} Tested at {clock(tried.at_us)}.")


def endpoints_page(book: Book, removed: Sequence[Listed], around: Around | None = None) -> EndpointsPage:
    """The list, in the order in which endpoints are asked, and what was `removed` from it."""
    around = around or Around()
    new = Action("Add endpoint", href=f"{HOME}/new", tone=ActionTone.FILLED, icon="plus")
    rotate = Action("Encrypt them with a new key", post=f"{HOME}/rotate")
    banners = (around.banner,) if around.banner else ()
    surround = frame("Endpoints", HOME, actions=(new,), banners=banners, toasts=around.toasts)
    gone = _removed(removed) if removed else None
    return EndpointsPage(surround, endpoints_table(book), rotate, gone, around.trial)


def kept_banner(one: Listed, why: str, *, leading: bool) -> Banner:
    """Why `one` was not removed; when tiers lead to it, with the ways out."""
    if not leading:
        return Banner(why, Tone.FAIL)
    label = f"Ask {SIMULATED_ENDPOINT} instead, and remove it"
    instead = Action(
        label,
        post=f"{HOME}/{name_of(one)}/remove",
        tone=ActionTone.DANGER,
        fields=(("instead", SIMULATED_ENDPOINT),),
    )
    return Banner(why, Tone.FAIL, Action("Tiers", href="/settings/tiers"), instead)


def endpoints_table(book: Book) -> Table:
    """The same as a table, for its twins too."""
    columns = (
        Column("name", "Endpoint"),
        Column("kind", "Kind", priority=3),
        Column("url", "Address", priority=2, shape=Shape.GROWING),
        Column("key", "Key", priority=3),
        Column("models", "Models", shape=Shape.NUMBER, priority=3),
        Column("asked", "Asked by tier", shape=Shape.GROWING, card=Card.NAMED),
        Column("state", "State", card=Card.CORNER),
        Column("act", ""),
    )
    return Table(
        "Endpoints",
        columns,
        tuple(_row(one, book) for one in book.listed),
        empty=Empty("No endpoints."),
    )


def endpoint_page(
    one: Listed | None,
    refused: Refused | None = None,
    around: Around | None = None,
) -> EndpointPage:
    """The page of `one`, or of a new endpoint; `refused` is what was typed and not saved."""
    around = around or Around()
    if one is not None and one.entry is None:
        return _defined_elsewhere(one, around)
    form = EndpointForm.of(one, refused)
    title = one.config.name if one else "New endpoint"
    here = f"{HOME}/{name_of(one)}" if one else HOME
    remove = Action("Remove", post=f"{here}/remove", tone=ActionTone.DANGER, icon="trash")
    surround = frame(
        title,
        HOME,
        crumbs=(Crumb(title),),
        actions=(remove,) if one else (),
        banners=(*((around.banner,) if around.banner else ()), *_hidden(one), *form.unplaced),
        toasts=around.toasts,
    )
    test = f"{here}/test" if one else f"{HOME}/new/test"
    page = EndpointPage(surround, here, test, form=form)
    return replace(page, trial=around.trial, tried=around.tried, asked=around.asked)


def _removed(removed: Sequence[Listed]) -> Table:
    rows = (
        Row(
            name_of(one),
            (
                Text(one.config.name),
                Text(one.config.url, muted=True, mono=True),
                Act((Action("Put it back", post=f"{HOME}/{name_of(one)}/restore"),)),
            ),
        )
        for one in removed
    )
    columns = Column("name", "Endpoint"), Column("url", "Address", shape=Shape.GROWING), Column("act", "")
    return Table("Removed endpoints", columns, tuple(rows))


def _defined_elsewhere(one: Listed, around: Around) -> EndpointPage:
    config = one.config
    limits = [
        f"{label}: {value:,}" for name, label in LIMITS.items() if (value := getattr(config.limits, name))
    ]
    facts = (
        ("Address", config.url or "in this process"),
        ("Kind", str(config.kind)),
        ("Key", one.key_source or "none"),
        ("Headers", "; ".join(map(_header_words, one.headers)) or "none"),
        ("Models", ", ".join(config.models) or "those that it lists"),
        ("Limits", "; ".join(limits) or "none"),
        ("Defined in", _PLACES[one.place]),
    )
    test = Action("Test", post=f"{HOME}/{name_of(one)}/test", icon="lightning")
    banner = Banner("It is changed where it is defined, and stands here to be looked at and tried.")
    surround = frame(
        config.name,
        HOME,
        crumbs=(Crumb(config.name),),
        actions=(test,),
        banners=(banner,),
        toasts=around.toasts,
    )
    return EndpointPage(surround, facts=facts, trial=around.trial, asked=around.asked)


def _header_words(header: tuple[str, str, KeyState]) -> str:
    name, source, state = header
    where = "written in the file" if source == "file" else source
    return f"{name}: {where}{', which is not set' if state is KeyState.MISSING else ''}"


def _hidden(one: Listed | None) -> tuple[Banner, ...]:
    if one is None or not one.hidden:
        return ()
    return (Banner("The settings define an endpoint of this name, which is asked instead.", Tone.WARNING),)


def _row(one: Listed, book: Book) -> Row:
    config, href, tiers = one.config, f"{HOME}/{name_of(one)}", asked_by(one, book.leads)
    place = _PLACES[one.place]
    return Row(
        name_of(one),
        (
            Link(config.name, href, note=place),
            Text(str(config.kind), muted=True),
            Text(config.url, muted=True, mono=True) if config.url else None,
            Text(_key_words(one), muted=one.key is not KeyState.MISSING),
            Number(f"{len(config.models):,}", len(config.models))
            if config.models
            else Text("lists them", muted=True),
            Text(", ".join(tiers) or "none", muted=not tiers),
            Badges((_state(one, book.tried.get(one.entry.id) if one.entry else None),)),
            Act((Action("Test", post=f"{href}/test"),)),
        ),
        href,
    )


def _key_words(one: Listed) -> str:
    words = {None: "none", "stored": "kept here, encrypted"}
    return words.get(one.key_source) or one.key_source or ""


def _state(one: Listed, tried: Tried | None) -> Badge:
    if one.place is Place.BUILT_IN:
        return known("simulated")
    if one.hidden:
        return Badge("hidden", Tone.WARNING, title="The settings define an endpoint of this name")
    if not one.enabled:
        return Badge("off", Tone.PLAIN, "pause")
    if one.key is KeyState.MISSING:
        return Badge("no key", Tone.FAIL, "cross", title=f"{one.key_source} is not set")
    if tried and not tried.trial.reached:
        return Badge("does not answer", Tone.FAIL, "cross", title=f"Tested at {clock(tried.at_us)}")
    return Badge("on", Tone.PASS, "check")
