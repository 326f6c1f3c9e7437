"""Files that hold secrets: on the disk as a whole or not at all, and for their owner only. Knows no content."""

import os
import secrets
from pathlib import Path

__all__ = ["keep_once", "write_private"]


def write_private(path: Path, content: bytes) -> None:
    """Put `content` at `path`, in place of what was there.

    Raises:
        OSError: when it cannot be written; what was there stays.
    """
    new = _beside(path, content)
    try:
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def keep_once(path: Path, content: bytes) -> bytes:
    """What is at `path`; `content` is put there when nothing is. Of several processes that do, one wins.

    Raises:
        OSError: when it can be neither read nor written.
    """
    if not path.exists():
        new = _beside(path, content)
        try:
            path.hardlink_to(new)
        except FileExistsError:
            pass
        finally:
            new.unlink()
    path.chmod(0o600)
    return path.read_bytes()


def _beside(path: Path, content: bytes) -> Path:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "wb") as stream:  # noqa: PTH123 - a descriptor
            stream.write(content)
            stream.flush()
            os.fsync(descriptor)
    except BaseException:
        new.unlink()
        raise
    return new
