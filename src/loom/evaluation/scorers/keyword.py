"""The scorer for words that must, may or must not be in a text."""

import re
from dataclasses import dataclass
from typing import ClassVar

from loom.core.errors import ConfigError, Problem
from loom.core.jsonvalue import Json, JsonValue
from loom.evaluation.scorers.base import ScoreInput, ScoreResult
from loom.evaluation.scorers.fields import text_of
from loom.evaluation.scorers.params import texts

__all__ = ["Keyword"]


@dataclass(frozen=True, slots=True)
class Keyword:
    """1 when all of `all`, one of `any` and none of `none` are in the text, else 0.

    `graded` gives the share of `all` that is there instead, as long as the other two hold.
    """

    name: ClassVar[str] = "keyword"
    version: ClassVar[int] = 1
    all: JsonValue = None
    """A text or a list of texts, as the other two; a tuple once it is made."""

    any: JsonValue = None
    none: JsonValue = None
    field: str | None = None
    ignore_case: bool = False
    whole_words: bool = False
    graded: bool = False

    def __post_init__(self) -> None:
        """Refuse to look for nothing.

        Raises:
            ConfigError: without any word.
        """
        for name in ("all", "any", "none"):
            object.__setattr__(self, name, texts(getattr(self, name)))
        if not (self.all or self.any or self.none):
            raise ConfigError(Problem("has no word to look for", "keyword", remedy="give all, any or none"))

    @property
    def params(self) -> Json:
        """The words, the field and the flags."""
        return {
            "all": list(self.all),
            "any": list(self.any),
            "none": list(self.none),
            "field": self.field,
            "ignore_case": self.ignore_case,
            "whole_words": self.whole_words,
            "graded": self.graded,
        }

    def score(self, item: ScoreInput) -> ScoreResult:
        """Look for the words; without a text the score is 0."""
        text = text_of(item, self.field)
        if text is None:
            return ScoreResult(0.0, "there is no text to search")
        text = text.casefold() if self.ignore_case else text
        missing = [word for word in self.all if not self._is_in(word, text)]
        unwanted = [word for word in self.none if self._is_in(word, text)]
        no_choice = bool(self.any) and not any(self._is_in(word, text) for word in self.any)
        faults = [f"'{word}' is missing" for word in missing] + [f"'{word}' is there" for word in unwanted]
        if no_choice:
            faults.append(f"none of {', '.join(map(repr, self.any))} is there")
        if not faults:
            return ScoreResult(1.0, "the words are as wanted")
        share = 1 - len(missing) / len(self.all) if self.all else 0.0
        held = self.graded and not unwanted and not no_choice
        return ScoreResult(
            share if held else 0.0, "; ".join(faults), {"missing": missing, "unwanted": unwanted}
        )

    def _is_in(self, word: str, text: str) -> bool:
        word = word.casefold() if self.ignore_case else word
        if not self.whole_words:
            return word in text
        return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None
