"""What can be done: a link, a small form, a dialog's opener, or the submit button of the form around it.

What whoever looks may not do is disabled, and says which role it asks for.
"""

from collections.abc import Iterable
from dataclasses import replace
from html import escape

from loom.access.models import Role
from loom.workshop.markup.marks import icon, keys
from loom.workshop.markup.reach import lacking, login_address
from loom.workshop.views.actions import Action, ActionTone

__all__ = ["button", "buttons", "submit"]


def button(it: Action, *, item: bool = False, to: str = "") -> str:
    """A button; `item`: as a line of a menu; `to`: where the form around it is sent."""
    lacks = lacking(it, to)
    return _drawn(it, lacks, item=item) + (_asks(lacks) if lacks else "")


def buttons(actions: Iterable[Action], *, to: str = "") -> str:
    """Buttons beside each other, which say once what they ask for."""
    all_of = [(one, lacking(one, to)) for one in actions]
    asked = dict.fromkeys(lacks for _, lacks in all_of if lacks)
    return "".join(_drawn(one, lacks) for one, lacks in all_of) + "".join(map(_asks, asked))


def submit(label: str, to: str, *, tone: str = "filled", icon_name: str = "", key: str = "") -> str:
    """The button that sends the form around it to the address `to`."""
    return button(Action(label, tone=ActionTone(tone), icon=icon_name or None, key=key or None), to=to)


def _asks(role: Role) -> str:
    login = login_address()
    way = f' <a href="{escape(login)}">Log in</a>' if login else ""
    return f'<span class="asks">asks for the role <b>{role}</b>{way}</span>'


def _drawn(it: Action, lacks: Role | None, *, item: bool = False) -> str:
    if lacks:
        it = replace(it, why_not=f"Asks for the role '{lacks}'")
    shape, face = _shape(it, item=item), _face(it)
    if it.why_not:
        kind = (
            "button" if it.dialog or it.href is not None or it.post else "submit"
        )  # else Enter would send the form
        return f'<button type="{kind}" {shape} disabled aria-disabled="true">{face}</button>'
    if it.dialog:
        name = escape(it.dialog)
        opens = f'data-dialog="{name}" popovertarget="{name}" aria-haspopup="dialog"'
        return f'<button type="button" {shape} {opens}>{face}</button>'
    if it.href is not None:
        pressed = f' data-key="{escape(it.key)}"' if it.key else ""
        return f'<a {shape} href="{escape(it.href)}"{pressed}>{face}</a>'
    sent = f"<button {shape}{_sent(it)}>{face}</button>"
    if it.post is None:
        return sent
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in it.fields
    )
    return f'<form class="button-form" method="post" action="{escape(it.post)}">{fields}{sent}</form>'


def _shape(it: Action, *, item: bool) -> str:
    kind = "menu-item" if item else "button"
    narrow = " button-icon" if it.icon_only and not item else ""
    said = it.why_not or it.title or (it.label if it.icon_only else "")
    title = f' title="{escape(said)}"' if said else ""
    return f'class="{kind} {kind}-{it.tone}{narrow}"{title}'


def _face(it: Action) -> str:
    drawn = icon(it.icon, it.label if it.icon_only else "") if it.icon else ""
    label = "" if it.icon_only else f"<span>{escape(it.label)}</span>"
    return drawn + label + (keys(*it.key.split("+")) if it.key else "")


def _sent(it: Action) -> str:
    return f' name="{escape(it.name)}" value="{escape(it.value or "")}"' if it.name else ""
