"""How much of a list is asked for at once: one word with the same bounds in every list."""

from typing import Annotated

from fastapi import Query

__all__ = ["MOST_AT_ONCE", "Size"]

MOST_AT_ONCE = 1_000

Size = Annotated[int, Query(ge=1, le=MOST_AT_ONCE, description="How many at once.")]
