"""The key of one endpoint: sent along, named by where it comes from, never shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from loom.core.errors import InputError, Problem

__all__ = ["Credential"]

_SHORTEST_SECRET = 6


@dataclass(frozen=True, slots=True)
class Credential:
    """A key, or none for an endpoint that asks for none."""

    key: str | None = field(default=None, repr=False)
    source: str = "OPENAI_API_KEY"
    """Where a person changes it: the name of an environment variable or a setting."""

    beside: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """Further headers by name, whose values are secret too."""

    def __post_init__(self) -> None:
        if self.key and not (self.key.isascii() and self.key.isprintable()):
            what = "holds a character that no HTTP header may carry"
            raise InputError(
                Problem(what, field=self.source, remedy="copy the key again, without line breaks")
            )

    @property
    def bearer(self) -> dict[str, str]:
        """The header that proves the key to most endpoints."""
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}

    @property
    def remedy(self) -> str:
        """What a person does when the endpoint rejects the key, or wants one."""
        return (
            f"check the key in {self.source}" if self.key else f"it asks for a key: put one in {self.source}"
        )

    def redact(self, text: str) -> str:
        """`text` without the key and what stands beside it. What is too short to be a secret is left alone."""
        for secret in (self.key or "", *self.beside.values()):
            if len(secret) >= _SHORTEST_SECRET:
                text = text.replace(secret, "***")
        return text
