"""A text in the user's editor, byte for byte; what they wrote is kept when it cannot be used."""

import os
import shlex
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from loom.cli.show.console import error_console, put
from loom.core.errors import Problem, UsageError

__all__ = ["edited"]


@contextmanager
def edited(content: bytes, name: str) -> Generator[bytes]:
    """What the user makes of `content`. The file they edited is removed; named, where the body ends otherwise.

    Raises:
        UsageError: when there is no editor, or it fails.
    """
    descriptor, path = tempfile.mkstemp(prefix=f"{name}-", suffix=".yaml")
    with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor
        file.write(content)
    kept = Path(path)
    try:
        _edit(kept)
        yield kept.read_bytes()
    except BaseException:  # also Ctrl-C, which cancels what would have saved it
        _keep(kept, content)
        raise
    kept.unlink()


def _keep(path: Path, before: bytes) -> None:
    """Name the file that was edited; without it where nothing was written."""
    if path.exists() and path.read_bytes() != before:
        put(f"What you wrote is kept in {path}", out=error_console())
    else:
        path.unlink(missing_ok=True)


def _edit(path: Path) -> None:
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        status = subprocess.run([*shlex.split(editor), str(path)], check=False).returncode  # noqa: S603 - the user's own
    except (OSError, ValueError) as error:
        raise UsageError(
            Problem(f"cannot be started: {error}", "EDITOR", value=editor, remedy="set EDITOR")
        ) from None
    if status:
        raise UsageError(
            Problem(f"ended with status {status}", "EDITOR", value=editor, remedy="nothing was saved")
        )
