"""Which version a person means: `last`, `last~1`, `v3` or `3`, or the first digits of a hash."""

import re
from collections.abc import Sequence

from loom.catalog.models import Ref, Version
from loom.core.errors import ConflictError, Look, NotFoundError, Problem, UsageError

__all__ = ["choose"]

_BACK = re.compile(r"last(?:~([0-9]{1,6}))?")
_NUMBER = re.compile(r"v?([0-9]{1,6})")
_DIGITS = re.compile(r"[0-9a-f]{6,64}")


def choose(wanted: str, ref: Ref, here: Sequence[Version], elsewhere: Sequence[Version]) -> Version:
    """The version of `ref` that `wanted` means: by number only among those `here`, by hash also `elsewhere`.

    Raises:
        NotFoundError: when there is none.
        ConflictError: when the digits fit several texts.
        UsageError: when `wanted` is none of the forms.
    """
    by_number = {version.number: version for version in here}
    back, number = _BACK.fullmatch(wanted), _NUMBER.fullmatch(wanted)
    if back:
        found = by_number.get(len(here) - int(back[1] or 0))
    elif number and int(number[1]) in by_number:
        found = by_number[int(number[1])]
    elif _DIGITS.fullmatch(wanted.lower()):
        found = _by_hash(wanted.lower(), here, elsewhere)
    elif number:
        found = None
    else:
        remedy = "write last, last~1, v3, or the first digits of a hash"
        raise UsageError(Problem("is no version", "version", value=wanted, remedy=remedy))
    if found is None:
        has = (
            f"has only {len(here)} version{'s' * (len(here) != 1)}" if back else f"has no version '{wanted}'"
        )
        raise NotFoundError(f"{ref} {has}", Look(f"{ref.kind}s", ref.name))
    return found


def _by_hash(digits: str, here: Sequence[Version], elsewhere: Sequence[Version]) -> Version | None:
    """The newest with that text, rather one from here."""
    fitting = [version for version in (*elsewhere, *here) if version.hash.hex().startswith(digits)]
    if len({version.hash for version in fitting}) > 1:
        raise ConflictError(f"'{digits}' fits several versions; give more digits")
    return fitting[-1] if fitting else None
