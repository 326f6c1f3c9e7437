"""The address of an endpoint as a person writes it: what keeps it from being one, and what owns a key sent there."""

from urllib.parse import urlsplit

__all__ = ["origin_of", "shown_url", "url_fault"]

_USUAL_PORTS = {"http": 80, "https": 443}


def url_fault(url: str) -> str | None:
    """What keeps `url` from being an endpoint's address; None when nothing does."""
    try:
        parts = urlsplit(url.strip())
        is_address = parts.scheme in _USUAL_PORTS and parts.hostname and parts.port != 0
    except ValueError:
        return "is not a URL"
    if parts.username is not None or parts.password is not None:
        return "holds a user name or password"
    if parts.query or parts.fragment:
        return "ends in a query"
    return None if is_address else "is not an http or https address"


def shown_url(url: object) -> object:
    """`url` for a message; None when a key may be in it."""
    return None if any(sign in str(url) for sign in "@?#") else url


def origin_of(url: str) -> str:
    """Scheme, host and port of an address without a fault, spelled in one way: what a key belongs to."""
    parts = urlsplit(url.strip())
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    port = "" if parts.port in (None, _USUAL_PORTS.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"
