"""A signature scheme as data: everything in which one sender's way of proving itself differs from another's."""

import re
from dataclasses import dataclass
from enum import StrEnum


class Algorithm(StrEnum):
    """How the proof is made. Always the configuration's choice: a request that could name it could weaken it."""

    HMAC_SHA1 = "hmac-sha1"
    HMAC_SHA256 = "hmac-sha256"
    HMAC_SHA512 = "hmac-sha512"
    ED25519 = "ed25519"
    ECDSA_P256 = "ecdsa-p256-sha256"
    TOKEN = "token"  # noqa: S105 the secret itself is sent: an API key, a password
    NONE = "none"


class FieldLocation(StrEnum):
    """Which part of a request a value stands in."""

    HEADER = "header"
    HEADERS = "headers"
    """The name followed by 1, 2, 3 … up to 16: one header for each key."""
    QUERY = "query"
    FORM = "form"
    JSON = "json"
    """The name is a path of members, such as `event.event_hash`."""


class Encoding(StrEnum):
    """How a signature's bytes are written."""

    HEX = "hex"
    BASE64 = "base64"
    BASE64URL = "base64url"
    PLAIN = "plain"


class TimestampFormat(StrEnum):
    """How a signed time is written."""

    SECONDS = "seconds"
    MILLISECONDS = "milliseconds"
    RFC3339 = "rfc3339"


class SecretFormat(StrEnum):
    """How a secret is written where the sender shows it."""

    TEXT = "text"
    HEX = "hex"
    BASE64 = "base64"
    WHSEC = "whsec"
    """Base64 after `whsec_`, as Standard Webhooks writes a shared secret."""
    WHPK = "whpk"
    """Base64 after `whpk_`, as Standard Webhooks writes an Ed25519 public key."""
    PUBLIC_KEY = "public-key"
    """Base64 of DER, with or without the PEM lines round it."""
    USER_PASSWORD = "user:password"  # noqa: S105 the name of a form


class SignedPart(StrEnum):
    """What a signed text may be made of, beside fixed text and fields of the request."""

    ID = "id"
    TIMESTAMP = "timestamp"
    BODY = "body"
    METHOD = "method"
    URL = "url"
    FORM = "form"
    """Every name and value of the form, sorted and run together."""


@dataclass(frozen=True, slots=True)
class Field:
    """Where a value stands. With a separator it is a list, of which the items that begin with the prefix count."""

    location: FieldLocation
    name: str
    separator: str = ""
    prefix: str = ""
    ignore_case: bool = False
    """Whether the prefix counts in any case, as the schemes of Authorization do."""


Template = tuple[bytes | SignedPart | Field, ...]
"""The signed text, part by part."""

DEFAULT_TOLERANCE_SECONDS = 300
RETRY_PERIOD_SECONDS_MAX = 80 * 3600
"""Longer than the senders here go on trying, so that a replay is known for as long as a true retry may come."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """One row of the table. A scheme without a `timestamp` is kept from replays by remembering what was signed."""

    name: str
    algorithm: Algorithm
    signature: Field | None = None
    signed: Template = ()
    encoding: Encoding = Encoding.HEX
    secret_format: SecretFormat = SecretFormat.TEXT
    timestamp: Field | None = None
    timestamp_format: TimestampFormat = TimestampFormat.SECONDS
    tolerance_seconds: int = DEFAULT_TOLERANCE_SECONDS
    id: Field | None = None
    json_field: str = ""
    """The form field that holds the JSON; empty when the body is the JSON."""
    body_digest: Field | None = None
    """Where a signed URL carries the hex SHA-256 of a body that is no form."""
    url_decode: frozenset[str] = frozenset()
    """The percent escapes that the sender writes plainly when it signs the URL."""
    optional_port: bool = False
    """Whether the sender may sign the URL with its port or without, whichever it was given."""
    unique_signature: bool = True
    """Whether two true requests never sign the same text unless one repeats the other."""

    @property
    def covers_body(self) -> bool:
        """Whether a changed body would be noticed. Where it would not, the secret is all that stands in the way."""
        return SignedPart.BODY in self.signed or SignedPart.FORM in self.signed


def parse_field(text: str) -> Field:
    """Read `header:x-signature`, `query:signature`, `form:token`, `json:event.hash`. ValueError says what is wrong."""
    where, colon, name = text.partition(":")
    if not colon or where not in set(FieldLocation) or not _NAMES[FieldLocation(where)].fullmatch(name):
        raise ValueError(
            f"{text!r} names no place in a request; write header:NAME, query:NAME, form:NAME or json:PATH"
        )
    return Field(
        FieldLocation(where), name.lower() if where in {FieldLocation.HEADER, FieldLocation.HEADERS} else name
    )


def parse_template(text: str) -> Template:
    """Read `{timestamp}.{body}`; a place in the request may stand in braces too. ValueError says what is wrong."""
    texts = _BRACES.split(text)
    if any("{" in fixed or "}" in fixed for fixed in texts[::2]) or not text.isascii():
        raise ValueError(f"{text!r} has a brace without its partner, or letters beyond ASCII")
    parts = [_part(piece) if at % 2 else piece.encode() for at, piece in enumerate(texts)]
    if len(parts) == 1:
        raise ValueError(f"{text!r} signs nothing of the request; write for example {{timestamp}}.{{body}}")
    return tuple(part for part in parts if part != b"")


def _part(text: str) -> SignedPart | Field:
    if ":" in text:
        return parse_field(text)
    if text not in set(SignedPart):
        raise ValueError(
            f"{{{text}}} is no part of a request; there are {', '.join(f'{{{part}}}' for part in SignedPart)}"
        )
    return SignedPart(text)


_BRACES = re.compile(r"\{([^{}]*)\}")
_HEADER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,99}")
_FIELD_NAME = re.compile(r"[A-Za-z0-9_.\[\]-]{1,100}")
_NAMES = {
    FieldLocation.HEADER: _HEADER_NAME,
    FieldLocation.HEADERS: _HEADER_NAME,
    FieldLocation.QUERY: _FIELD_NAME,
    FieldLocation.FORM: _FIELD_NAME,
    FieldLocation.JSON: _FIELD_NAME,
}
