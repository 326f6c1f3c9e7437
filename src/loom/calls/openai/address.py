"""Where an endpoint's paths are, from the base URL a person wrote. Opens nothing."""

import re
from urllib.parse import urlsplit

from loom.core.errors import InputError, Problem

__all__ = ["api_root"]

_VERSION = re.compile(r"/v\d+\w*(/|$)")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def api_root(base_url: str) -> str:
    """What `/chat/completions` and its siblings follow: scheme, host, port, path, no closing slash.

    `/v1` is added unless the path already names a version, as `/v1`, `/openai/v1` and `/v1beta/openai` do.

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
    path = parts.path.rstrip("/").removesuffix("/chat/completions")
    version = "" if _VERSION.search(path) else "/v1"
    return f"{parts.scheme}://{host}{port}{path}{version}"


def _problem(base_url: str) -> Problem | None:
    try:
        parts = urlsplit(base_url.strip())
        bad = parts.scheme not in _DEFAULT_PORTS or not parts.hostname or parts.port == 0
    except ValueError:
        return Problem(
            "is not a URL", field="base_url", value=base_url, remedy="write it as http://host:port/v1"
        )
    if parts.username is not None or parts.password is not None:
        return Problem("holds a user name or password", field="base_url", remedy="give the key by itself")
    if bad:
        what = "is not an http or https address"
        return Problem(what, field="base_url", value=base_url, remedy="write it as http://host:port/v1")
    if parts.query or parts.fragment:
        return Problem("ends in a query", field="base_url", value=base_url, remedy="end it with its path")
    return None
