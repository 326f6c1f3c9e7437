"""Static files: read once, compressed once, under addresses that change with their content. Makes no pages."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from loom.core.errors import StorageError

__all__ = ["Assets"]

_ROOT = Path(__file__).with_name("static")
_STYLES = "workshop.css"
_BASE = "vendor/pico.min.css"
_FOREVER = "public, max-age=31536000, immutable"
_SHORTLY = "public, max-age=60"
_TEXT = frozenset({"text/css", "text/javascript", "image/svg+xml", "application/json", "text/plain"})


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    packed: bytes | None
    """By gzip; None where that saves nothing."""

    media_type: str


class Assets:
    """Everything under `static/`; `workshop.css` is Pico, in a layer below our own `css/` folder put together."""

    def __init__(self, order: tuple[str, ...], root: Path = _ROOT) -> None:
        """`order`: the files of `css/`, as they follow each other."""
        self._root = root
        self._order = order

    @cached_property
    def version(self) -> str:
        """Of all files together: part of every address, so that no browser shows an old one."""
        digest = hashlib.sha256()
        for name, file in sorted(self._files.items()):
            digest.update(name.encode() + b"\0" + file.content)
        return digest.hexdigest()[:12]

    def url(self, name: str) -> str:
        """Where a browser finds `name`.

        Raises:
            StorageError: when there is no such file, as in a checkout whose browser parts were not built.
        """
        if name not in self._files:
            raise StorageError(f"the browser file '{name}' is missing; run: make install")
        return f"/static/{self.version}/{name}"

    def serve(self, request: Request, path: str) -> Response:
        """The file at `path`, with or without a version before it."""
        version, _, rest = path.partition("/")
        name, lifetime = (rest, _FOREVER) if version == self.version else (path, _SHORTLY)
        file = self._files.get(name)
        if file is None:
            return Response("There is no such file.\n", 404, media_type="text/plain")
        headers = {"Cache-Control": lifetime, "Vary": "Accept-Encoding"}
        content = file.content
        if file.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            content, headers["Content-Encoding"] = file.packed, "gzip"
        return Response(content, headers=headers, media_type=file.media_type)

    @cached_property
    def _files(self) -> dict[str, _File]:
        found = {
            path.relative_to(self._root).as_posix(): path.read_bytes()
            for path in self._root.rglob("*")
            if path.is_file()
        }
        base = found.get(_BASE, b"").removeprefix(b'@charset "UTF-8";')
        own = [found.pop(f"css/{name}") for name in self._order]
        found[_STYLES] = b"\n".join((b"@layer pico{" + base + b"}", *own))
        return {name: _file(name, content) for name, content in found.items()}


def _file(name: str, content: bytes) -> _File:
    media_type = "text/javascript" if name.endswith(".js") else mimetypes.guess_type(name)[0]
    media_type = media_type or "application/octet-stream"
    packed = gzip.compress(content, mtime=0) if media_type in _TEXT else None
    smaller = packed if packed is not None and len(packed) < len(content) else None
    return _File(content, smaller, media_type)
