"""Icons, keys, badges, times, changed words, and marks of a line: SVG whose positions are attributes.

The content security policy forbids styles, and text in SVG must never scale.
"""

from html import escape

from loom.workshop.pages.format import iso, moment, moment_title
from loom.workshop.views.badges import Badge
from loom.workshop.views.diff import Change, Words
from loom.workshop.views.marks import IntervalMark, Meter

__all__ = ["badge", "icon", "interval", "keys", "meter", "time", "words"]

_TAGS = {Change.ADDED: "ins", Change.REMOVED: "del"}


def icon(name: str, label: str = "") -> str:
    """The icon `name`, drawn in the colour of the text; without `label` it is for the eyes alone."""
    said = f' role="img" aria-label="{escape(label)}"' if label else ' aria-hidden="true"'
    return f'<svg class="icon"{said}><use href="#icon-{escape(name)}"/></svg>'


def keys(*names: str) -> str:
    """Keys to press."""
    return f'<span class="keys">{"".join(f"<kbd>{escape(name)}</kbd>" for name in names)}</span>'


def badge(it: Badge) -> str:
    """A state in a word."""
    live = " badge-live" if it.live else ""
    title = f' title="{escape(it.title)}"' if it.title else ""
    drawn = icon(it.icon) if it.icon else ""
    return f'<span class="badge badge-{it.tone}{live}"{title}>{drawn}{escape(it.text)}</span>'


def time(at_us: int) -> str:
    """When it was, with the exact moment behind it."""
    shown = escape(moment(at_us))
    return f'<time datetime="{iso(at_us)}" title="{moment_title(at_us)}">{shown}</time>'


def words(it: Words) -> str:
    """A text in which what changed is marked."""
    return "".join(_part(part.text, _TAGS.get(part.change)) for part in it.parts)


def _part(text: str, tag: str | None) -> str:
    return escape(text) if tag is None else f"<{tag}>{escape(text)}</{tag}>"


def interval(it: IntervalMark) -> str:
    """A value and how sure it is."""
    left, right, line = it.left, it.right, it.reference
    reference = f'<line class="reference" x1="{line}" x2="{line}" y1="1" y2="17"/>' if line else ""
    return (
        f'<svg class="interval paint-tone-{it.tone}" height="18" role="img" aria-label="{escape(it.label)}">'
        f'<line class="axis" x2="100%" y1="9" y2="9"/>{reference}'
        f'<rect class="band" x="{left}" width="{it.width}" y="6" height="6" rx="3"/>'
        f'<line class="end" x1="{left}" x2="{left}" y1="5" y2="13"/>'
        f'<line class="end" x1="{right}" x2="{right}" y1="5" y2="13"/>'
        f'<circle class="point" cx="{it.middle}" cy="9" r="3.5"/></svg>'
    )


def meter(it: Meter) -> str:
    """A score as a bar."""
    mark = f'<line class="meter-mark" x1="{it.mark}" x2="{it.mark}" y2="10"/>' if it.mark else ""
    return (
        '<svg class="meter" width="96" height="10" aria-hidden="true">'
        '<rect class="paint-sunken" width="100%" height="10" rx="2"/>'
        f'<rect class="paint-{it.fill}" width="{it.width}" height="10" rx="2"/>{mark}</svg>'
    )
