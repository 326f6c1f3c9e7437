"""The bubblewrap command line of a jail that holds a Python interpreter and nothing else. Starts nothing in it."""

import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from loom.sandbox.syscalls import filter_for

__all__ = ["INSTALL", "JailError", "jail_command"]

INSTALL: Final = (
    "install bubblewrap (Debian, Ubuntu: apt install bubblewrap; Fedora: dnf install bubblewrap), "
    "or use `engine: monty`"
)
_SCRATCH_BYTES: Final = 16 * 2**20
_ROOT: Final = "/python"
_GUEST: Final = "/guest.py"
_LIBRARY: Final = re.compile(r"(/\S+) \(0x[0-9a-f]+\)")


class JailError(Exception):
    """There can be no jail on this machine; the message says what to do."""


@cache
def jail_command() -> tuple[str, ...]:
    """The command that starts `guest.py` in a jail, found out once: may take a moment.

    Namespaces of its own for everything, so no network, no other process and no name of this machine; no capability,
    no environment, no `/proc`, no `/dev`. The root is read-only and has the interpreter, its standard library and
    the shared libraries that these are linked with; `/tmp` is small, empty and in memory.

    Raises:
        JailError: when this machine has no bubblewrap, or no `ldd`.
    """
    bubblewrap = shutil.which("bwrap")
    if sys.platform != "linux":
        raise JailError("full Python is sandboxed on Linux only; use `engine: monty`")
    if os.geteuid() == 0 and not filter_for(platform.machine()):
        why = (
            "root may start any number of processes, and no filter of system calls is known for this machine"
        )
        raise JailError(f"{why}; run Loom as another user, or use `engine: monty`")
    if bubblewrap is None:
        raise JailError(f"full Python runs under bubblewrap only, which is not installed; {INSTALL}")
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    interpreter = f"{_ROOT}/bin/{version}"
    library = f"{_ROOT}/{sys.platlibdir}/{version}"
    standard = Path(sysconfig.get_path("stdlib"))
    return (
        *(
            bubblewrap,
            "--unshare-all",
            "--unshare-user",
            "--disable-userns",
            "--die-with-parent",
            "--new-session",
        ),
        *("--clearenv", "--hostname", "sandbox", "--uid", "65534", "--gid", "65534", "--cap-drop", "ALL"),
        *("--ro-bind", _interpreter(), interpreter, "--ro-bind", str(standard), library),
        *(("--tmpfs", f"{library}/site-packages") if (standard / "site-packages").is_dir() else ()),
        *(word for path in _libraries(standard / "lib-dynload") for word in ("--ro-bind", path, path)),
        *("--ro-bind", str(Path(__file__).with_name("guest.py")), _GUEST),
        *("--size", str(_SCRATCH_BYTES), "--tmpfs", "/tmp", "--chdir", "/tmp"),  # noqa: S108 - the jail's own
        *("--remount-ro", "/"),
        *(interpreter, "-I", "-S", "-B", _GUEST),
    )


def _interpreter() -> str:
    return str(Path(sys.executable).resolve())


def _libraries(extensions: Path) -> Iterator[str]:
    """Every shared library that the interpreter and its standard library are linked with, as the loader names it."""
    ldd = shutil.which("ldd")
    if ldd is None:
        raise JailError(
            "`ldd`, which tells what Python is linked with, is not installed; use `engine: monty`"
        )
    modules = (str(path) for path in extensions.glob("*.so") if not path.name.startswith("_tkinter"))
    listed = subprocess.run(  # noqa: S603 - the words are this interpreter's own paths
        [ldd, _interpreter(), *modules],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    yield from sorted(set(_LIBRARY.findall(listed.stdout)))
