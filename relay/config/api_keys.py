"""API keys of sources: how a fresh one is made, and the digest that stands for it in the configuration."""

import hashlib
import re
import zlib
from collections.abc import Callable

KEY_PREFIX = "grly_"
MIN_KEY_LENGTH = 20
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_CHARACTERS = 32
_CHECK_CHARACTERS = 6
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")


def generate_key(choose: Callable[[str], str]) -> str:
    """A new key: `grly_`, 32 random characters, and a checksum by which scanners tell a leaked key from noise.

    `choose` picks one character of an alphabet: `secrets.choice`.
    """
    random = "".join(choose(_ALPHABET) for _ in range(_RANDOM_CHARACTERS))
    return f"{KEY_PREFIX}{random}_{_base62(zlib.crc32(random.encode()))}"


def hash_key(key: str) -> str:
    """The hex SHA-256 of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


def render_digest(key: str) -> str:
    """A key as the configuration file holds it: `sha256:` and its digest."""
    return f"sha256:{hash_key(key)}"


def parse_digest(text: str) -> str | None:
    """The hex of `sha256:<64 hex>`, or None when the text is something else."""
    match = _DIGEST.fullmatch(text)
    return match[1] if match else None


def _base62(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[rest] + digits
    return digits.rjust(_CHECK_CHARACTERS, _ALPHABET[0])
