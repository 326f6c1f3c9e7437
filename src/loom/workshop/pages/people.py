"""The pages of users and of guests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loom.access.models import Principal, PrincipalKind, Role, User
from loom.core.errors import Problem
from loom.core.ids import text
from loom.workshop.pages.format import moment
from loom.workshop.pages.settings import Frame, frame
from loom.workshop.views.actions import Action, ActionTone
from loom.workshop.views.badges import Badge
from loom.workshop.views.cells import Badges, Link, Moment
from loom.workshop.views.feedback import Banner, Dialog, Empty
from loom.workshop.views.forms import Field, FieldKind, by_field
from loom.workshop.views.tables import Card, Column, Row, Shape, Table
from loom.workshop.views.tones import Tone

__all__ = [
    "AccessPage",
    "OneUser",
    "UsersPage",
    "access_page",
    "role_badge",
    "role_field",
    "users_page",
    "users_table",
]

_HOME = "/settings/users"
_ROLES = {
    Role.READ: "read: look at everything but settings",
    Role.RUN: "run: also change and start things",
    Role.ADMIN: "admin: also settings and people",
}


@dataclass(frozen=True, slots=True)
class OneUser:
    """What can be changed of a user."""

    name: str
    facts: tuple[tuple[str, str], ...]
    role: Field
    role_action: str
    password: Field
    password_action: str
    remove: Action
    removal: Dialog


@dataclass(frozen=True, slots=True)
class UsersPage:
    """Everybody with a password, one of them opened, and the form of another."""

    frame: Frame
    table: Table
    close: str
    opened: OneUser | None
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class AccessPage:
    """Who is let in without a password."""

    frame: Frame
    facts: tuple[tuple[str, str], ...]
    guests: Field


def users_page(
    users: Sequence[User],
    asker: Principal,
    *,
    opened: str = "",
    given: Mapping[str, str] | None = None,
    problems: Sequence[Problem] = (),
) -> UsersPage:
    """The page; `given` and `problems` are of a form that was refused."""
    chosen = next((user for user in users if text(user.id) == opened), None)
    said = by_field(problems)
    return UsersPage(
        frame("Users", _HOME, banners=_banners(asker, problems)),
        users_table(users),
        _HOME,
        _one(chosen, asker, said.get("password", "") if chosen else "") if chosen else None,
        _new_fields(given or {}, {} if chosen else said),
    )


def users_table(users: Sequence[User]) -> Table:
    """The same as a table, for its twins too."""
    columns = (
        Column("name", "User", shape=Shape.GROWING),
        Column("role", "May", card=Card.CORNER),
        Column("seen", "Last seen", priority=2, card=Card.LINE),
        Column("created", "Added", priority=3),
    )
    rows = tuple(
        Row(
            text(user.id),
            (
                Link(user.name, _at(user)),
                Badges((role_badge(user.role),)),
                Moment(user.seen_us) if user.seen_us else None,
                Moment(user.created_us),
            ),
            _at(user),
        )
        for user in users
    )
    return Table("Users", columns, rows, empty=Empty("No user yet."))


def role_badge(role: Role) -> Badge:
    """What somebody may."""
    return Badge(role.value, Tone.ACCENT if role is Role.ADMIN else Tone.PLAIN, title=_ROLES[role])


def role_field(value: str, problem: str = "", name: str = "role") -> Field:
    """The choice of a role."""
    options = tuple((role.value, words) for role, words in _ROLES.items())
    return Field(name, "May", FieldKind.SELECT, value, problem=problem, options=options)


def access_page(*, guests: bool, local: bool, hosts: str, saved: bool = False) -> AccessPage:
    """Who is let in; `local`: everybody at this machine, since there is no administrator."""
    people = "everybody at this machine, as an administrator" if local else "users with a password"
    facts = (
        ("Let in", people + (", and guests" if guests else "")),
        ("Programs", "with an API key, or a token of /api/v1/auth/login"),
        ("Answers as", hosts),
    )
    check = Field(
        "allow_guest_access",
        "Let guests in",
        FieldKind.CHECKBOX,
        "true" if guests else "",
        "Whoever reaches this address may look at everything but settings, and change nothing.",
    )
    banner = Banner("Saved.", Tone.PASS)
    return AccessPage(frame("Access", "/settings/access", banners=(banner,) if saved else ()), facts, check)


def _at(user: User) -> str:
    return f"{_HOME}?open={text(user.id)}"


def _banners(asker: Principal, problems: Sequence[Problem]) -> tuple[Banner, ...]:
    local = Banner(
        "Everybody at this machine is an administrator, without a password.",
        action=Action("Set up an administrator", href="/setup"),
    )
    loose = tuple(Banner(str(one), Tone.FAIL) for one in problems if one.field is None)
    return (*((local,) if asker.kind is PrincipalKind.LOCAL else ()), *loose)


def _one(user: User, asker: Principal, problem: str) -> OneUser:
    home = f"{_HOME}/{text(user.id)}"
    seen = moment(user.seen_us) if user.seen_us else "not logged in"
    you = " (you)" if asker.user == user.id and asker.kind is PrincipalKind.USER else ""
    return OneUser(
        user.name,
        (("Name", user.name + you), ("Last seen", seen), ("Added", moment(user.created_us))),
        role_field(user.role.value, name="new_role"),
        f"{home}/role",
        Field(
            "new_password",
            "New password",
            FieldKind.PASSWORD,
            help="They are logged out everywhere.",
            problem=problem,
            required=True,
            attributes=(("autocomplete", "new-password"),),
        ),
        f"{home}/password",
        Action("Remove", tone=ActionTone.DANGER, dialog="remove-user"),
        Dialog(
            "remove-user",
            f"Remove {user.name}?",
            Action(f"Remove {user.name}", post=f"{home}/remove", tone=ActionTone.DANGER),
        ),
    )


def _new_fields(given: Mapping[str, str], said: Mapping[str, str]) -> tuple[Field, ...]:
    return (
        Field(
            "username",
            "User name",
            value=given.get("username", ""),
            problem=said.get("username", ""),
            required=True,
            attributes=(("autocomplete", "off"),),
        ),
        Field(
            "password",
            "Password",
            FieldKind.PASSWORD,
            problem=said.get("password", ""),
            help="They can change it: their name, above, leads there.",
            required=True,
            attributes=(("autocomplete", "new-password"),),
        ),
        role_field(given.get("role", Role.RUN.value), said.get("role", "")),
    )
