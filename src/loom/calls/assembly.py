"""A streamed answer while it is put together: what every API's streams have in common. Knows no transport, no API."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator

from loom.calls.backend import Delta, DeltaKind
from loom.calls.lines import EventReader, LineReader
from loom.calls.reading import malformed, parsed_object
from loom.calls.refusals import reported_under_success
from loom.core.jsonvalue import Json, JsonValue

__all__ = ["Assembly", "added"]


class Assembly(ABC):
    """Grows by bytes; tells the new deltas, whether the answer is complete, and the whole."""

    def __init__(self, reader: EventReader | LineReader) -> None:
        self.done = False
        """The endpoint said that nothing follows."""

        self._reader = reader
        self._text: list[str] = []
        self._rest: Json = {}
        """What stands beside the answer itself: the model, the counts, an error."""

        self._garbled: bytes | None = None

    @property
    @abstractmethod
    def complete(self) -> bool:
        """The stream reached an end of its own: a finish reason, an end mark, or an error."""

    @property
    @abstractmethod
    def begun(self) -> bool:
        """Something that a model made has come, of whatever kind: it may be charged, also when an error follows."""

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self._text)

    def feed(self, piece: bytes) -> list[Delta]:
        """The deltas that `piece` brings."""
        return self._deltas(self._reader.feed(piece))

    def close(self) -> list[Delta]:
        """Nothing follows: the deltas of a last piece whose line break is missing."""
        return self._deltas(self._reader.close())

    def document(self) -> Json:
        """The whole, as an unstreamed call would have brought it.

        Raises:
            ProviderError: what an error in it says; `MALFORMED`, when a piece is not JSON.
        """
        if "error" in self._rest:
            raise reported_under_success(self._rest, begun=self.begun)
        if self._garbled is not None:
            raise malformed("a stream with a piece that is not a JSON object", self._garbled)
        return self._document()

    def whole(self, body: bytes) -> Json:
        """The document in the recorded bytes of a stream; raises as `document`."""
        self.feed(body)
        self.close()
        return self.document()

    @abstractmethod
    def _piece(self, piece: Json) -> Iterator[Delta]:
        """Take what an event or a line says."""

    @abstractmethod
    def _document(self) -> Json: ...

    def _ends(self, _data: bytes) -> bool:
        """Whether this is an end mark that is no JSON."""
        return False

    def _deltas(self, payloads: Iterable[bytes]) -> list[Delta]:
        return [delta for data in payloads for delta in self._payload(data)]

    def _payload(self, data: bytes) -> Iterator[Delta]:
        if self._ends(data):
            self.done = True
        elif (piece := parsed_object(data)) is None:
            self._garbled = data
        else:
            yield from self._piece(piece)


def added(pieces: list[str], text: JsonValue, kind: DeltaKind) -> Iterator[Delta]:
    """Keep `text` among `pieces`, and tell it, when there is any."""
    if isinstance(text, str) and text:
        pieces.append(text)
        yield Delta(kind, text)
