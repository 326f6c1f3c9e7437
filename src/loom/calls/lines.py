"""Streams as bytes arrive: lines, and server-sent events, to payloads. Knows nothing of what the payloads mean.

The format of events: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

__all__ = ["EventReader", "LineReader", "looks_like_events"]

_FIELDS = (b"data:", b"event:", b"id:", b"retry:", b":")
_BOM = b"\xef\xbb\xbf"


def looks_like_events(body: bytes) -> bool:
    """Whether `body` begins as an event stream does."""
    return body.removeprefix(_BOM).lstrip().startswith(_FIELDS)


class EventReader:
    """Collects lines and gives the data of each finished event. Event names, ids and comments are dropped."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self._begun = False

    def feed(self, piece: bytes) -> list[bytes]:
        """The data of the events that `piece` completes."""
        if not self._begun and piece:
            self._begun = True
            piece = piece.removeprefix(_BOM)
        lines = (self._rest + piece).splitlines(keepends=True)
        # A lone carriage return at the very end may be the first half of a line break.
        self._rest = lines.pop() if lines and not lines[-1].endswith(b"\n") else b""
        return [data for line in lines if (data := self._line(line.rstrip(b"\r\n"))) is not None]

    def close(self) -> list[bytes]:
        """The data of an event that was cut off after its last line's text."""
        lines = (*self._rest.splitlines(), b"")
        self._rest = b""
        return [data for line in lines if (data := self._line(line)) is not None]

    def _line(self, line: bytes) -> bytes | None:
        if not line:
            data, self._data = self._data, []
            return b"\n".join(data) if data else None
        if line.startswith(b"data:"):
            self._data.append(line[6:] if line[5:6] == b" " else line[5:])
        return None


class LineReader:
    """Gives each line that is not blank, whichever way the bytes were cut."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes) -> list[bytes]:
        """The lines that `piece` completes."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        return [line for line in lines if line.strip()]

    def close(self) -> list[bytes]:
        """The last line, when its line break is missing."""
        rest, self._rest = self._rest, b""
        return [rest] if rest.strip() else []
