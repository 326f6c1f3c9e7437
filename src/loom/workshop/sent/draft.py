"""What someone writes into the editor of a definition, sent to be saved; and what is shown again when it was not."""

import asyncio

from pydantic import BaseModel

from loom.access.models import Principal
from loom.catalog.models import Ref, Version
from loom.catalog.service import Catalog
from loom.core.errors import ConflictError, InputError, LoomError, Problem, UsageError
from loom.workshop.pages.editing import Draft, conflict_with
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


async def draft_of(post: TextPost, error: LoomError, ref: Ref, version: Version, theirs: str) -> Draft:
    """What was typed, to go on from; `theirs` is the text of `ref` now, `version` what it became.

    After a conflict saving it replaces `theirs`.
    """
    if isinstance(error, ConflictError):
        mine = post.yaml_content.replace("\r\n", "\n")
        found = await asyncio.to_thread(conflict_with, ref, version, theirs.replace("\r\n", "\n"), mine)
        return Draft(post.yaml_content, post.description, version.hash.hex(), conflict=found)
    at_lines = problems_of(error.problems) if isinstance(error, InputError) else ()
    return Draft(post.yaml_content, post.description, post.base, at_lines)


def read_hash(text: str) -> bytes | None:
    """The hash that `text` spells; None for no text.

    Raises:
        UsageError: when it spells none.
    """
    try:
        return bytes.fromhex(text) or None
    except ValueError:
        raise UsageError(Problem("is no hash of a version", "base", value=text)) from None
