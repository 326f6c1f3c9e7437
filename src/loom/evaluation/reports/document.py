"""What a report is made of, whatever its format; and the few words that several formats share."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import PurePath

from loom.core.errors import Problem, UsageError
from loom.core.jsonvalue import JsonValue
from loom.evaluation.comparing.comparison import Comparison
from loom.evaluation.comparing.gates import GateResult
from loom.evaluation.results.case_results import CaseResult
from loom.evaluation.results.report import RunReport
from loom.evaluation.store import RunRow

__all__ = ["ReportDocument", "ReportFormat", "Writer", "cut", "dumped", "format_of", "moment", "seen"]

_CUT = 2_000


class ReportFormat(StrEnum):
    """How a report is spelled."""

    JUNIT = "junit"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"
    CSV = "csv"


_SUFFIXES = {
    ".xml": ReportFormat.JUNIT,
    ".json": ReportFormat.JSON,
    ".md": ReportFormat.MARKDOWN,
    ".markdown": ReportFormat.MARKDOWN,
    ".html": ReportFormat.HTML,
    ".htm": ReportFormat.HTML,
    ".csv": ReportFormat.CSV,
}


def format_of(path: str) -> ReportFormat:
    """The format that the suffix of `path` means.

    Raises:
        UsageError: when it means none.
    """
    suffix = PurePath(path).suffix.lower()
    if suffix in _SUFFIXES:
        return _SUFFIXES[suffix]
    known = ", ".join(dict.fromkeys(_SUFFIXES))
    remedy = f"end it in {known}, or say which with `loom report RUN --format FORMAT -o FILE`"
    raise UsageError(Problem("has no suffix that means a format", "report", value=path, remedy=remedy))


@dataclass(frozen=True, slots=True)
class ReportDocument:
    """All that a report says. Its cases are read when gone through."""

    report: RunReport
    written_us: int
    against: RunRow | None = None
    comparison: Comparison | None = None
    """With `against`: this run as B beside it."""

    gate: GateResult | None = None
    version: bytes | None = None
    """The hash of the worker's text; None when no catalog has it."""

    against_version: bytes | None = None

    @property
    def title(self) -> str:
        """Who on what."""
        run = self.report.run
        return f"{run.target} on {run.suite}"

    def name(self, result: CaseResult) -> str:
        """The name of a case, with the number of the repetition where there are several."""
        repeated = self.report.pass_rate.attempted > len(self.report.cases)
        return result.label(repeated=repeated)


Writer = Callable[[ReportDocument], Iterator[str]]
"""Spells a document, piece by piece, so that a report of any size can be written."""


def dumped(value: JsonValue, most: int = _CUT) -> str:
    """JSON for people, cut where it is long."""
    return cut(json.dumps(value, ensure_ascii=False, indent=2), most)


def cut(text: str, most: int = _CUT) -> str:
    """`text`, and how much is missing where it is cut."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text) - most:,} more characters)"


_UNSEEN = re.compile(
    r"[^\t\n\u0020-\u007e\u00a0-\u061b\u061d-\u200d\u2010-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe"
    r"\uff00-\ufffd\U00010000-\U0010ffff]"
)
"""Control characters but tab and newline, marks that turn the direction of writing, and what XML 1.0 cannot hold."""


def seen(text: str) -> str:
    r"""`text` with what nobody could see, or no file could hold, spelled out, as in `\u001b`."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def moment(at_us: int) -> str:
    """A time in UTC, as ISO 8601 spells it."""
    return datetime.fromtimestamp(at_us / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
