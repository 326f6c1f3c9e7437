"""Text files of any size, whole or line by line; what is no text is refused by its first block."""

from codecs import BOM_UTF8, getincrementaldecoder
from collections.abc import Iterator
from io import BufferedReader

from loom.core.bounded import read_most
from loom.core.errors import ConfigError, Problem

__all__ = ["MOST_BLANK", "lines_of", "refuse_binary", "text_of", "too_blank"]

MOST_BLANK = 10_000
"""So many empty lines in a row are no layout."""

_LONGEST_LINE = 8 * 1024 * 1024


def text_of(stream: BufferedReader, most: int, file: str) -> str:
    """The text in `stream`, line ends as they are.

    Raises:
        ConfigError: when it is none, or larger than `most` bytes.
    """
    refuse_binary(stream, file)
    return _decoded(read_most(stream, most, file), file).removeprefix("\ufeff")


def lines_of(stream: BufferedReader, file: str) -> Iterator[str]:
    r"""The lines of the text in `stream`, each with the `\n` that ends it.

    Raises:
        ConfigError: at a line that is no text, or longer than the longest case.
    """
    refuse_binary(stream, file)
    for number, line in enumerate(iter(lambda: stream.readline(_LONGEST_LINE + 1), b""), 1):
        if len(line) > _LONGEST_LINE:
            what = f"is a line of more than {_LONGEST_LINE >> 20} MB"
            raise ConfigError(
                Problem(what, file=file, line=number, remedy="write each case on a line of its own")
            )
        yield _decoded(line.removeprefix(BOM_UTF8) if number == 1 else line, file, number)


def too_blank(file: str | None, line: int) -> Problem:
    """What is wrong with a file that goes on with nothing; `line` is where that was enough."""
    what = f"is one of more than {MOST_BLANK:,} empty lines in a row"
    return Problem(what, None, file, line, remedy="take them out")


def refuse_binary(stream: BufferedReader, file: str) -> None:
    """Refuse what is no text by its beginning. No more is read than the first block; where that is cut is no matter."""
    block = stream.peek()
    # A cell of CSV may hold NUL, all others spell it; none begins with it, but UTF-16 and empty disks do.
    nul = block.find(b"\0", 0, 2 if file.lower().endswith(".csv") else len(block))
    if nul >= 0:
        raise _no_text(file, block.count(b"\n", 0, nul) + 1, 0)
    try:
        getincrementaldecoder("utf-8")().decode(block)
    except UnicodeDecodeError as error:
        raise _no_text(file, block.count(b"\n", 0, error.start) + 1, block[error.start]) from None


def _decoded(data: bytes, file: str, line: int = 1) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise _no_text(file, line + data.count(b"\n", 0, error.start), data[error.start]) from None


def _no_text(file: str, line: int, byte: int) -> ConfigError:
    what, remedy = "is not UTF-8 text", "save the file as UTF-8"
    return ConfigError(Problem(what, file=file, line=line, value=f"byte 0x{byte:02x}", remedy=remedy))
