"""Where an endpoint's paths are, from the base URL a person wrote. Opens nothing, knows no provider."""

import re
from urllib.parse import urlsplit

from loom.core.errors import InputError, Problem

__all__ = ["root_of", "versioned"]

_VERSION = re.compile(r"/v\d+\w*(/|$)")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def root_of(base_url: str, *endings: str) -> str:
    """What the API's paths follow: scheme, host, port, path, no closing slash.

    Of `endings`, paths of the API itself that people paste along, the first that fits is taken off.

    Raises:
        InputError: for another scheme, no host, a password, a query or a fragment.
    """
    problem = _problem(base_url)
    if problem is not None:
        raise InputError(problem)
    parts = urlsplit(base_url.strip())
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    port = "" if parts.port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{parts.port}"
    path = parts.path.rstrip("/")
    ending = next((ending for ending in endings if path.endswith(ending)), "")
    return f"{parts.scheme}://{host}{port}{path.removesuffix(ending)}"


def versioned(root: str) -> str:
    """`root` with `/v1`, unless its path names a version, as `/v1`, `/openai/v1` and `/v1beta/openai` do."""
    return root if _VERSION.search(urlsplit(root).path) else f"{root}/v1"


def _problem(base_url: str) -> Problem | None:
    try:
        parts = urlsplit(base_url.strip())
        bad = parts.scheme not in _DEFAULT_PORTS or not parts.hostname or parts.port == 0
    except ValueError:
        return Problem(
            "is not a URL", field="base_url", value=base_url, remedy="write it as http://host:port"
        )
    if parts.username is not None or parts.password is not None:
        return Problem("holds a user name or password", field="base_url", remedy="give the key by itself")
    if bad:
        what = "is not an http or https address"
        return Problem(what, field="base_url", value=base_url, remedy="write it as http://host:port")
    if parts.query or parts.fragment:
        return Problem("ends in a query", field="base_url", value=base_url, remedy="end it with its path")
    return None
