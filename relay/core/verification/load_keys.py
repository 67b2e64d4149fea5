"""Secrets from the configuration, checked when they are loaded and made into keys."""

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
KEYS_MAX = 3
"""The old, the new, and one to spare. Each costs time on every request."""

_PRIVATE = re.compile(r"whsk_|-----BEGIN [A-Z ]*PRIVATE KEY")
_PUBLIC = re.compile(
    r"whpk_|-----BEGIN [A-Z ]*(?:PUBLIC KEY|CERTIFICATE)|ssh-|MFkwEwYHKoZIzj0|MCowBQYDK2Vw|MII[BC]Ij"
)
_PEM = re.compile(r"-----(?:BEGIN|END) PUBLIC KEY-----|\s")
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class SecretSpec:
    """One secret as the configuration gives it. Dates have an offset; `expires_at` is the first moment it is void."""

    secret: str = field(repr=False)
    not_before: datetime | None = None
    expires_at: datetime | None = None


class _Unfit(Exception):
    """This secret cannot be a key. The message never repeats it."""

    def __init__(self, fault: VerificationErrorCode, message: str) -> None:
        super().__init__(message)
        self.fault = fault


def load_keys(
    scheme: Scheme, secrets: Sequence[SecretSpec], *, path: str = "secrets"
) -> tuple[VerifyingKey, ...]:
    """The keys, in the order given. Raises Invalid with every problem of every secret."""
    problems = list(_of_number(scheme, len(secrets), path))
    keys: list[VerifyingKey] = []
    for index, spec in enumerate(secrets if scheme.algorithm is not Algorithm.NONE else ()):
        try:
            keys.append(_read(scheme, spec, taken={key.id for key in keys}))
        except _Unfit as error:
            problems.append(Problem(join_path(path, f"[{index}]"), error.fault, str(error)))
    if problems:
        raise ValidationFailed(problems)
    return tuple(keys)


def _of_number(scheme: Scheme, count: int, path: str) -> Iterator[Problem]:
    if scheme.algorithm is Algorithm.NONE:
        if count:
            yield Problem(
                path,
                VerificationErrorCode.TOO_MANY_SECRETS,
                "has no use with scheme none; remove it, or name the scheme",
            )
    elif not count:
        yield Problem(
            path,
            VerificationErrorCode.MISSING_SECRET,
            f"is missing; give the secret that {scheme.name} signs with",
        )
    elif count > KEYS_MAX:
        yield Problem(
            path, VerificationErrorCode.TOO_MANY_SECRETS, f"holds {count} secrets; keep {KEYS_MAX} at most"
        )


def _read(scheme: Scheme, spec: SecretSpec, *, taken: set[str]) -> VerifyingKey:
    if not spec.secret.strip():
        raise _Unfit(
            VerificationErrorCode.EMPTY_SECRET,
            "is empty; give the secret, or check the variable it comes from",
        )
    if spec.secret != spec.secret.strip():
        raise _Unfit(
            VerificationErrorCode.SECRET_WHITESPACE, "begins or ends with a blank or a new line; remove it"
        )
    if spec.not_before and spec.expires_at and spec.expires_at <= spec.not_before:
        raise _Unfit(
            VerificationErrorCode.INVALID_SECRET_DATES, "expires before it begins; correct its dates"
        )
    if _PRIVATE.match(spec.secret):
        raise _Unfit(
            VerificationErrorCode.PRIVATE_KEY,
            "is a private key, with which the sender signs; give the public one",
        )
    secret = _secret(scheme, spec.secret)
    shown = hashlib.sha256(b"key id " + spec.secret.encode("utf-8", "backslashreplace")).hexdigest()[:12]
    if shown in taken:
        raise _Unfit(
            VerificationErrorCode.DUPLICATE_SECRET, "is the same secret as one before it; remove one of them"
        )
    return VerifyingKey(shown, secret, spec.not_before, spec.expires_at)


def _secret(scheme: Scheme, text: str) -> bytes | PublicKey:
    if scheme.algorithm is Algorithm.ED25519:
        return _ed25519(scheme, text)
    if scheme.algorithm is Algorithm.ECDSA_P256:
        return _p256(text)
    if _PUBLIC.match(text):
        raise _Unfit(
            VerificationErrorCode.PUBLIC_KEY,
            f"is a public key, which everybody may know; {scheme.name} needs the shared secret",
        )
    return (
        _token(scheme, text) if scheme.algorithm is Algorithm.TOKEN else _shared(scheme.secret_format, text)
    )


def _shared(form: SecretFormat, text: str) -> bytes:
    raw = _raw(form, text)
    if len(raw) < SECRET_BYTES_MIN:
        raise _Unfit(
            VerificationErrorCode.SHORT_SECRET,
            f"has {len(raw)} bytes; have the sender make one of {SECRET_BYTES_MIN} or more",
        )
    return raw


def _token(scheme: Scheme, text: str) -> bytes:
    """A token is kept as its SHA-256 only, which the configuration may hold in its place."""
    if digest := _DIGEST.fullmatch(text):
        return bytes.fromhex(digest[1])
    if scheme.secret_format is SecretFormat.USER_PASSWORD:
        user, colon, password = text.partition(":")
        if not user or not colon:
            raise _Unfit(
                VerificationErrorCode.INVALID_SECRET_FORMAT, "is no user and password; write user:password"
            )
        _shared(SecretFormat.TEXT, password)
    elif not text.isascii() or " " in text:
        raise _Unfit(
            VerificationErrorCode.INVALID_SECRET_FORMAT,
            "has blanks or letters beyond ASCII, which a header cannot carry; choose another",
        )
    return hashlib.sha256(_shared(SecretFormat.TEXT, text)).digest()


def _raw(form: SecretFormat, text: str) -> bytes:
    match form:
        case SecretFormat.HEX:
            raw = decode_strict(text, Encoding.HEX)
        case SecretFormat.WHSEC | SecretFormat.WHPK:
            raw = decode_strict(text.removeprefix(f"{form}_"), Encoding.BASE64)
        case SecretFormat.BASE64:
            raw = decode_strict(text, Encoding.BASE64)
        case _:
            raw = decode_strict(text, Encoding.PLAIN)
    if raw is None:
        raise _Unfit(VerificationErrorCode.INVALID_SECRET_FORMAT, f"is not {_FORMS[form]}; copy it whole")
    return raw


def _ed25519(scheme: Scheme, text: str) -> Ed25519PublicKey:
    if scheme.secret_format is SecretFormat.PUBLIC_KEY:
        key = _from_der(text)
        if not isinstance(key, Ed25519PublicKey):
            raise _Unfit(
                VerificationErrorCode.INVALID_SECRET_FORMAT,
                "is no Ed25519 key; give the public key that the sender shows",
            )
        return key
    raw = _raw(scheme.secret_format, text)
    if len(raw) != _ED25519_BYTES:
        raise _Unfit(
            VerificationErrorCode.INVALID_SECRET_FORMAT,
            f"has {len(raw)} bytes and not {_ED25519_BYTES}; copy the public key whole",
        )
    return Ed25519PublicKey.from_public_bytes(raw)


def _p256(text: str) -> EllipticCurvePublicKey:
    key = _from_der(text)
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise _Unfit(
            VerificationErrorCode.INVALID_SECRET_FORMAT,
            "is no key on the curve P-256; give the public key that the sender shows",
        )
    return key


def _from_der(text: str) -> object:
    try:
        return load_der_public_key(binascii.a2b_base64(_PEM.sub("", text), strict_mode=True))
    except (ValueError, UnsupportedAlgorithm):
        raise _Unfit(
            VerificationErrorCode.INVALID_SECRET_FORMAT,
            f"is not {_FORMS[SecretFormat.PUBLIC_KEY]}; copy it whole",
        ) from None


_ED25519_BYTES = 32
_FORMS = {
    SecretFormat.TEXT: "text",
    SecretFormat.USER_PASSWORD: "text",
    SecretFormat.HEX: "hex digits, two for each byte",
    SecretFormat.BASE64: "Base64 with its padding",
    SecretFormat.WHSEC: "whsec_ followed by Base64 with its padding",
    SecretFormat.WHPK: "whpk_ followed by Base64 with its padding",
    SecretFormat.PUBLIC_KEY: "a public key in Base64, with or without its BEGIN and END lines",
}
