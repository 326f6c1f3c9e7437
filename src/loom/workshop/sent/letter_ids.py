"""The id of a dead letter in an address or a form: read once, refused when it can be none."""

from typing import Annotated

from fastapi import Depends

from loom.core.errors import InputError, NotFoundError
from loom.core.ids import LetterId, parse

__all__ = ["LetterPath", "letter_named"]


def letter_named(letter: str) -> LetterId:
    """The id that `letter` spells.

    Raises:
        NotFoundError: when it spells none.
    """
    try:
        return LetterId(parse(letter))
    except InputError:
        raise NotFoundError(f"there is no dead letter '{letter[:80]}'; `/dead-letters` lists them") from None


LetterPath = Annotated[LetterId, Depends(letter_named)]
