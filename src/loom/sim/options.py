"""What `loom sim` can be told. Knows nothing of HTTP."""

from dataclasses import dataclass, field
from pathlib import Path

from loom.sim.faults import FaultPlan

__all__ = ["SimOptions"]


@dataclass(frozen=True, slots=True)
class SimOptions:
    """The server's settings; the defaults answer at once, without faults or limits."""

    host: str = "127.0.0.1"
    port: int = 8090
    """0 takes a free port."""

    latency_ms: float | None = 0.0
    """A fixed wait before each answer; None waits as long as a model of that size would."""

    jitter_ms: float = 0.0
    """Up to so much is added to the wait, evenly."""

    tokens_per_s: float | None = None
    """The pace of streams; None sends them at once."""

    seed: int = 0
    """Of the jitter; faults have the seed of their plan, answers that of their request."""

    max_body: int = 16 * 1024 * 1024
    fixed_answer: str | None = None
    """Answer every request with this text and do no work."""

    answer_bytes: int | None = None
    """Pad each answer's text to at least so many bytes."""

    requests_per_s: float | None = None
    max_concurrent: int | None = None
    require_key: str | None = None
    """The key that every request must carry; None accepts anything."""

    faults: FaultPlan = field(default_factory=FaultPlan)
    bill_path: Path | None = None
    """Append every bill row to this JSONL file."""

    bill_rows: int = 200_000
    """Rows kept in memory; older ones are dropped and counted."""
