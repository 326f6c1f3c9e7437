"""What every service asks before it does what not everybody may."""

from loom.access.models import Principal, Role
from loom.core.errors import ForbiddenError

__all__ = ["require"]


def require(principal: Principal, role: Role) -> None:
    """Go on only when `principal` may do what asks for `role`.

    Raises:
        ForbiddenError: when they may not.
    """
    if not principal.role.covers(role):
        raise ForbiddenError(f"{principal.name} may {principal.role}; this asks for {role}")
