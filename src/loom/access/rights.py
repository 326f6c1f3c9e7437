"""What every service asks before it does what not everybody may."""

from contextlib import AbstractContextManager

from loom.access.models import LOCAL, Principal, Role
from loom.core.errors import ForbiddenError
from loom.core.reach import Reach, reaching

__all__ = ["reaching_for", "require"]


def require(principal: Principal, role: Role) -> None:
    """Go on only when `principal` may do what asks for `role`.

    Raises:
        ForbiddenError: when they may not.
    """
    if not principal.role.covers(role):
        raise ForbiddenError(f"{principal.name} may {principal.role}; this asks for {role}")


def reaching_for(name: str | None, reach: Reach) -> AbstractContextManager[None]:
    """Within, definitions may name only such classes and files as the principal called `name` may have used.

    Who is at this machine (no user can have that name) may use all that is theirs; all others, and nobody, `reach`.
    """
    return reaching(None if name == LOCAL.name else reach)
