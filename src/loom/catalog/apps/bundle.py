"""A ZIP that may hold an app: looked at from end to end before anything of it is kept. What is wrong is refused.

Nothing is cleaned: a bundle with one bad name, one link or one bomb is no bundle.
"""

import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from loom.core.bounded import MAX_CONFIG_BYTES
from loom.core.errors import ConfigError, Problem
from loom.core.inside import Folder
from loom.core.manifest import COMPATIBILITY, AppManifest, manifest_of
from loom.core.yamlfile import parse_yaml

__all__ = ["MAX_BUNDLE_BYTES", "Bundle", "opened"]

MAX_BUNDLE_BYTES = 50 * 1024 * 1024
_MOST_ENTRIES = 2_000
_MOST_UNPACKED = 200 * 1024 * 1024
_MOST_OF_ONE = 50 * 1024 * 1024
_MOST_RATIO = 200
"""How many times as large as packed a file may be, once that matters; text rarely comes to 20."""

_RATIO_FROM = 1024 * 1024
_MOST_DEEP = 20
_MOST_LETTERS = 200
_MANIFEST = "manifest.yaml"
_END, _SHORTEST_END, _LONGEST_END = b"PK\5\6", 22, 22 + 65_535
_LOCATOR, _LOCATOR_BYTES = b"PK\6\7", 20
"""Of a ZIP64, which no app needs."""

_LONGEST_LINE = 1_000
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Bundle:
    """An open ZIP that was found fit."""

    def __init__(self, archive: zipfile.ZipFile, files: list[zipfile.ZipInfo], manifest: AppManifest) -> None:
        self._archive = archive
        self._files = files
        self.manifest = manifest

    @property
    def names(self) -> list[str]:
        """The files in it."""
        return [one.filename for one in self._files]

    def unpack(self, folder: Path) -> None:
        """Write every file below `folder`, which must be there.

        Raises:
            ConfigError: when a file is not what the list of contents says.
        """
        with Folder(folder) as inside:
            for one in self._files:
                inside.write(one.filename, _read(self._archive, one, _MOST_OF_ONE))


@contextmanager
def opened(path: Path) -> Generator[Bundle]:
    """The bundle at `path`.

    Raises:
        ConfigError: naming what is wrong with it.
    """
    if not path.is_file():
        raise _refused("is not found", "give the path of a ZIP")
    if path.stat().st_size > MAX_BUNDLE_BYTES:
        most = MAX_BUNDLE_BYTES // 1024 // 1024
        raise _refused(f"is larger than {most} MB", "leave out what is no definition")
    _refuse_endless_contents(path)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise _refused("Not a valid ZIP", "pack the app again") from None
    with archive:
        yield _inspected(archive)


def _refuse_endless_contents(path: Path) -> None:
    """Look at the end of the file before its list of contents, which may be a million lines, is read.

    The record there says how large the list is: section 4.3.16 of https://support.pkware.com/pkzip/appnote
    """
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _LONGEST_END))
        tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _SHORTEST_END:
        raise _refused("Not a valid ZIP", "pack the app again")
    large = tail[max(0, at - _LOCATOR_BYTES) : at].startswith(_LOCATOR)
    [size] = struct.unpack_from("<L", tail, at + 12)
    if large or size > _MOST_ENTRIES * _LONGEST_LINE:
        raise _refused(f"holds too many files: {_MOST_ENTRIES:,} are the most", "leave some out")


def _inspected(archive: zipfile.ZipFile) -> Bundle:
    entries = archive.infolist()
    if len(entries) > _MOST_ENTRIES:
        raise _refused(f"holds {len(entries):,} files, and {_MOST_ENTRIES:,} are the most", "leave some out")
    problems = [problem for one in entries for problem in _faults(one)]
    problems += _twins(entries)
    unpacked = sum(one.file_size for one in entries)
    if unpacked > _MOST_UNPACKED:
        problems.append(Problem(f"unpacks to {unpacked:,} bytes, and {_MOST_UNPACKED:,} are the most"))
    if problems:
        raise ConfigError(problems)
    files = [one for one in entries if not one.is_dir()]
    return Bundle(archive, files, _manifest(archive, files))


def _manifest(archive: zipfile.ZipFile, files: list[zipfile.ZipInfo]) -> AppManifest:
    """The manifest, once everything that it names was found."""
    names = {one.filename: one for one in files}
    if _MANIFEST not in names:
        raise _refused(f"has no {_MANIFEST} at its top", "pack the contents of the folder, not the folder")
    try:
        text = _read(archive, names[_MANIFEST], MAX_CONFIG_BYTES).decode()
        manifest = manifest_of(parse_yaml(text, _MANIFEST))
    except ConfigError as error:
        raise ConfigError([Problem("Invalid manifest"), *error.problems]) from None
    except ValueError as error:
        raise _refused(str(error), f"mend {_MANIFEST}") from None
    if not manifest.runs_here:
        level = ".".join(map(str, COMPATIBILITY))
        what = f"asks for Loom {manifest.loom_version}, and this one runs the apps of Loom {level}"
        raise _refused(what, "deploy a version of it for that")
    wanted = [(f"entry_configs.{kind}", one.config) for kind, one in manifest.entry_configs.each()]
    wanted += [("scripts", script.path) for script in manifest.scripts]
    missing = [
        Problem("names a missing file", field, _MANIFEST, value=path)
        for field, path in wanted
        if path not in names
    ]
    if missing:
        raise ConfigError(missing)
    return manifest


def _faults(one: zipfile.ZipInfo) -> Iterator[Problem]:
    """What is wrong with one entry."""
    name = one.filename
    mode = one.external_attr >> 16
    if not _is_safe(one):
        yield Problem("is an unsafe path", value=name, remedy="pack files below the folder of the app only")
    if stat.S_ISLNK(mode):
        yield Problem("is a symlink", value=name, remedy="pack the file itself")
    elif stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        yield Problem("is no file", value=name, remedy="leave it out")
    if one.flag_bits & 0x1:
        yield Problem("is encrypted", value=name, remedy="pack it without a password")
    elif one.compress_type not in _METHODS:
        yield Problem("is packed in a way that is not read here", value=name, remedy="pack it with deflate")
    if one.file_size > _MOST_OF_ONE:
        yield Problem(f"unpacks to {one.file_size:,} bytes", value=name, remedy="leave it out")
    elif one.file_size > _RATIO_FROM and one.file_size > _MOST_RATIO * max(one.compress_size, 1):
        yield Problem("unpacks to far more than it holds", value=name, remedy="leave it out")


def _is_safe(one: zipfile.ZipInfo) -> bool:
    """Whether its name leads to a place below the folder on every system."""
    name = one.filename.removesuffix("/") if one.is_dir() else one.filename
    parts = name.split("/")
    plain = name.isprintable() and not set(name) & set('\\:*?"<>|') and one.orig_filename == one.filename
    fits = len(parts) <= _MOST_DEEP and len(name) <= _MOST_LETTERS
    return plain and fits and all(part.strip(" .") and part == part.rstrip(" .") for part in parts)


def _twins(entries: list[zipfile.ZipInfo]) -> Iterator[Problem]:
    """Entries that some system takes for one, and files that are folders too."""
    seen: dict[str, str] = {}
    folders: set[str] = set()
    for one in entries:
        name = one.filename.removesuffix("/")
        folded = _folded(name)
        if folded in seen:
            yield Problem(
                f"is the same file as '{seen[folded]}' on some systems", value=name, remedy="keep one"
            )
        seen[folded] = name
        folders.update(_folded(str(parent)) for parent in PurePosixPath(name).parents)
    files = {_folded(one.filename): one.filename for one in entries if not one.is_dir()}
    for name in sorted(folders & files.keys()):
        yield Problem("is a file and a folder", value=files[name], remedy="keep one")


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _read(archive: zipfile.ZipFile, one: zipfile.ZipInfo, most: int) -> bytes:
    """The bytes of a file, however many its entry says they are."""
    try:
        with archive.open(one) as stream:
            content = stream.read(most + 1)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError) as error:
        raise _refused(
            f"Not a valid ZIP: '{one.filename}' cannot be unpacked ({error})", "pack it again"
        ) from None
    if len(content) > most or len(content) != one.file_size:
        raise _refused(f"'{one.filename}' is not as large as it says", "pack the app again")
    return content


def _refused(what: str, remedy: str) -> ConfigError:
    return ConfigError(Problem(what, remedy=remedy))
