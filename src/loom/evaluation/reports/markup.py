"""Pieces of HTML of which a report is put together. Whatever a model or a suite says is text in them, never markup."""

from collections.abc import Iterable, Sequence
from html import escape

from loom.evaluation.reports.document import seen

__all__ = ["badge", "block", "facts", "safe", "table"]


def safe(words: object) -> str:
    """`words` as text."""
    return escape(seen(str(words)))


def badge(words: str, tone: str = "") -> str:
    """A word beside a heading."""
    return f'<span class="badge {tone}">{safe(words)}</span>'


def block(words: str, tone: str = "") -> str:
    """Words with their line ends."""
    return f'<pre class="{tone}">{safe(words)}</pre>'


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Names with what they are; those that are nothing are left out."""
    told = "".join(f"<div><dt>{safe(name)}</dt><dd>{safe(what)}</dd></div>" for name, what in pairs if what)
    return f'<dl class="facts">{told}</dl>\n'


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose first column holds words and the others numbers."""

    def cells(kind: str, row: Sequence[str]) -> str:
        first, *rest = map(safe, row)
        return f"<{kind}>{first}</{kind}>" + "".join(
            f'<{kind} class="number">{cell}</{kind}>' for cell in rest
        )

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return (
        f'<div class="wide"><table><thead><tr>{cells("th", head)}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>\n"
    )
