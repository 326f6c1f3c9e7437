"""The model that everyone asks: a `loom sim` process of its own, and its bill."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["ANSWER", "LOOM", "MODEL", "Simulator", "simulator"]

LOOM = str(Path(sys.executable).parent / "loom")
MODEL = "sim-small"
ANSWER = '{"category": "billing", "urgency": "high"}'
"""What the model says, whatever it is asked."""


@dataclass(frozen=True, slots=True)
class Simulator:
    """A running server."""

    url: str

    @property
    def api(self) -> str:
        """The base URL of its OpenAI-compatible API."""
        return f"{self.url}/v1"

    def reset(self) -> None:
        """Forget all requests so far."""
        self._read("/stats/reset", b"")

    def requests(self) -> int:
        """How many requests came since the last reset."""
        return int(json.loads(self._read("/stats"))["requests"])

    def bill(self) -> list[dict[str, Any]]:
        """Its rows, in order of arrival."""
        return [json.loads(line) for line in self._read("/stats/requests").splitlines()]

    def asked(self) -> list[str]:
        """What was asked since the last reset: the hashes of all requests, sorted."""
        return sorted(row["request_hash"] for row in self.bill())

    def _read(self, path: str, body: bytes | None = None) -> str:
        with urllib.request.urlopen(self.url + path, body, timeout=60) as answer:
            return answer.read().decode()


@contextmanager
def simulator(*, latency_ms: float = 0, answer_bytes: int | None = None) -> Generator[Simulator]:
    """A server on a free port that gives `ANSWER`, padded with blanks to `answer_bytes`."""
    options = ["--port", "0", "--latency-ms", str(latency_ms), "--fixed-answer", ANSWER]
    if answer_bytes:
        options += ["--answer-bytes", str(answer_bytes)]
    process = subprocess.Popen([LOOM, "sim", *options], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        url = next((word for word in line.split() if word.startswith("http://")), None)
        if url is None:
            raise RuntimeError(f"loom sim did not say where it listens: {line!r}")
        yield Simulator(url)
    finally:
        process.terminate()
        process.wait(timeout=30)
        process.stdout.close()
