"""Work on texts and times that needs no store and no model."""

from loom.contrib.rag.tools.normalize import NormalizationResult, normalize
from loom.contrib.rag.tools.windows import (
    WindowBatch,
    daily_windows,
    describe_windows,
    sliding_windows,
    tumbling_windows,
)

__all__ = [
    "NormalizationResult",
    "WindowBatch",
    "daily_windows",
    "describe_windows",
    "normalize",
    "sliding_windows",
    "tumbling_windows",
]
