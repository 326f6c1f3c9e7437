"""What a scorer may ask of models, and of whom. Knows no scorer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from loom.calls.models import ModelAnswer, ModelRequest, Purpose

__all__ = ["Caller", "RouteWish", "Vector"]

Vector: TypeAlias = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class RouteWish:
    """A model that a scorer asks. None leaves the choice to the settings."""

    purpose: Purpose
    model: str | None = None
    endpoint: str | None = None


class Caller(Protocol):
    """Model calls on behalf of one execution: journaled, cached, on the job's account and within its budget."""

    async def ask(
        self, request: ModelRequest, wish: RouteWish, *, sample: int = 0, timeout_s: float | None = None
    ) -> ModelAnswer:
        """The model's answer. `request.model` may be empty: the route knows it.

        Equal requests share one answer, however many cases make them; another `sample` asks for another one. Each
        try may take `timeout_s`; by default as long as the scorer itself.

        Raises:
            ProviderError: when no try brought an answer.
            LimitError: when a budget refuses it.
        """
        ...

    async def embed(
        self, texts: Sequence[str], wish: RouteWish, *, timeout_s: float | None = None
    ) -> tuple[Vector, ...]:
        """One vector per text, all of one length. `timeout_s` is as for `ask`.

        Raises:
            ProviderError: when no try brought them.
            LimitError: when a budget refuses it.
        """
        ...
