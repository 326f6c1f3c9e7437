"""A question to the vector store, as forms and addresses spell it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from loom.contrib.rag.searching import Question
from loom.core.errors import Problem, UsageError

__all__ = ["QuestionSent"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class QuestionSent:
    """Texts, right or wrong."""

    query: str = ""
    limit: str = "10"
    min_score: str = "0"
    channel_ids: str = ""
    """Numbers with commas between; empty: all channels."""

    def read(self) -> Question:
        """What is meant.

        Raises:
            UsageError: naming every field that is wrong.
        """
        problems: list[Problem] = []
        limit = _number(problems, "limit", self.limit or "10", int)
        least = _number(problems, "min_score", self.min_score or "0", float)
        written = [one.strip() for one in self.channel_ids.split(",") if one.strip()]
        channels = [_number(problems, "channel_ids", one, int) for one in written]
        question: Question | None = None
        try:
            question = Question(
                self.query,
                10 if limit is None else limit,
                0.0 if least is None else least,
                tuple(one for one in channels if one is not None),
            )
        except UsageError as error:
            problems += error.problems
        if question is None or problems:
            raise UsageError(problems)
        return question


def _number(problems: list[Problem], field: str, written: str, read: Callable[[str], T]) -> T | None:
    with suppress(ValueError):
        return read(written)
    problems.append(Problem("is not a number", field, value=written, remedy="give one"))
    return None
