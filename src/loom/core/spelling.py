"""What a word that nobody knows was probably meant to be."""

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["nearest", "suggestion"]


def nearest(word: str, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """The known word that is most like `word`: the same at `likeness` 1, none so far below it."""
    return next(iter(get_close_matches(word, list(known), 1, likeness)), None)


def suggestion(word: str, known: Iterable[str], otherwise: str) -> str:
    """The remedy for `word`: the one that was meant, or `otherwise` when none is near."""
    near = nearest(word, known)
    return f"did you mean '{near}'?" if near else otherwise
