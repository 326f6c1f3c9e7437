"""Fields of forms: one of all scorers has a hundred of them, and a select may have an option for each worker."""

import re
from collections.abc import Iterable
from html import escape

from loom.workshop.markup.marks import icon
from loom.workshop.views.forms import Field, FieldKind
from loom.workshop.views.schema_form import FormGroup, SchemaForm

__all__ = ["field", "fields", "schema_form"]

_CODE = re.compile("`([^`]+)`")
_UNSHOWN = (FieldKind.FILE, FieldKind.PASSWORD)
"""Whose values no page gives back."""


def field(it: Field) -> str:
    """A control with its label, and its help or what is wrong with it."""
    if it.kind is FieldKind.HIDDEN:
        return f'<input type="hidden" name="{escape(it.name)}" value="{escape(it.value)}">'
    name, label = escape(it.id), escape(it.label)
    if it.kind is FieldKind.CHECKBOX:
        checked = " checked" if it.value else ""
        box = f'<input {_named(it)} type="checkbox" value="true"{checked}{_tail(it)}>'
        return f'<div class="field field-checkbox">{box}<label for="{name}">{label}</label>{_words(it)}</div>'
    required = '<span class="field-required">required</span>' if it.required else ""
    return f'<div class="field"><label for="{name}">{label}{required}</label>{_control(it)}{_words(it)}</div>'


def fields(all_of: Iterable[Field]) -> str:
    """Fields below each other."""
    return f'<div class="fields">{"".join(map(field, all_of))}</div>'


def schema_form(it: SchemaForm) -> str:
    """The form of a JSON Schema."""
    return f'<div class="fields fields-schema">{_nodes(it.nodes)}</div>'


def _options(it: Field) -> str:
    return "".join(
        f'<option value="{escape(value)}"{" selected" if value == it.value else ""}>{escape(label)}</option>'
        for value, label in it.options
    )


def _nodes(nodes: Iterable[Field | FormGroup]) -> str:
    return "".join(field(one) if isinstance(one, Field) else _group(one) for one in nodes)


def _group(it: FormGroup) -> str:
    words = f'<p class="field-help">{escape(it.help)}</p>' if it.help else ""
    legend = f"<legend>{escape(it.label)}</legend>"
    return f'<fieldset class="field-group">{legend}{words}{_nodes(it.nodes)}</fieldset>'


def _control(it: Field) -> str:
    if it.kind is FieldKind.SELECT:
        return f"<select {_named(it)}{_tail(it)}>{_options(it)}</select>"
    shown = f' placeholder="{escape(it.placeholder)}"' if it.placeholder else ""
    shown += ' class="mono" spellcheck="false"' if it.mono else ""
    if it.kind is FieldKind.TEXTAREA:  # browsers drop the first line break
        return f'<textarea {_named(it)} rows="{it.rows}"{shown}{_tail(it)}>\n{escape(it.value)}</textarea>'
    value = "" if it.kind in _UNSHOWN else f' value="{escape(it.value)}"'
    return f'<input {_named(it)} type="{it.kind}"{value}{shown}{_tail(it)}>'


def _named(it: Field) -> str:
    return f'id="{escape(it.id)}" name="{escape(it.name)}"'


def _tail(it: Field) -> str:
    said = f' aria-describedby="{escape(it.id)}-help"' if it.help or it.problem else ""
    states = (('aria-invalid="true"', it.problem), ("required", it.required), ("disabled", it.disabled))
    given = "".join(f' {name}="{escape(value)}"' for name, value in it.attributes)
    return said + "".join(f" {word}" for word, holds in states if holds) + given


def _words(it: Field) -> str:
    if it.problem:
        told = f"{icon('cross')}<span>{_spoken(it.problem)}</span>"
        return f'<p class="field-help field-problem" id="{escape(it.id)}-help">{told}</p>'
    return f'<p class="field-help" id="{escape(it.id)}-help">{_spoken(it.help)}</p>' if it.help else ""


def _spoken(text: str) -> str:
    """What stands between backticks is code."""
    return _CODE.sub(r"<code>\1</code>", escape(text))
