"""What someone writes into the editor of a definition, sent to be saved; and what is shown again when it was not."""

from dataclasses import dataclass

from pydantic import BaseModel

from loom.core.errors import ConflictError, InputError, LoomError, Problem, UsageError
from loom.workshop.pages.validation import problems_of
from loom.workshop.views.forms import LineProblem

__all__ = ["Draft", "TextPost", "draft_of", "read_hash", "said"]


class TextPost(BaseModel):
    """A text, as the editor sends it."""

    yaml_content: str = ""
    description: str = ""
    """What changed, for the history."""

    base: str = ""
    """The hash of the text that was edited; empty: whatever is there is replaced."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed into the editor and not saved, and why not."""

    text: str
    description: str
    base: str
    """The hash of the text that saving it will replace."""

    problems: tuple[str, ...] = ()
    at_lines: tuple[LineProblem, ...] = ()


def draft_of(post: TextPost, error: LoomError, present: bytes) -> Draft:
    """What was typed, to go on from; after a conflict saving it replaces the text whose hash is `present`."""
    if isinstance(error, ConflictError):
        said = (f"{error}. What you wrote is below; saving it now replaces what came between.",)
        return Draft(post.yaml_content, post.description, present.hex(), said)
    at_lines = problems_of(error.problems) if isinstance(error, InputError) else ()
    return Draft(post.yaml_content, post.description, post.base, ("Nothing was saved.",), at_lines)


def read_hash(text: str) -> bytes | None:
    """The hash that `text` spells; None for no text.

    Raises:
        UsageError: when it spells none.
    """
    try:
        return bytes.fromhex(text) or None
    except ValueError:
        raise UsageError(Problem("is no hash of a version", "base", value=text)) from None


def said(error: LoomError) -> tuple[str, ...]:
    """What a form says of `error`, a line for each thing that is wrong."""
    return tuple(map(str, error.problems)) if isinstance(error, InputError) else (str(error),)
