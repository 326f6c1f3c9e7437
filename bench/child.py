"""Runs a command as a child process and measures what it took. Knows nothing of Loom."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Measured", "bare_environment", "measured"]

_LAUNCH = Path(__file__).with_name("launch.py")


@dataclass(frozen=True, slots=True)
class Measured:
    """What one child process took, from its start to its end."""

    cpu_s: float
    """User and system time of the process, its threads and the children it waited for; imports included."""

    wall_s: float
    peak_mb: float
    """The largest resident set, in units of 1e6 bytes."""

    output: str


def bare_environment(home: Path, **more: str) -> dict[str, str]:
    """Nothing of the caller's environment but the search path, so that no setting of theirs changes a figure."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", **more}


def measured(
    command: Sequence[str], env: Mapping[str, str], cwd: Path | None = None, *, status: int = 0
) -> Measured:
    """Run `command` to its end.

    Raises:
        RuntimeError: when it ends with another `status`, with the end of what it wrote.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "took.json"
        launched = [sys.executable, "-I", "-S", str(_LAUNCH), str(report), *command]
        done = subprocess.run(
            launched, env=env, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if done.returncode != status:
            said = (done.stderr or done.stdout)[-2000:]
            raise RuntimeError(f"{' '.join(command[:3])} ended with {done.returncode}: {said}")
        return Measured(**json.loads(report.read_bytes()), output=done.stdout)
