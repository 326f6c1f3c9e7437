"""What someone writes into the editor of a definition, sent to be saved; and what is shown again when it was not."""

import asyncio
from dataclasses import replace

from pydantic import BaseModel

from loom.access.models import Principal
from loom.catalog.models import Ref
from loom.catalog.service import Catalog
from loom.core.errors import ConflictError, InputError, LoomError, NotFoundError, Problem, UsageError
from loom.workshop.pages.editing import Draft, after_conflict
from loom.workshop.pages.validation import problems_of
from loom.workshop.sent.text import posted_text

__all__ = ["TextPost", "draft_of", "read_hash", "save"]


class TextPost(BaseModel):
    """A text, as the editor sends it."""

    yaml_content: str = ""
    description: str = ""
    """What changed, for the history."""

    base: str = ""
    """The hash of the text that was edited; empty: whatever is there is replaced."""


async def save(catalog: Catalog, ref: Ref, post: TextPost, before: str, asker: Principal) -> None:
    """Save what was posted, with lines that end as those of `before` do. Raises as `Catalog.save`.

    To have written just what someone else saved meanwhile is no conflict.
    """
    content = posted_text(post.yaml_content, before.encode(errors="replace"))
    note = post.description.strip() or None
    try:
        await catalog.save(ref, content, asker, base=read_hash(post.base), note=note)
    except ConflictError:
        if (await catalog.text(ref, "last", asker)).content != content:
            raise


async def draft_of(catalog: Catalog, ref: Ref, post: TextPost, error: LoomError, asker: Principal) -> Draft:
    """What was posted and refused with `error`, to go on from; after a conflict saving it replaces what is there."""
    typed = Draft(_plain(post.yaml_content), post.description, post.base)
    if isinstance(error, ConflictError):
        now, before = await catalog.text(ref, "last", asker), await _before(catalog, ref, post.base, asker)
        return await asyncio.to_thread(after_conflict, typed, before, now)
    return replace(typed, at_lines=problems_of(error.problems) if isinstance(error, InputError) else ())


async def _before(catalog: Catalog, ref: Ref, base: str, asker: Principal) -> str | None:
    """The text that was edited; None for one that Loom never saw."""
    try:
        return _plain((await catalog.text(ref, base, asker)).content.decode(errors="replace"))
    except (NotFoundError, UsageError):
        return None


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n")


def read_hash(text: str) -> bytes | None:
    """The hash that `text` spells; None for no text.

    Raises:
        UsageError: when it spells none.
    """
    try:
        return bytes.fromhex(text) or None
    except ValueError:
        raise UsageError(Problem("is no hash of a version", "base", value=text)) from None
