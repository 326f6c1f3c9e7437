"""What a Workshop is started with."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from loom.core.settings import Settings

__all__ = ["WorkshopOptions", "is_loopback", "is_wildcard"]


@dataclass(frozen=True, slots=True)
class WorkshopOptions:
    """One Workshop."""

    settings: Settings
    configs_dir: Path = Path("configs")
    debug: bool = False
    """Also serves `/gallery`."""

    @property
    def local(self) -> bool:
        """Whether only this machine reaches it."""
        return is_loopback(self.settings.host)


def is_loopback(host: str) -> bool:
    """Whether `host`, a name or an address, is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_wildcard(host: str) -> bool:
    """Whether `host` stands for all addresses of this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_unspecified
    except ValueError:
        return not host
