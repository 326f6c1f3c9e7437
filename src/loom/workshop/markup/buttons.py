"""What can be done: a link, a small form, a dialog's opener, or the submit button of the form around it."""

from html import escape

from loom.workshop.markup.marks import icon, keys
from loom.workshop.views.actions import Action

__all__ = ["button"]


def button(it: Action, *, item: bool = False) -> str:
    """A button; `item`: as a line of a menu."""
    shape, face = _shape(it, item=item), _face(it)
    if it.why_not:
        return f'<button type="button" {shape} disabled aria-disabled="true">{face}</button>'
    if it.dialog:
        name = escape(it.dialog)
        opens = f'data-dialog="{name}" popovertarget="{name}" aria-haspopup="dialog"'
        return f'<button type="button" {shape} {opens}>{face}</button>'
    if it.href is not None:
        return f'<a {shape} href="{escape(it.href)}">{face}</a>'
    submit = f"<button {shape}{_sent(it)}>{face}</button>"
    if it.post is None:
        return submit
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in it.fields
    )
    return f'<form class="button-form" method="post" action="{escape(it.post)}">{fields}{submit}</form>'


def _shape(it: Action, *, item: bool) -> str:
    kind = "menu-item" if item else "button"
    narrow = " button-icon" if it.icon_only and not item else ""
    title = f' title="{escape(it.why_not or it.label)}"' if it.icon_only or it.why_not else ""
    return f'class="{kind} {kind}-{it.tone}{narrow}"{title}'


def _face(it: Action) -> str:
    drawn = icon(it.icon, it.label if it.icon_only else "") if it.icon else ""
    label = "" if it.icon_only else f"<span>{escape(it.label)}</span>"
    return drawn + label + (keys(*it.key.split("+")) if it.key else "")


def _sent(it: Action) -> str:
    return f' name="{escape(it.name)}" value="{escape(it.value or "")}"' if it.name else ""
