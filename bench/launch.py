"""`launch.py REPORT COMMAND...` runs the command and writes to REPORT what it took.

A process of its own, since the kernel counts the memory of a child from that of its parent at the start.
"""

import json
import os
import subprocess
import sys
import threading
import time

_PATIENCE_S = 900.0


def main(report: str, command: list[str]) -> int:
    """The exit status of `command`."""
    begun = time.perf_counter()
    process = subprocess.Popen(command)
    patience = threading.Timer(_PATIENCE_S, process.kill)
    patience.start()
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - begun
    patience.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    cpu_s = usage.ru_utime + usage.ru_stime
    kilobyte = 1 if sys.platform == "darwin" else 1024
    with open(report, "w", encoding="utf-8") as out:  # noqa: PTH123 - pathlib would make this process larger
        json.dump({"cpu_s": cpu_s, "wall_s": wall_s, "peak_mb": usage.ru_maxrss * kilobyte / 1e6}, out)
    return abs(process.returncode)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
