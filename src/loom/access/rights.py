"""What every service asks before it does what not everybody may."""

from collections.abc import Iterable
from contextlib import AbstractContextManager

from loom.access.models import LOCAL, Principal, Role
from loom.core.errors import ForbiddenError
from loom.core.imports import importing_only

__all__ = ["importing_for", "require"]


def require(principal: Principal, role: Role) -> None:
    """Go on only when `principal` may do what asks for `role`.

    Raises:
        ForbiddenError: when they may not.
    """
    if not principal.role.covers(role):
        raise ForbiddenError(f"{principal.name} may {principal.role}; this asks for {role}")


def importing_for(name: str | None, allowed: Iterable[str]) -> AbstractContextManager[None]:
    """Within, files may name only such classes as the principal called `name` may have imported.

    Who is at this machine (no user can have that name) may run any code of theirs; all others, and nobody, `allowed`.
    """
    return importing_only(None if name == LOCAL.name else allowed)
