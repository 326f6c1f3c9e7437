"""Content names: SHA-256 over bytes or over canonical JSON, always whole (32 bytes)."""

from hashlib import sha256

from loom.core.jsonvalue import JsonValue, canonical

__all__ = ["hash_bytes", "hash_json", "short"]


def hash_bytes(data: bytes | bytearray) -> bytes:
    """SHA-256 of `data`, 32 bytes."""
    return sha256(data).digest()


def hash_json(value: JsonValue) -> bytes:
    """SHA-256 of the canonical JSON of `value`, 32 bytes."""
    return sha256(canonical(value)).digest()


def short(digest: bytes) -> str:
    """The first 12 hexadecimal digits, for people."""
    return digest[:6].hex()
