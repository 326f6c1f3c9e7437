"""The pages of coming in: logging in, setting up the first administrator, and one's own account."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loom.access.models import Principal, PrincipalKind
from loom.core.errors import Problem
from loom.workshop.views.actions import Action, ActionTone, Header
from loom.workshop.views.badges import Badge
from loom.workshop.views.feedback import Banner
from loom.workshop.views.forms import Field, FieldKind, by_field
from loom.workshop.views.tones import Tone

__all__ = ["AccountPage", "EntrancePage", "account_page", "login_page", "setup_page"]

_NEW_PASSWORD = "8 characters or more; a sentence is easy to remember and hard to guess."  # noqa: S105 - words

_FIRST = "The first administrator is added. From now on everybody logs in."


@dataclass(frozen=True, slots=True)
class EntrancePage:
    """One form in the middle of the page."""

    title: str
    lines: tuple[str, ...]
    banners: tuple[Banner, ...]
    action: str
    fields: tuple[Field, ...]
    submit: Action


@dataclass(frozen=True, slots=True)
class AccountPage:
    """What somebody may change of their own."""

    header: Header
    banners: tuple[Banner, ...]
    facts: tuple[tuple[str, str], ...]
    fields: tuple[Field, ...]
    """Of a new password; none for those who have none."""

    everywhere: Action | None


def login_page(
    name: str = "", following: str = "/", problem: str = "", *, first: bool = False
) -> EntrancePage:
    """The form; `problem` is why the last try was refused; `first`: `name` was just made the first administrator."""
    return EntrancePage(
        "Log in",
        (),
        (Banner(problem, Tone.FAIL),) if problem else (Banner(_FIRST, Tone.PASS),) if first else (),
        "/login",
        (
            _text("username", "User name", name, "username"),
            _password("password", "Password", "current-password"),
            Field("next", "", FieldKind.HIDDEN, following),
        ),
        Action("Log in", tone=ActionTone.FILLED),
    )


def setup_page(
    given: Mapping[str, str], problems: Sequence[Problem] = (), *, here: bool, refusal: str = ""
) -> EntrancePage:
    """The form of the first administrator. `here`: the browser is at this machine, no token is needed."""
    said = by_field(problems)
    where = (
        "Until now everybody at this machine may do everything. With an administrator, everybody logs in."
        if here
        else "Nobody has set this Loom up yet. Its console shows the token that proves that it is yours."
    )
    token = (_text("token", "Setup token", given.get("token", "")),)
    name = _text(
        "username", "User name", given.get("username", "admin"), "username", said.get("username", "")
    )
    password = _password("password", "Password", "new-password", said.get("password", ""), _NEW_PASSWORD)
    return EntrancePage(
        "Set up the first administrator",
        (where,),
        (Banner(refusal, Tone.FAIL),) if refusal else (),
        "/setup",
        (*(() if here else token), name, password),
        Action("Create the administrator", tone=ActionTone.FILLED),
    )


def account_page(asker: Principal, problems: Sequence[Problem] = (), *, changed: bool = False) -> AccountPage:
    """The account of whoever asks; `problems` are of a password that was refused."""
    said = by_field(problems)
    has_password = asker.kind is PrincipalKind.USER
    fields = (
        _password("old", "Password now", "current-password", said.get("old", "")),
        _password("new", "New password", "new-password", said.get("new", ""), _NEW_PASSWORD),
    )
    everywhere = Action("Log out everywhere", post="/logout/everywhere")
    return AccountPage(
        Header("Account", badges=(Badge(asker.role),), meta=(asker.name,)),
        (Banner("The password is changed. Every other browser is logged out.", Tone.PASS),)
        if changed
        else (),
        (("Name", asker.name), ("May", asker.role), ("Known by", _known_by(asker))),
        fields if has_password else (),
        everywhere if has_password else None,
    )


def _known_by(asker: Principal) -> str:
    return {
        PrincipalKind.LOCAL: "being at this machine; nobody has set up an administrator",
        PrincipalKind.USER: "a password",
        PrincipalKind.KEY: "an API key",
        PrincipalKind.GUEST: "nothing: guests are let in",
    }[asker.kind]


def _text(name: str, label: str, value: str, complete: str = "off", problem: str = "") -> Field:
    return Field(name, label, value=value, problem=problem, attributes=_asked(complete))


def _password(name: str, label: str, complete: str, problem: str = "", advice: str = "") -> Field:
    return Field(name, label, FieldKind.PASSWORD, help=advice, problem=problem, attributes=_asked(complete))


def _asked(complete: str) -> tuple[tuple[str, str], ...]:
    """Where all is required, nothing says so."""
    return ("autocomplete", complete), ("required", "required")
