"""Reads a URL so strictly that no two programs can disagree about whom it names. Resolves nothing."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final

__all__ = ["Target", "host_and_port", "read_url"]

_URL: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?P<port>:[0-9]{1,5})?"
    r"(?P<rest>[/?][!$-\[\]-~]*)?",
    re.ASCII | re.IGNORECASE,
)
"""The rest: what prints in ASCII, without space, quote, number sign and backslash."""

_PLACE: Final = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?P<port>:[0-9]{1,5})?", re.ASCII)
_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_LONGEST: Final = 2000
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a URL names."""

    url: str
    scheme: str
    host: str
    """A name in small letters without a final dot, or a numeric address as `ipaddress` writes it."""

    port: int
    numeric: bool
    """Whether `host` is an address rather than a name."""


def read_url(url: str) -> Target:
    """The target of an http or https URL.

    Raises:
        ValueError: saying what is wrong with it, as the rest of a sentence that begins with the URL.
    """
    match = _URL.fullmatch(url) if len(url) <= _LONGEST else None
    if match is None:
        raise ValueError(_fault(url))
    scheme = match["scheme"].lower()
    host, numeric = _host(match["host"])
    port = _port(match["port"]) if match["port"] else _PORTS[scheme]
    shown = f"[{host}]" if ":" in host else host
    return Target(f"{scheme}://{shown}:{port}{match['rest'] or '/'}", scheme, host, port, numeric)


def host_and_port(place: str) -> tuple[str, int | None]:
    """A host of an allow-list, `host` or `host:port`, spelled as in `Target`.

    Raises:
        ValueError: when it is neither.
    """
    match = _PLACE.fullmatch(place.strip())
    if match is None:
        raise ValueError("is not a host, nor host:port")
    return _host(match["host"])[0], _port(match["port"]) if match["port"] else None


def _fault(url: str) -> str:
    if len(url) > _LONGEST:
        return f"is longer than {_LONGEST} characters"
    if not re.match(r"https?://", url, re.IGNORECASE):
        return "is not an http or https address"
    if "@" in url.split("://", 1)[1].split("/", 1)[0]:
        return "holds a user name or password"
    if not url.isascii():
        return "has letters that are not ASCII; write the host as xn--..., the rest percent-encoded"
    return "is not spelled as a URL has to be"


def _host(written: str) -> tuple[str, bool]:
    if written.startswith("["):
        try:
            return str(IPv6Address(written[1:-1])), True
        except ValueError:
            raise ValueError("has a host that is not an IPv6 address") from None
    name = written.lower().removesuffix(".")
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        try:
            return str(IPv4Address(name)), True
        except ValueError:
            raise ValueError("has a numeric host that is not four numbers from 0 to 255") from None
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError("has a host that is not a name")
    return name, False


def _port(written: str) -> int:
    port = int(written[1:])
    if not 1 <= port <= 65535:
        raise ValueError("has a port that is not from 1 to 65535")
    return port
