"""What a browser transfers on its way through the Workshop, as Chromium counts it. Knows no page."""

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

__all__ = ["Visit", "visits"]

_CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
_QUIET_MS = 500
_WAIT_MS = 30_000


@dataclass(frozen=True, slots=True)
class Visit:
    """What one page transferred, headers included."""

    parts: dict[str, int]
    """Bytes by address, without what came from the browser's own cache."""

    @property
    def size(self) -> int:
        """All of it."""
        return sum(self.parts.values())

    def largest(self) -> str:
        """Its largest part."""
        address = max(self.parts, key=lambda part: self.parts[part])
        return f"{self.parts[address] / 1000:.1f} kB of it {urlsplit(address).path.rpartition('/')[2]}"


def visits(address: str, paths: Sequence[str]) -> list[Visit] | None:
    """One browser that knows nothing at first opens one path after the other; None without a browser."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    if _CHROMIUM is None:
        return None
    options = ["--no-sandbox"] if sys.platform == "linux" and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=options)
        page = browser.new_page()
        page.set_default_timeout(_WAIT_MS)
        names: dict[str, str] = {}
        sizes: dict[str, int] = {}

        def sent(event: dict[str, Any]) -> None:
            names[event["requestId"]] = event["request"]["url"]

        def ended(event: dict[str, Any]) -> None:
            sizes[event["requestId"]] = int(event["encodedDataLength"])

        session: Any = page.context.new_cdp_session(page)  # its types say nothing of what events hold
        session.on("Network.requestWillBeSent", sent)
        session.on("Network.loadingFinished", ended)
        session.send("Network.enable")
        found: list[Visit] = []
        for path in paths:
            sizes.clear()
            page.goto(address + path, wait_until="load")
            page.wait_for_timeout(_QUIET_MS)
            found.append(Visit({names[request]: size for request, size in sizes.items()}))
        browser.close()
    return found
