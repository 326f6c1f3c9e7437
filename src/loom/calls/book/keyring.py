"""Keys encrypted at rest (Fernet, from `cryptography`), under a key file that only its owner reads. Knows no endpoint.

What is encrypted is the key together with the origin it belongs to: a key that stands beside another address, however
it came there, is not given out.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from loom.core.errors import ConfigError, Problem, UsageError
from loom.core.jsonvalue import canonical
from loom.core.private_file import keep_once, write_private

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

__all__ = ["KeyRing"]

_NAME = "endpoint-keys"


class KeyRing:
    """The key file in `folder`, read at each use: another process may have changed it."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / _NAME

    def seal(self, key: str, origin: str) -> bytes:
        """`key` encrypted, for `origin` alone. Makes the file when there is none.

        Raises:
            UsageError: without the package `cryptography`.
            ConfigError: when the file cannot be read or written.
        """
        if not self._lines():
            new = _new_key().encode()
            self._saved(lambda: keep_once(self._file, new))
        return self._fernet().encrypt(canonical([origin, key]))

    def open(self, sealed: bytes, origin: str, name: str) -> str:
        """The key that was sealed for `origin`; `name` is the endpoint's, for messages.

        Raises:
            UsageError: when it cannot be decrypted here, or belongs to another origin.
        """
        if not self._lines():
            raise UsageError(_unreadable(name, f"{self._file} is not there"))
        try:
            belongs_to, key = json.loads(self._fernet().decrypt(sealed))
        except _load().InvalidToken:
            raise UsageError(_unreadable(name, f"{self._file} does not open it")) from None
        if belongs_to != origin:
            raise UsageError(_unreadable(name, "it belongs to another address"))
        return key

    def renew(self) -> None:
        """From now on encrypt with a new key; the earlier ones still decrypt, until `retire`.

        Raises:
            UsageError: without the package `cryptography`.
            ConfigError: when the file cannot be read or written.
        """
        self._keep([_new_key(), *self._lines()])

    def retire(self) -> None:
        """Let go of the keys before the last two: what was sealed with them is sealed anew.

        The one before the newest stays, for a process that was just sealing.

        Raises:
            ConfigError: when the file cannot be read or written.
        """
        self._keep(self._lines()[:2])

    def _fernet(self) -> "MultiFernet":
        fernet = _load()
        try:
            return fernet.MultiFernet([fernet.Fernet(line) for line in self._lines()])
        except ValueError:
            what = "is not a file of encryption keys"
            raise ConfigError(
                Problem(what, file=str(self._file), remedy="restore it from a backup")
            ) from None

    def _lines(self) -> list[str]:
        try:
            return self._file.read_text("ascii").split()
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            remedy = "check its rights, or restore it from a backup"
            raise ConfigError(
                Problem(f"cannot be read: {error}", file=str(self._file), remedy=remedy)
            ) from None

    def _keep(self, lines: Sequence[str]) -> None:
        self._saved(lambda: write_private(self._file, "\n".join(lines).encode()))

    def _saved(self, save: Callable[[], object]) -> None:
        try:
            save()
        except OSError as error:
            what = f"cannot be written: {error.strerror or error}"
            raise ConfigError(Problem(what, file=str(self._file), remedy="check DATA_DIR")) from None


def _load() -> ModuleType:
    """The module that encrypts; says how to get it where it is missing."""
    try:
        from cryptography import fernet
    except ImportError:
        what = "keeps keys encrypted with the package 'cryptography', which is not installed"
        remedy = "pip install 'loom-ai[workshop]', or put the key in a variable and write env:NAME"
        raise UsageError(Problem(what, "Loom", remedy=remedy)) from None
    return fernet


def _new_key() -> str:
    return _load().Fernet.generate_key().decode()


def _unreadable(name: str, why: str) -> Problem:
    what = f"has a key that cannot be read here: {why}"
    return Problem(
        what, name, remedy="enter the key again, or copy the key file of the machine that stored it"
    )
