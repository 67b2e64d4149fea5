"""Signed documents: JSON that proves, without the relay, that this relay wrote it and that it is unchanged.

The signature is Ed25519, with a key derived from the newest of RELAY_SECRET_KEYS. It covers the document without its
`signature`, as JSON with sorted keys, without spaces, in UTF-8. The public key is enough to verify it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

ALGORITHM = "Ed25519"

_INFO = b"gong-event-relay signing 1"


class Signer:
    """Signs with the first of its keys, and verifies what any of them has signed."""

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys` are strings with the entropy of a key, newest first. Without any, nothing can be signed or verified."""
        self._keys = [_derive_key(key) for key in keys]

    def sign(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return the document with its `signature`, which is null if there is no key."""
        if not self._keys:
            return {**document, "signature": None}
        key = self._keys[0]
        signature = {
            "algorithm": ALGORITHM,
            "public_key": _public_key(key),
            "value": key.sign(_signed_bytes(document)).hex(),
        }
        return {**document, "signature": signature}

    def verify(self, document: Mapping[str, Any]) -> bool:
        """True if one of the keys signed exactly this document."""
        signature = document.get("signature")
        if not isinstance(signature, Mapping) or not isinstance(signature.get("value"), str):
            return False
        return any(_is_signature(key, signature["value"], document) for key in self._keys)


def _derive_key(key: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(
        HKDF(SHA256(), 32, salt=None, info=_INFO).derive(key.encode())
    )


def _public_key(key: Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes_raw().hex()


def _signed_bytes(document: Mapping[str, Any]) -> bytes:
    content = {name: value for name, value in document.items() if name != "signature"}
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def _is_signature(key: Ed25519PrivateKey, signature: str, document: Mapping[str, Any]) -> bool:
    try:
        key.public_key().verify(bytes.fromhex(signature), _signed_bytes(document))
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True
