"""How a suite is brought in: the form, samples to fill in, what a file may say, and why one was refused."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from loom.core.errors import Problem
from loom.evaluation.suites.files import FORMATS
from loom.evaluation.suites.importing import in_case
from loom.workshop.pages.format import counted
from loom.workshop.views.feedback import Failure
from loom.workshop.views.forms import Field, FieldKind

__all__ = ["BringingIn", "bringing_in", "refusal"]

_MOST_SAID = 20
_MOST_LINES = 5
_KEYS = (
    ("input", "the worker's input; in CSV a column for each field, as input.text"),
    ("expected_output", "what should come out, left out where nothing is expected; in CSV as expected.label"),
    ("name", "left out: a number"),
    ("tags", "a list; in CSV separated by ; or ,"),
    ("split", "train, validation or sealed; left out: train"),
    ("cluster", "cases of one cluster stand or fall together"),
    ("weight", "left out: 1"),
    ("scorers", "for this case alone; in CSV as JSON"),
)


@dataclass(frozen=True, slots=True)
class BringingIn:
    """The form, and what helps to make a file for it."""

    fields: tuple[Field, ...]
    samples: tuple[tuple[str, str], ...]
    """The names of formats, each with the address of a suite in it."""

    keys: tuple[tuple[str, str], ...]
    """What a case may say."""


def bringing_in() -> BringingIn:
    """The form, empty."""
    kinds = "YAML, JSON, JSONL, CSV, Parquet, or a promptfoo configuration"
    accept = (("accept", ",".join(FORMATS)),)
    return BringingIn(
        (
            Field("file", "File", FieldKind.FILE, help=kinds, required=True, attributes=accept),
            Field("name", "Name", help="empty: as the file says"),
        ),
        tuple((name, f"/suites/sample.{name.lower()}") for name in ("CSV", "JSONL", "YAML")),
        _KEYS,
    )


def refusal(file: str, problems: Sequence[Problem]) -> Failure:
    """Why nothing of `file` was kept; what is wrong alike in several lines is said once."""
    lines: dict[str, list[int | None]] = {}
    for one in problems:
        placed = replace(one, file=None, line=None, column=None, field=in_case(one) or None)
        lines.setdefault(str(placed), []).append(one.line)
    said = [f"{_place(file, found)}{what}" for what, found in lines.items()]
    more = len(said) - _MOST_SAID
    return Failure(
        f"Nothing was kept{f' of {file}' if file else ''}",
        tuple(said[:_MOST_SAID]),
        f"And {counted(more, 'other thing')}." if more > 0 else "",
    )


def _place(file: str, lines: Iterable[int | None]) -> str:
    """`cities.csv, lines 2, 3 and 40 more: `."""
    given = [f"{line:,}" for line in lines if line is not None]
    if not given or not file:
        return ""
    more = f" and {len(given) - _MOST_LINES:,} more" if len(given) > _MOST_LINES else ""
    return f"{file}, line{'' if len(given) == 1 else 's'} {', '.join(given[:_MOST_LINES])}{more}: "
