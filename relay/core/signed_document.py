"""Signed documents: JSON that says for itself, and for ever, that this relay wrote it and nobody has changed it since.

The signature is Ed25519, by a key made of the newest of RELAY_SECRET_KEYS. It is of the document without its `signature`,
as JSON with sorted keys, without spaces, in UTF-8. Whoever knows the public key can check it without the relay.
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
    """Signs with the first of its keys, and knows what any of them has signed."""

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys` are texts with the entropy of a key, the newest first. None at all: nothing can be signed or checked."""
        self._keys = [_private(key) for key in keys]

    def signed(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """The document with its `signature`; null where there is no key."""
        if not self._keys:
            return {**document, "signature": None}
        key = self._keys[0]
        signature = {
            "algorithm": ALGORITHM,
            "public_key": _public(key),
            "value": key.sign(_bytes(document)).hex(),
        }
        return {**document, "signature": signature}

    def verify(self, document: Mapping[str, Any]) -> bool:
        """Whether one of these keys signed the document, just as it is."""
        signature = document.get("signature")
        if not isinstance(signature, Mapping) or not isinstance(signature.get("value"), str):
            return False
        return any(_checks(key, signature["value"], document) for key in self._keys)


def _private(key: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(
        HKDF(SHA256(), 32, salt=None, info=_INFO).derive(key.encode())
    )


def _public(key: Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes_raw().hex()


def _bytes(document: Mapping[str, Any]) -> bytes:
    told = {name: value for name, value in document.items() if name != "signature"}
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS)


def _checks(key: Ed25519PrivateKey, signature: str, document: Mapping[str, Any]) -> bool:
    try:
        key.public_key().verify(bytes.fromhex(signature), _bytes(document))
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True
