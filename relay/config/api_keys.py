"""API keys of sources and operators: how a new one is generated, and its digest for the configuration file."""

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
    """Return a new key: `grly_`, 32 random characters and a checksum, by which secret scanners recognize a leaked key.

    `choose` picks one character of an alphabet, as `secrets.choice` does.
    """
    random = "".join(choose(_ALPHABET) for _ in range(_RANDOM_CHARACTERS))
    return f"{KEY_PREFIX}{random}_{_base62(zlib.crc32(random.encode()))}"


def hash_key(key: str) -> str:
    """Return the SHA-256 of a key, in hex."""
    return hashlib.sha256(key.encode()).hexdigest()


def render_digest(key: str) -> str:
    """Return a key as the configuration file contains it: `sha256:` and its digest."""
    return f"sha256:{hash_key(key)}"


def parse_digest(text: str) -> str | None:
    """Return the hex digits of `sha256:<64 hex digits>`; None for any other text."""
    match = _DIGEST.fullmatch(text)
    return match[1] if match else None


def _base62(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[rest] + digits
    return digits.rjust(_CHECK_CHARACTERS, _ALPHABET[0])
