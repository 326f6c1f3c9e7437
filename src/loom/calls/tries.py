"""An answer as it streams, over all tries of its call: each begins at its beginning. Knows no provider."""

from collections.abc import Generator
from contextlib import contextmanager

from loom.calls.backend import Delta, DeltaKind, OnDelta
from loom.core.errors import ProviderError

__all__ = ["StreamedTries"]


class StreamedTries:
    """Tells `on_delta` what streams, and a restart before a try that follows one of which something was seen."""

    def __init__(self, on_delta: OnDelta) -> None:
        self._on_delta = on_delta
        self._seen = False
        self._why = ""

    @contextmanager
    def trying(self) -> Generator[None]:
        """Within: one try, and why it failed."""
        if self._seen:
            self._seen = False
            self._on_delta(Delta(DeltaKind.RESTART, self._why))
        try:
            yield
        except ProviderError as error:
            self._why = str(error)
            raise

    def add(self, delta: Delta) -> None:
        """Tell a piece of the try under way."""
        self._seen = True
        self._on_delta(delta)
