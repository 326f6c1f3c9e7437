"""Named places where a test makes the process die as by `kill -9`. Costs one comparison when unused.

`LOOM_FAILPOINT=name:n` kills at the n-th pass of `name`; tests/faults goes through every name there is.
"""

import os
import signal

__all__ = ["failpoint"]


def _armed() -> tuple[str, int] | None:
    name, _, count = os.environ.get("LOOM_FAILPOINT", "").partition(":")
    return (name, int(count or 1)) if name else None


_target = _armed()
_passes = 0


def failpoint(name: str) -> None:
    """Die here when armed for `name` and this is the pass it was armed for."""
    if _target is None or _target[0] != name:
        return
    global _passes  # noqa: PLW0603 - a count per process is the point
    _passes += 1
    if _passes == _target[1]:
        os.kill(os.getpid(), signal.SIGKILL)
