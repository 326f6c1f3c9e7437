"""The options of a select: there may be one for each worker."""

from html import escape

from loom.workshop.views.forms import Field

__all__ = ["options"]


def options(it: Field) -> str:
    """The options of `it`, the one that it holds chosen."""
    return "".join(
        f'<option value="{escape(value)}"{" selected" if value == it.value else ""}>{escape(label)}</option>'
        for value, label in it.options
    )
