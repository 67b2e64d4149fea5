"""Validates the secrets of the configuration and loads them as keys."""

import binascii
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from relay.core.errors import Problem, ValidationFailed, join_path
from relay.core.verification.key import PublicKey, VerifyingKey, decode_strict
from relay.core.verification.problems import VerificationErrorCode
from relay.core.verification.scheme import Algorithm, Encoding, Scheme, SecretFormat

SECRET_BYTES_MIN = 16
"""Shorter secrets can be guessed."""
KEYS_MAX = 3
"""The old one, the new one, and a spare. Every key takes time on every request."""

_PRIVATE = re.compile(r"whsk_|-----BEGIN [A-Z ]*PRIVATE KEY")
_PUBLIC = re.compile(
    r"whpk_|-----BEGIN [A-Z ]*(?:PUBLIC KEY|CERTIFICATE)|ssh-|MFkwEwYHKoZIzj0|MCowBQYDK2Vw|MII[BC]Ij"
)
_PEM = re.compile(r"-----(?:BEGIN|END) PUBLIC KEY-----|\s")
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class SecretSpec:
    """One secret of the configuration. Its dates have a UTC offset."""

    secret: str = field(repr=False)
    not_before: datetime | None = None
    expires_at: datetime | None = None
    """From this time on, the secret is not valid."""


class _InvalidSecret(Exception):
    """The secret cannot be loaded as a key. The message never contains the secret."""

    def __init__(self, code: VerificationErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code


def load_keys(
    scheme: Scheme, secrets: Sequence[SecretSpec], *, path: str = "secrets"
) -> tuple[VerifyingKey, ...]:
    """Load the keys, in the order of the configuration. Raises ValidationFailed with the problems of all secrets."""
    problems = list(count_problems(scheme, len(secrets), path))
    keys: list[VerifyingKey] = []
    for index, spec in enumerate(secrets if scheme.algorithm is not Algorithm.NONE else ()):
        try:
            keys.append(_load_key(scheme, spec, ids={key.id for key in keys}))
        except _InvalidSecret as error:
            problems.append(Problem(join_path(path, f"[{index}]"), error.code, str(error)))
    if problems:
        raise ValidationFailed(problems)
    return tuple(keys)


def count_problems(scheme: Scheme, count: int, path: str) -> Iterator[Problem]:
    if scheme.algorithm is Algorithm.NONE:
        if count:
            yield Problem(
                path,
                VerificationErrorCode.TOO_MANY_SECRETS,
                "is not used by scheme none; remove it, or set the scheme",
            )
    elif not count:
        yield Problem(
            path,
            VerificationErrorCode.MISSING_SECRET,
            f"is missing; set the secret that the sender signs with, for scheme {scheme.name}",
        )
    elif count > KEYS_MAX:
        yield Problem(
            path, VerificationErrorCode.TOO_MANY_SECRETS, f"has {count} secrets; keep at most {KEYS_MAX}"
        )


def _load_key(scheme: Scheme, spec: SecretSpec, *, ids: set[str]) -> VerifyingKey:
    if not spec.secret.strip():
        raise _InvalidSecret(
            VerificationErrorCode.EMPTY_SECRET,
            "is empty; set the secret, or check the variable that it comes from",
        )
    if spec.secret != spec.secret.strip():
        raise _InvalidSecret(
            VerificationErrorCode.SECRET_WHITESPACE, "begins or ends with whitespace; remove it"
        )
    if spec.not_before and spec.expires_at and spec.expires_at <= spec.not_before:
        raise _InvalidSecret(
            VerificationErrorCode.INVALID_SECRET_DATES, "expires before it becomes valid; correct its dates"
        )
    if _PRIVATE.match(spec.secret):
        raise _InvalidSecret(
            VerificationErrorCode.PRIVATE_KEY,
            "is a private key, which only the sender may have; set the public key",
        )
    secret = _load_secret(scheme, spec.secret)
    # The prefix keeps the id different from the SHA-256 of a token, which is itself accepted as a secret.
    key_id = hashlib.sha256(b"key id " + spec.secret.encode("utf-8", "backslashreplace")).hexdigest()[:12]
    if key_id in ids:
        raise _InvalidSecret(
            VerificationErrorCode.DUPLICATE_SECRET, "repeats an earlier secret; remove one of them"
        )
    return VerifyingKey(key_id, secret, spec.not_before, spec.expires_at)


def _load_secret(scheme: Scheme, text: str) -> bytes | PublicKey:
    if scheme.algorithm is Algorithm.ED25519:
        return _load_ed25519(scheme, text)
    if scheme.algorithm is Algorithm.ECDSA_P256:
        return _load_p256(text)
    if _PUBLIC.match(text):
        raise _InvalidSecret(
            VerificationErrorCode.PUBLIC_KEY,
            f"is a public key, which anyone may know; {scheme.name} needs the shared secret",
        )
    return (
        _hash_token(scheme, text)
        if scheme.algorithm is Algorithm.TOKEN
        else _shared_secret(scheme.secret_format, text)
    )


def _shared_secret(secret_format: SecretFormat, text: str) -> bytes:
    raw = _decode(secret_format, text)
    if len(raw) < SECRET_BYTES_MIN:
        raise _InvalidSecret(
            VerificationErrorCode.SHORT_SECRET,
            f"has {len(raw)} bytes; generate a secret of at least {SECRET_BYTES_MIN} bytes at the sender",
        )
    return raw


def _hash_token(scheme: Scheme, text: str) -> bytes:
    """Return the SHA-256 of a token. The configuration may contain that hash instead of the token."""
    if digest := _DIGEST.fullmatch(text):
        return bytes.fromhex(digest[1])
    if scheme.secret_format is SecretFormat.USER_PASSWORD:
        user, colon, password = text.partition(":")
        if not user or not colon:
            raise _InvalidSecret(
                VerificationErrorCode.INVALID_SECRET_FORMAT,
                "has no user name or no colon; write user:password",
            )
        _shared_secret(SecretFormat.TEXT, password)
    elif not text.isascii() or " " in text:
        raise _InvalidSecret(
            VerificationErrorCode.INVALID_SECRET_FORMAT,
            "has spaces or non-ASCII characters, which a header cannot contain; choose another token",
        )
    return hashlib.sha256(_shared_secret(SecretFormat.TEXT, text)).digest()


def _decode(secret_format: SecretFormat, text: str) -> bytes:
    match secret_format:
        case SecretFormat.HEX:
            raw = decode_strict(text, Encoding.HEX)
        case SecretFormat.WHSEC | SecretFormat.WHPK:
            raw = decode_strict(text.removeprefix(f"{secret_format}_"), Encoding.BASE64)
        case SecretFormat.BASE64:
            raw = decode_strict(text, Encoding.BASE64)
        case _:
            raw = decode_strict(text, Encoding.PLAIN)
    if raw is None:
        raise _InvalidSecret(
            VerificationErrorCode.INVALID_SECRET_FORMAT,
            f"is not {_FORMAT_NAMES[secret_format]}; copy all of it",
        )
    return raw


def _load_ed25519(scheme: Scheme, text: str) -> Ed25519PublicKey:
    if scheme.secret_format is SecretFormat.PUBLIC_KEY:
        key = _load_der(text)
        if not isinstance(key, Ed25519PublicKey):
            raise _InvalidSecret(
                VerificationErrorCode.INVALID_SECRET_FORMAT,
                "is not an Ed25519 key; set the public key that the sender shows",
            )
        return key
    raw = _decode(scheme.secret_format, text)
    if len(raw) != _ED25519_BYTES:
        raise _InvalidSecret(
            VerificationErrorCode.INVALID_SECRET_FORMAT,
            f"has {len(raw)} bytes instead of {_ED25519_BYTES}; copy the whole public key",
        )
    return Ed25519PublicKey.from_public_bytes(raw)


def _load_p256(text: str) -> EllipticCurvePublicKey:
    key = _load_der(text)
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise _InvalidSecret(
            VerificationErrorCode.INVALID_SECRET_FORMAT,
            "is not a key on the curve P-256; set the public key that the sender shows",
        )
    return key


def _load_der(text: str) -> object:
    try:
        return load_der_public_key(binascii.a2b_base64(_PEM.sub("", text), strict_mode=True))
    except (ValueError, UnsupportedAlgorithm):
        raise _InvalidSecret(
            VerificationErrorCode.INVALID_SECRET_FORMAT,
            f"is not {_FORMAT_NAMES[SecretFormat.PUBLIC_KEY]}; copy all of it",
        ) from None


_ED25519_BYTES = 32
_FORMAT_NAMES = {
    SecretFormat.TEXT: "text",
    SecretFormat.USER_PASSWORD: "text",
    SecretFormat.HEX: "hex digits, two for each byte",
    SecretFormat.BASE64: "Base64 with its padding",
    SecretFormat.WHSEC: "whsec_ followed by Base64 with its padding",
    SecretFormat.WHPK: "whpk_ followed by Base64 with its padding",
    SecretFormat.PUBLIC_KEY: "a public key in Base64, with or without its BEGIN and END lines",
}
