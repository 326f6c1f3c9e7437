"""A small server for pages that tests write: our scripts beside them, forms that are remembered, events on demand."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import loom.workshop

_STATIC = Path(loom.workshop.__file__).with_name("static")
_TYPES = {".js": "text/javascript", ".css": "text/css"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-n'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'"
)
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>test</title>
<meta name="htmx-config" content='{{"allowEval":false,"allowScriptTags":false,"includeIndicatorStyles":false}}'>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/static/vendor/pico.min.css">
<script src="/static/js/theme.js" nonce="n"></script><script src="/static/vendor/htmx.min.js" defer></script>
<script type="module" src="/static/js/main.js"></script></head><body><div id="toasts"></div>{body}</body></html>"""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    """Five, its own, are fewer than a browser asks for at once."""


class ScriptSite:
    """`pages`: bodies by path, or functions of the request that make them. `posted`: the forms that came.

    `cursors`: where each listener began; `sent`: the number of the last event that one was sent. While `refused`,
    there are no events.
    """

    def __init__(self) -> None:
        self.pages: dict[str, str | Callable[[Asked], object]] = {}
        self.posted: list[dict[str, str]] = []
        self.events: queue.Queue[dict[str, object] | None] = queue.Queue()
        self.cursors: list[str] = []
        self.sent: object = 0
        self.refused = False
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.events.put(None)
        self._server.shutdown()
        self._server.server_close()

    def tell(self, seq: int, type_: str, **data: object) -> None:
        """Send an event to whoever listens."""
        self.events.put({"seq": seq, "type": type_, "at": 0, "data": data})

    def cut(self) -> None:
        """End the connection of the listener."""
        self.events.put(None)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(Asked):
            def do_GET(self) -> None:
                path = urlsplit(self.path).path
                if path.startswith("/static/"):
                    file = _STATIC / path.removeprefix("/static/")
                    self.send(file.read_bytes(), _TYPES[file.suffix])
                elif path == "/events" and site.refused:
                    self.send(b"", "text/plain", 503)
                elif path == "/events":
                    self.stream(site)
                else:
                    self.answer(site.pages[path])

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                site.posted.append(dict(parse_qsl(body, keep_blank_values=True)))
                self.answer(site.pages[urlsplit(self.path).path])

        return Handler


class Asked(BaseHTTPRequestHandler):
    """One request."""

    def answer(self, page: str | Callable[[Asked], object]) -> None:
        """A string is a page, or a part of one for HTMX; other values are JSON; None is left to the page."""
        made = page if isinstance(page, str) else page(self)
        if isinstance(made, str):
            whole = "HX-Request" not in self.headers
            self.send((_PAGE.format(body=made) if whole else made).encode(), "text/html")
        elif made is not None:
            self.send(json.dumps(made).encode(), "application/json")

    def send(self, content: bytes, type_: str, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{type_}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Security-Policy", _POLICY)
        self.end_headers()
        self.wfile.write(content)

    def stream(self, site: ScriptSite) -> None:
        """Events until `cut`; says where the listener had got to."""
        site.cursors.append(self.headers.get("Last-Event-ID") or urlsplit(self.path).query)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(b"retry: 50\n\n")
        while (event := site.events.get(timeout=30)) is not None:
            site.sent = event["seq"]
            self.wfile.write(f"id: {event['seq']}\ndata: {json.dumps(event)}\n\n".encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has in http.server
        """Say nothing."""
