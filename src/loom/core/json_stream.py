"""Reads a JSON text piece by piece, of which only a part is in memory; knows the place of each. Knows no key."""

import json
import re
from codecs import BOM_UTF8, getincrementaldecoder
from collections.abc import Callable, Iterator
from typing import BinaryIO

from loom.core.errors import ConfigError, Problem
from loom.core.findings import Place
from loom.core.json_faults import fault_of, place_in
from loom.core.jsonvalue import JsonValue

__all__ = ["JsonStream", "crowded", "too_crowded"]

_COMMA = re.compile(r"[ \t\n\r]*,[ \t\n\r]*(?=[^ \t\n\r])")
_BLOCK = 256 * 1024
_LONGEST = 8 * 1024 * 1024
_MOST_PARTS = 250_000
_UNCOUNTED = 1024 * 1024
_LONGEST_WORD = 16
"""Of those that a part of a text can end within: `-Infinity`, an escape."""

_SPACES = re.compile(r"[ \t\n\r]*")

Scan = Callable[[str, int], tuple[JsonValue, int]]
"""Reads the value that begins at a place of a text; gives it, and where it ends. Raises ValueError."""


def crowded(text: str, start: int = 0) -> bool:
    """Whether what may be one value has so many parts that they would fill the memory."""
    if len(text) - start < _UNCOUNTED:
        return False
    return sum(text.count(mark, start) for mark in ",[{") > _MOST_PARTS


def too_crowded(file: str | None, at: Place) -> Problem:
    """What is wrong with a value that is."""
    return _too_large(f"is a value of more than {_MOST_PARTS:,} parts", file, at)


def _too_large(what: str, file: str | None, at: Place) -> Problem:
    return Problem(what, None, file, at.line, at.column, None, "make more cases of it, or write less")


class JsonStream:
    """The JSON text in `stream`; `scan` reads its values, of which each may have 8 MB.

    Every method raises ConfigError where the text is not JSON.
    """

    def __init__(self, stream: BinaryIO, file: str, scan: Scan) -> None:
        self._stream = stream
        self._file = file
        self._scan = scan
        self._decode = getincrementaldecoder("utf-8")().decode
        self._text = ""
        self._at = self._begin = self._placed = 0
        self._line = self._column = 1
        """Of the character at `_placed`, which is at `_at` or before it."""

        self._is_new = True
        self._ended = False

    def peek(self) -> str:
        """The next character that is no space; empty at the end of the text."""
        while True:
            space = _SPACES.match(self._text, self._at)
            self._at = space.end() if space else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def take(self, *marks: str) -> str:
        """The next character, one of `marks`, which is used up."""
        found = self.peek()
        if found not in marks or not found:
            reason = {":": "Expecting ':' delimiter", "": "Extra data"}.get(
                marks[0], "Expecting ',' delimiter"
            )
            raise self._refused(json.JSONDecodeError(reason, self._text, self._at))
        self._at += 1
        return found

    def end(self) -> None:
        """Nothing more may come."""
        if self.peek():
            raise self._refused(json.JSONDecodeError("Extra data", self._text, self._at))

    def place(self) -> Place:
        """Where the next character stands that is no space."""
        self.peek()
        return self._here()

    def _here(self) -> Place:
        self._place()
        return Place(self._line, self._column)

    def value(self) -> JsonValue:
        """The next value."""
        self.peek()
        return self._value_here()

    def _value_here(self) -> JsonValue:
        while True:
            begin = self._at
            try:
                value, end = self._scan(self._text, begin)
            except json.JSONDecodeError as error:
                if not self._is_cut(error) or not self._more():
                    raise self._refused(error) from None
                self._bound()
            except (ValueError, RecursionError) as error:
                raise self._refused(error) from None
            else:
                if end < len(self._text) or not isinstance(value, int | float) or not self._more():
                    self._begin, self._at = begin, end
                    return value

    def last(self) -> str:
        """The text of the last value, as long as nothing else was asked for."""
        return self._text[self._begin : self._at]

    def items(self) -> Iterator[tuple[Place, JsonValue]]:
        """The values of the list that begins here, each with its place, read as they are asked for."""
        self.take("[")
        if self.peek() == "]":
            self._at += 1
            return
        while True:
            yield self._here(), self._value_here()
            between = _COMMA.match(self._text, self._at)
            if between:
                self._at = between.end()
            elif self.take(",", "]") == "]":
                return
            else:
                self.peek()

    def members(self) -> Iterator[tuple[Place, str]]:
        """The keys of the mapping that begins here; the value of each is to be read before the next is asked for."""
        self.take("{")
        if self.peek() == "}":
            self._at += 1
            return
        while True:
            at = self.place()
            if self.peek() != '"':
                reason = "Expecting property name enclosed in double quotes"
                raise self._refused(json.JSONDecodeError(reason, self._text, self._at))
            key = self.value()
            self.take(":")
            yield at, key
            if self.take(",", "}") == "}":
                return

    def _place(self) -> None:
        before, at = self._placed, self._at
        last = self._text.rfind("\n", before, at)
        if last < 0:
            self._column += at - before
        else:
            self._line += self._text.count("\n", before, at)
            self._column = at - last
        self._placed = at

    def _more(self) -> bool:
        """Look for more of the text, as much as is there; False when it was at its end before.

        What is read of it already is let go, so that places in `_text` move.
        """
        if self._ended:
            return False
        self._place()
        rest = self._text[self._at :]
        data = self._stream.read(max(_BLOCK, len(rest)))
        if self._is_new:
            data, self._is_new = data.removeprefix(BOM_UTF8), False
        self._at = self._placed = 0
        self._ended = not data
        try:
            self._text = rest + self._decode(data, not data)
        except UnicodeDecodeError as error:
            self._text = rest + error.object[: error.start].decode()
            line, column = place_in(self._text, len(self._text), self._line, self._column)
            byte, remedy = f"byte 0x{error.object[error.start]:02x}", "save the file as UTF-8"
            raise ConfigError(
                Problem("is not UTF-8 text", None, self._file, line, column, byte, remedy)
            ) from None
        return True

    def _is_cut(self, error: json.JSONDecodeError) -> bool:
        """Whether `error` may only say that the text goes on where no more of it is in memory."""
        return error.msg.startswith("Unterminated") or error.pos > len(self._text) - _LONGEST_WORD

    def _bound(self) -> None:
        """Refuse a value that is not yet whole and too large already."""
        if len(self._text) > _LONGEST:
            what = f"is a value of more than {_LONGEST >> 20} MB"
            raise ConfigError(_too_large(what, self._file, self.place()))
        if crowded(self._text, self._at):
            raise ConfigError(too_crowded(self._file, self.place()))

    def _refused(self, error: Exception) -> ConfigError:
        fault = fault_of(self._text, error, self._at)
        place = place_in(self._text[self._placed :], fault.at - self._placed, self._line, self._column)
        return ConfigError(fault.problem(self._file, *place))
