"""The parts of the settings: the list at the left of each of their pages."""

from dataclasses import dataclass

from loom.workshop.policy import POLICY

__all__ = ["Part", "parts"]


@dataclass(frozen=True, slots=True)
class Part:
    """One page of the settings."""

    label: str
    href: str
    current: bool


_PARTS = (
    ("Endpoints", "/settings/endpoints"),
    ("Tiers", "/settings/tiers"),
    ("General", "/settings/general"),
    ("Users", "/settings/users"),
    ("API keys", "/settings/keys"),
    ("Access", "/settings/access"),
    ("Retention", "/settings/retention"),
    ("Audit log", "/settings/audit"),
    ("System", "/settings/system"),
)


def parts(current: str) -> tuple[Part, ...]:
    """All that there are; `current` is the address of the one that is shown."""
    return tuple(Part(label, href, href == current) for label, href in _PARTS if ("GET", href) in POLICY)
