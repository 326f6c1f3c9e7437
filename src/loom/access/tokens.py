"""Proof of who one is: random cookies and keys, of which only hashes are kept, and short signed tokens."""

import hashlib
import secrets
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from loom.core.errors import StorageError
from loom.core.hashing import hash_bytes
from loom.core.ids import UserId
from loom.core.private_file import keep_once

__all__ = ["KEY_PREFIX", "TOKEN_LIFE_S", "Claims", "Signer", "hash_token", "new_key", "new_token"]

KEY_PREFIX = "loom_"
TOKEN_LIFE_S = 3600

_SKEW_S = 60
"""By how much the clocks of two servers may differ."""

_ALGORITHM = "HS256"
_ISSUER = "loom"
_KEPT_IN = "jwt-secret"
_SECRET_BYTES = 32


def new_token() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def new_key() -> str:
    """A new API key: `loom_` and 256 random bits."""
    return KEY_PREFIX + new_token()


def hash_token(token: str) -> bytes:
    """What is kept of a random token. It cannot be guessed, so one round is enough."""
    return hash_bytes(token.encode("utf-8", "surrogatepass"))


@dataclass(frozen=True, slots=True)
class Claims:
    """What a signed token says."""

    user: UserId
    epoch: int
    """The user's when it was signed; it holds as long as it is the same."""


class Signer:
    """Signs and reads tokens (JWT, RFC 7519), HS256 and nothing else."""

    def __init__(self, secret: str | None, data_dir: Path) -> None:
        """Without a `secret` one is made, and kept in `data_dir`."""
        self._given = secret
        self._data_dir = data_dir

    def sign(self, claims: Claims, now_s: int) -> str:
        """A token that holds for `TOKEN_LIFE_S`."""
        import jwt

        content = {
            "iss": _ISSUER,
            "sub": claims.user.hex(),
            "epoch": claims.epoch,
            "iat": now_s,
            "exp": now_s + TOKEN_LIFE_S,
        }
        return jwt.encode(content, self._secret, _ALGORITHM)

    def read(self, token: str, now_s: int) -> Claims | None:
        """What `token` says; None when it is not ours or its time is over."""
        import jwt

        try:
            content = jwt.decode(
                token,
                self._secret,
                algorithms=[_ALGORITHM],
                issuer=_ISSUER,
                options={"verify_exp": False, "verify_iat": False},  # by our own clock, below
            )
            holds = int(content["iat"]) <= now_s + _SKEW_S and now_s < int(content["exp"])
            return Claims(UserId(bytes.fromhex(content["sub"])), int(content["epoch"])) if holds else None
        except (jwt.PyJWTError, ValueError, KeyError, TypeError):
            return None

    @cached_property
    def _secret(self) -> bytes:
        if self._given is None:
            return _kept_secret(self._data_dir / _KEPT_IN)
        # A token shows the signature to whoever holds it; a short secret must not be found by trying.
        return hashlib.scrypt(self._given.encode(), salt=b"loom jwt", n=2**14, r=8, p=1, dklen=_SECRET_BYTES)


def _kept_secret(path: Path) -> bytes:
    """The secret in `path`; a new one is put there, for the owner only, when there is none.

    Raises:
        StorageError: when it can be neither read nor written, or is damaged.
    """
    try:
        content = keep_once(path, secrets.token_bytes(_SECRET_BYTES))
    except OSError as error:
        raise StorageError(
            f"cannot keep the secret of tokens in {path}: {error}; or set JWT_SECRET"
        ) from error
    if len(content) < _SECRET_BYTES:
        raise StorageError(f"{path} is damaged; delete it, and log in again")
    return content
