"""Ids in addresses and forms, read once; what can be none is bad input, not something that is not there."""

from typing import Annotated

from fastapi import Depends

from loom.core.errors import InputError, Problem, UsageError
from loom.core.ids import JobId, LetterId, parse

__all__ = ["JobPath", "LetterPath", "letter_named"]


def letter_named(letter: str) -> LetterId:
    """The id of a dead letter that `letter` spells.

    Raises:
        UsageError: when it spells none.
    """
    return LetterId(_parsed("letter", letter, "/dead-letters"))


def _job(job: str) -> JobId:
    return JobId(_parsed("job", job, "/jobs"))


def _parsed(noun: str, spelt: str, listed_at: str) -> bytes:
    try:
        return parse(spelt)
    except InputError:
        remedy = f"give an id as `{listed_at}` lists it"
        raise UsageError(Problem("is no id", noun, value=spelt[:80], remedy=remedy)) from None


JobPath = Annotated[JobId, Depends(_job)]
LetterPath = Annotated[LetterId, Depends(letter_named)]
