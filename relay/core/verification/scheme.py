"""A signature scheme as data: everything that differs between the ways in which senders sign requests."""

import re
from dataclasses import KW_ONLY, dataclass
from enum import StrEnum


class Algorithm(StrEnum):
    """How the sender signs. Only the configuration chooses it, so that a request cannot choose a weaker one."""

    HMAC_SHA1 = "hmac-sha1"
    HMAC_SHA256 = "hmac-sha256"
    HMAC_SHA512 = "hmac-sha512"
    ED25519 = "ed25519"
    ECDSA_P256 = "ecdsa-p256-sha256"
    TOKEN = "token"  # noqa: S105 the secret itself is sent: an API key, a password
    NONE = "none"


class FieldLocation(StrEnum):
    """The part of a request that contains a value."""

    HEADER = "header"
    HEADERS = "headers"
    """Headers with the name followed by 1, 2, 3 … 16, one for each key."""
    QUERY = "query"
    FORM = "form"
    JSON = "json"
    """The name is a path in the JSON body, such as `event.event_hash`."""


class Encoding(StrEnum):
    """How a signature is encoded."""

    HEX = "hex"
    BASE64 = "base64"
    BASE64URL = "base64url"
    PLAIN = "plain"


class TimestampFormat(StrEnum):
    """How a signed timestamp is written."""

    SECONDS = "seconds"
    MILLISECONDS = "milliseconds"
    RFC3339 = "rfc3339"


class SecretFormat(StrEnum):
    """How the sender displays its secret."""

    TEXT = "text"
    HEX = "hex"
    BASE64 = "base64"
    WHSEC = "whsec"
    """Base64 after `whsec_`, as Standard Webhooks writes a shared secret."""
    WHPK = "whpk"
    """Base64 after `whpk_`, as Standard Webhooks writes an Ed25519 public key."""
    PUBLIC_KEY = "public-key"
    """Base64 of DER, with or without the PEM lines around it."""
    USER_PASSWORD = "user:password"  # noqa: S105 the name of a format


class SignedPart(StrEnum):
    """The parts of a signed text, besides fixed text and fields of the request."""

    ID = "id"
    TIMESTAMP = "timestamp"
    BODY = "body"
    METHOD = "method"
    URL = "url"
    FORM = "form"
    """The names and values of the form, sorted and concatenated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Where a request contains a value. With a separator, the value is a list, and only items with the prefix count."""

    location: FieldLocation
    name: str
    _: KW_ONLY
    separator: str = ""
    prefix: str = ""
    ignore_case: bool = False
    """Whether to ignore the case of the prefix, as HTTP does for the schemes of Authorization."""


Template = tuple[bytes | SignedPart | Field, ...]
"""The parts of a signed text, in order."""

DEFAULT_TOLERANCE_SECONDS = 300
RETRY_PERIOD_SECONDS_MAX = 80 * 3600
"""Longer than any of these senders retries, so that a replay is recognized for as long as a real retry may arrive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """One way to sign requests.

    A timestamp limits how long a recorded request can be replayed. Without one, the relay remembers what was signed.
    """

    name: str
    algorithm: Algorithm
    _: KW_ONLY
    signature: Field | None = None
    signed: Template = ()
    encoding: Encoding = Encoding.HEX
    secret_format: SecretFormat = SecretFormat.TEXT
    timestamp: Field | None = None
    timestamp_format: TimestampFormat = TimestampFormat.SECONDS
    tolerance_seconds: int = DEFAULT_TOLERANCE_SECONDS
    id: Field | None = None
    json_field: str = ""
    """The form field that contains the JSON. Empty if the body itself is JSON."""
    body_digest: Field | None = None
    """Where the signed URL contains the hexadecimal SHA-256 of a body that is not a form."""
    url_decode: frozenset[str] = frozenset()
    """The percent escapes that the sender decodes in the URL before it signs it."""
    optional_port: bool = False
    """Whether the sender may sign the URL with or without its port."""
    unique_signature: bool = True
    """False if two different requests may have the same signed text. The replay guard then includes the body."""

    credentials: tuple[Field, ...] = ()
    """Further places in which the sender's requests contain a secret, or a part of the proof."""

    @property
    def secret_fields(self) -> tuple[Field, ...]:
        """The places that are neither stored nor available to mappings."""
        return (self.signature, *self.credentials) if self.signature else self.credentials

    @property
    def covers_body(self) -> bool:
        """Whether the signature detects a changed body. If not, a stolen signature can be sent with any body."""
        return SignedPart.BODY in self.signed or SignedPart.FORM in self.signed


def parse_field(text: str) -> Field:
    """Parse `header:x-signature`, `query:signature`, `form:token` or `json:event.hash`. Raises ValueError with a message."""
    location, colon, name = text.partition(":")
    if not colon or location not in set(FieldLocation) or not _NAMES[FieldLocation(location)].fullmatch(name):
        raise ValueError(
            f"{text!r} is not a field of a request; write header:NAME, query:NAME, form:NAME or json:PATH"
        )
    is_header = location in {FieldLocation.HEADER, FieldLocation.HEADERS}
    return Field(location=FieldLocation(location), name=name.lower() if is_header else name)


def parse_template(text: str) -> Template:
    """Parse `{timestamp}.{body}`. Braces may also contain a field, as in `{json:event.type}`.

    Raises ValueError with a message.
    """
    # The pieces alternate: fixed text, then the inside of a pair of braces.
    pieces = _BRACES.split(text)
    if any("{" in fixed or "}" in fixed for fixed in pieces[::2]) or not text.isascii():
        raise ValueError(f"{text!r} has an unmatched brace or a non-ASCII character")
    parts = [_parse_part(piece) if index % 2 else piece.encode() for index, piece in enumerate(pieces)]
    if len(parts) == 1:
        raise ValueError(
            f"{text!r} contains no part of the request; write, for example, {{timestamp}}.{{body}}"
        )
    return tuple(part for part in parts if part != b"")


def _parse_part(text: str) -> SignedPart | Field:
    if ":" in text:
        return parse_field(text)
    if text not in set(SignedPart):
        raise ValueError(
            f"{{{text}}} is not a part of a request; use one of {', '.join(f'{{{part}}}' for part in SignedPart)}"
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
