"""The scorer for texts that must have a form: JSON, YAML, CSV, Markdown, a list, a date, so many sentences."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import ClassVar

from loom.core.errors import ConfigError, Problem
from loom.core.jsonvalue import Json
from loom.evaluation.scorers.base import ScoreInput, ScoreResult
from loom.evaluation.scorers.fields import text_of
from loom.evaluation.scorers.formats import Form, fault_of

__all__ = ["Format"]

_FENCE = "```"
_COUNTED = ("json", "json_object", "json_list", "yaml", "csv", "bullet_list", "numbered_list", "sentences")


@dataclass(frozen=True, slots=True)
class Format:
    """1 when the text has the form, else 0."""

    name: ClassVar[str] = "format"
    version: ClassVar[int] = 1
    format: str
    """One of `FORMATS`."""

    field: str | None = None
    fenced: bool = False
    min_items: int | None = None
    max_items: int | None = None
    date_format: str | None = None
    """As `strptime` takes it."""

    delimiter: str = ","

    def __post_init__(self) -> None:
        """Refuse what the form has no use for.

        Raises:
            ConfigError: with every problem.
        """
        problems = [*self._problems()]
        if problems:
            raise ConfigError(problems)

    def _problems(self) -> Iterator[Problem]:
        useless = f"means nothing for {self.format}"
        if self.format not in _COUNTED:
            for name in ("min_items", "max_items"):
                if getattr(self, name) is not None:
                    yield Problem(useless, name, value=getattr(self, name), remedy="remove it")
        if self.min_items is not None and self.max_items is not None and self.min_items > self.max_items:
            yield Problem("is above max_items", "min_items", value=self.min_items, remedy="exchange them")
        if self.date_format is not None and self.format not in ("date", "datetime"):
            yield Problem(useless, "date_format", value=self.date_format, remedy="remove it")
        if len(self.delimiter) != 1 or self.delimiter in '"\r\n':
            yield Problem("is not one character", "delimiter", value=self.delimiter, remedy="write ';'")

    @property
    def params(self) -> Json:
        """The form and where it is wanted."""
        return asdict(self)

    def score(self, item: ScoreInput) -> ScoreResult:
        """Check the text; without one the score is 0."""
        text = text_of(item, self.field)
        if text is None:
            return ScoreResult(0.0, "there is no text to check")
        form = Form(self.format, self.min_items, self.max_items, self.date_format, self.delimiter)
        fault = fault_of(_inside(text) if self.fenced else text, form)
        return ScoreResult(0.0, fault) if fault else ScoreResult(1.0, f"it is {self.format}")


def _inside(text: str) -> str:
    """What stands in the one code fence that `text` is; `text` when it is none."""
    body = text.strip()
    if not (body.startswith(_FENCE) and body.endswith(_FENCE) and body.count(_FENCE) == 2):
        return text
    return body[len(_FENCE) : -len(_FENCE)].partition("\n")[2]
