"""The frame around every part of the settings: its head, and the list of parts at the left. Knows no part."""

from dataclasses import dataclass

from loom.workshop.guard.policy import POLICY
from loom.workshop.views.actions import Action, Crumb, Header
from loom.workshop.views.feedback import Banner, Toast

__all__ = ["Frame", "Part", "frame"]


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the list."""

    label: str
    href: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds a part."""

    header: Header
    parts: tuple[Part, ...]
    banners: tuple[Banner, ...] = ()
    toasts: tuple[Toast, ...] = ()


_PARTS = (
    Part("Endpoints", "/settings/endpoints"),
    Part("Tiers", "/settings/tiers"),
    Part("Users", "/settings/users"),
    Part("API keys", "/settings/keys"),
    Part("Access", "/settings/access"),
    Part("Retention", "/settings/retention"),
    Part("Audit", "/settings/audit"),
    Part("System", "/settings/system"),
)


def frame(
    title: str,
    home: str,
    *,
    actions: tuple[Action, ...] = (),
    crumbs: tuple[Crumb, ...] = (),
    banners: tuple[Banner, ...] = (),
    toasts: tuple[Toast, ...] = (),
) -> Frame:
    """The frame of a page of the part at `home`; `crumbs` lead on from there."""
    part = next(one for one in _PARTS if one.href == home)
    way = (Crumb("Settings", "/settings"), Crumb(part.label, home if crumbs else None), *crumbs)
    parts = tuple(
        Part(one.label, one.href, one.href == home) for one in _PARTS if ("GET", one.href) in POLICY
    )
    return Frame(Header(title, way, actions=actions), parts, banners, toasts)
