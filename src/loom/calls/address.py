"""Where an endpoint's paths are, from the base URL a person wrote. Opens nothing, knows no provider."""

import re
from urllib.parse import urlsplit

from loom.core.address import origin_of, shown_url, url_fault
from loom.core.errors import InputError, Problem

__all__ = ["root_of", "versioned"]

_VERSION = re.compile(r"/v\d+\w*(/|$)")


def root_of(base_url: str, *endings: str) -> str:
    """What the API's paths follow: scheme, host, port, path, no closing slash.

    Of `endings`, paths of the API itself that people paste along, the first that fits is taken off.

    Raises:
        InputError: for another scheme, no host, a password, a query or a fragment.
    """
    fault = url_fault(base_url)
    if fault is not None:
        remedy = "write it as http://host:port, and the key by itself"
        raise InputError(Problem(fault, "base_url", value=shown_url(base_url), remedy=remedy))
    path = urlsplit(base_url.strip()).path.rstrip("/")
    ending = next((ending for ending in endings if path.endswith(ending)), "")
    return f"{origin_of(base_url)}{path.removesuffix(ending)}"


def versioned(root: str) -> str:
    """`root` with `/v1`, unless its path names a version, as `/v1`, `/openai/v1` and `/v1beta/openai` do."""
    return root if _VERSION.search(urlsplit(root).path) else f"{root}/v1"
