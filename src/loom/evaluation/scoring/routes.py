"""Where an evaluation's calls can go, as it asks for it; `loom.calls.endpoints.Endpoints` is the one there is."""

from typing import Protocol

from loom.calls.path import Route
from loom.core.worker_config import Tier

__all__ = ["Routes"]


class Routes(Protocol):
    """Finds routes by name."""

    async def route(
        self, *, tier: Tier | None = None, model: str | None = None, endpoint: str | None = None
    ) -> Route:
        """The route for what is named.

        Raises:
            UsageError: when it names nothing that exists, or too little to choose.
        """
        ...
