"""The page of API keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from loom.access.models import ApiKey, Role
from loom.core.errors import Problem
from loom.core.ids import KeyId, text
from loom.core.money import NANO
from loom.engine.spending import Spent
from loom.workshop.pages.format import moment, money
from loom.workshop.pages.people import role_badge, role_field
from loom.workshop.pages.settings import Frame, frame
from loom.workshop.views.actions import Action, ActionTone
from loom.workshop.views.badges import Badge
from loom.workshop.views.cells import Badges, Link, Moment, Number, Text
from loom.workshop.views.feedback import Dialog, Empty
from loom.workshop.views.forms import Field, FieldKind, by_field
from loom.workshop.views.tables import Card, Column, Row, Shape, Table
from loom.workshop.views.tones import Tone

__all__ = ["EXPIRY_DAYS", "KeysPage", "OneKey", "Shown", "keys_page", "keys_table"]

_KEYS = "/settings/keys"

EXPIRY_DAYS = {"": "never", "7": "in 7 days", "30": "in 30 days", "90": "in 90 days", "365": "in a year"}


@dataclass(frozen=True, slots=True)
class OneKey:
    """What can be changed of a key."""

    name: str
    facts: tuple[tuple[str, str], ...]
    cap: Field | None
    """None where there can be none: of an administrator's key, and of one that is revoked."""

    cap_action: str
    revoke: Action | None
    revocation: Dialog


@dataclass(frozen=True, slots=True)
class KeysPage:
    """The keys, one of them opened, the form of another, and one that was just made."""

    frame: Frame
    table: Table
    close: str
    opened: OneKey | None
    fields: tuple[Field, ...]
    secret: str
    """Of a key that was just made; shown this once."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows besides the list."""

    opened: str = ""
    """The id of a key."""

    given: Mapping[str, str] = field(default_factory=dict[str, str])
    problems: Sequence[Problem] = ()
    """Of a form that was refused, with what it gave."""

    secret: str = ""
    """Of a form that was not."""


def keys_page(keys: Sequence[ApiKey], spent: Mapping[KeyId, Spent], now_us: int, shown: Shown) -> KeysPage:
    """The page."""
    chosen = next((key for key in keys if text(key.id) == shown.opened), None)
    said = by_field(shown.problems)
    return KeysPage(
        frame("API keys", _KEYS),
        keys_table(keys, spent, now_us),
        _KEYS,
        _one(chosen, spent.get(chosen.id, Spent()), said.get("cap", "")) if chosen else None,
        _new_fields(shown.given, {} if chosen else said),
        shown.secret,
    )


def keys_table(keys: Sequence[ApiKey], spent: Mapping[KeyId, Spent], now_us: int) -> Table:
    """The same as a table, for its twins too."""
    columns = (
        Column("name", "Key", shape=Shape.GROWING),
        Column("hint", "Begins with", priority=3),
        Column("role", "May", priority=2, card=Card.LINE),
        Column("spent_usd", "Spent", shape=Shape.NUMBER, card=Card.HIDDEN),
        Column("cap_usd", "Cap", shape=Shape.NUMBER, priority=2),
        Column("used", "Last used", priority=2),
        Column("expires", "Expires", priority=3),
        Column("owner", "Owner", priority=3),
        Column("state", "State", card=Card.CORNER),
    )
    rows = tuple(_row(key, spent.get(key.id, Spent()), now_us) for key in keys)
    return Table("API keys", columns, rows, empty=Empty("No key yet: make one below for a program."))


def _row(key: ApiKey, spent: Spent, now_us: int) -> Row:
    where = f"{_KEYS}?open={text(key.id)}"
    return Row(
        text(key.id),
        (
            Link(key.name, where),
            Text(f"{key.hint}…", mono=True, muted=True),
            Badges((role_badge(key.role),)),
            _usd(spent.spent_nano),
            _usd(key.cap_nano) if key.cap_nano is not None else None,
            Moment(key.used_us) if key.used_us else None,
            Moment(key.expires_us) if key.expires_us else None,
            Text(key.owner) if key.owner else None,
            Badges((_state(key, now_us),)),
        ),
        where,
    )


def _usd(nano: int) -> Number:
    return Number(money(nano), nano / NANO)


def _state(key: ApiKey, now_us: int) -> Badge:
    if key.revoked_us is not None:
        return Badge("revoked", Tone.UNSCORED, "stop")
    if key.expires_us is not None and key.expires_us <= now_us:
        return Badge("expired", Tone.UNSCORED, "clock")
    return Badge("valid", Tone.PASS, "check")


def _one(key: ApiKey, spent: Spent, problem: str) -> OneKey:
    home, over = f"{_KEYS}/{text(key.id)}", key.revoked_us is not None
    cap = "" if key.cap_nano is None else f"{key.cap_nano / NANO:.9f}".rstrip("0").rstrip(".")
    facts = (
        ("Begins with", f"{key.hint}…"),
        ("May", key.role.value),
        ("Spent", money(spent.spent_nano)),
        ("Held by jobs that go on", money(spent.held_nano)),
        ("Owner", key.owner or "nobody"),
        ("Made", moment(key.created_us)),
        ("Last used", moment(key.used_us) if key.used_us else "never"),
        *((("Revoked", moment(key.revoked_us)),) if key.revoked_us is not None else ()),
    )
    sure = Action(f"Revoke {key.name}", post=f"{home}/revoke", tone=ActionTone.DANGER)
    return OneKey(
        key.name,
        facts,
        None if over or key.role is Role.ADMIN else _cap_field("new_cap_usd", cap, problem),
        f"{home}/cap",
        None if over else Action("Revoke", tone=ActionTone.DANGER, dialog="revoke-key"),
        Dialog("revoke-key", f"Revoke {key.name}?", sure),
    )


def _cap_field(name: str, value: str, problem: str) -> Field:
    return Field(
        name,
        "Spending cap in USD",
        value=value,
        help="Of all that it starts, together. Empty: none.",
        problem=problem,
        placeholder="none",
        attributes=(("inputmode", "decimal"), ("autocomplete", "off")),
    )


def _new_fields(given: Mapping[str, str], said: Mapping[str, str]) -> tuple[Field, ...]:
    return (
        Field(
            "name",
            "What it is for",
            value=given.get("name", ""),
            problem=said.get("name", ""),
            required=True,
            placeholder="nightly evaluation",
            attributes=(("autocomplete", "off"), ("maxlength", "64")),
        ),
        role_field(given.get("role", Role.RUN.value), said.get("role", "")),
        Field(
            "expires",
            "Expires",
            FieldKind.SELECT,
            given.get("expires", ""),
            problem=said.get("expires", ""),
            options=tuple(EXPIRY_DAYS.items()),
        ),
        _cap_field("cap_usd", given.get("cap_usd", ""), said.get("cap", "")),
    )
