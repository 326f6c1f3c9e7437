"""Runs `loom` and appends the name of every fail-point it passes to the file that is named first."""

import sys
from pathlib import Path

from loom.core import failpoint

passed: set[str] = set()
failpoint.failpoint = passed.add  # before anything has imported the real one

from loom.cli.main import cli  # noqa: E402 - see above

if __name__ == "__main__":
    out = Path(sys.argv.pop(1))
    sys.path[0] = str(Path.cwd())  # as `python -m loom` has it
    try:
        cli()
    finally:
        with out.open("a", encoding="utf-8") as file:
            file.writelines(f"{name}\n" for name in passed)
