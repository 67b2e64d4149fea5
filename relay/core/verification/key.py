"""A key of a source, and the check whether it made a signature."""

import binascii
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from relay.core.verification.scheme import Algorithm, Encoding

PublicKey = Ed25519PublicKey | EllipticCurvePublicKey

HASHES = {
    Algorithm.HMAC_SHA1: "sha1",
    Algorithm.HMAC_SHA256: "sha256",
    Algorithm.HMAC_SHA512: "sha512",
}


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """One of the keys that may verify a source's requests."""

    id: str
    """A hash of the secret that is safe to show."""
    secret: bytes | PublicKey = field(repr=False)
    """The shared secret, the SHA-256 of a token, or a public key."""
    not_before: datetime | None = None
    expires_at: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        has_started = self.not_before is None or self.not_before <= now
        return has_started and (self.expires_at is None or now < self.expires_at)


def decode_strict(text: str, encoding: Encoding) -> bytes | None:
    """Decode an ASCII text, or return None unless it is exactly what the encoding would produce."""
    try:
        match encoding:
            case Encoding.HEX:
                raw, canonical = _from_hex(text)
            case Encoding.BASE64:
                raw, canonical = _from_base64(text)
            case Encoding.BASE64URL:
                raw, canonical = _from_base64url(text)
            case Encoding.PLAIN:
                return text.encode()
    except ValueError:
        return None
    # A lenient decoder ignores unused bits in the last Base64 character. Then one signature would have many spellings.
    return raw if text in canonical else None


def any_signature_matches(
    algorithm: Algorithm, key: VerifyingKey, message: bytes, signatures: Sequence[bytes]
) -> bool:
    """True if the key made one of the signatures. The time taken does not depend on which one."""
    match key.secret:
        case bytes() as secret:
            expected, candidates = _expected_signature(algorithm, secret, message, signatures)
            # Not any(), which would stop at the first match and so reveal its position by the time taken.
            return sum([hmac.compare_digest(expected, candidate) for candidate in candidates]) > 0
        case public_key:
            return sum([_is_signed_by(public_key, message, signature) for signature in signatures]) > 0


def _expected_signature(
    algorithm: Algorithm, secret: bytes, message: bytes, signatures: Sequence[bytes]
) -> tuple[bytes, list[bytes]]:
    if algorithm is Algorithm.TOKEN:
        return secret, [hashlib.sha256(token).digest() for token in signatures]
    expected = hmac.digest(secret, message, HASHES[algorithm])
    return expected, [signature for signature in signatures if len(signature) == len(expected)]


def _is_signed_by(public_key: PublicKey, message: bytes, signature: bytes) -> bool:
    try:
        if isinstance(public_key, Ed25519PublicKey):
            public_key.verify(signature, message)
        else:
            public_key.verify(signature, message, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def _from_hex(text: str) -> tuple[bytes, set[str]]:
    raw = binascii.unhexlify(text)
    return raw, {raw.hex(), raw.hex().upper()}


def _from_base64(text: str) -> tuple[bytes, set[str]]:
    raw = binascii.a2b_base64(text, strict_mode=True)
    return raw, {binascii.b2a_base64(raw, newline=False).decode()}


def _from_base64url(text: str) -> tuple[bytes, set[str]]:
    if "+" in text or "/" in text:
        raise ValueError("not in the URL-safe alphabet")
    bare = text.rstrip("=").replace("-", "+").replace("_", "/")
    padded = bare + "=" * (-len(bare) % 4)
    raw, canonical = _from_base64(padded)
    if padded not in canonical:
        raise ValueError("unused bits are not zero")
    return raw, {text.rstrip("="), text.rstrip("=") + "=" * (-len(bare) % 4)}
