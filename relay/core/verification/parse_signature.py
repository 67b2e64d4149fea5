"""What a request claims before any key is asked: its signatures, the text they should be of, its time and its id."""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from relay.core.timestamps import parse_timestamp
from relay.core.verification.form_encoding import parse_form
from relay.core.verification.key import decode_strict
from relay.core.verification.rejection import RejectionReason, VerificationFailed
from relay.core.verification.request import (
    SignedRequest,
    get_content_type,
    parse_json_body,
    read_value,
    read_values,
)
from relay.core.verification.scheme import Field, FieldLocation, Scheme, SignedPart, TimestampFormat

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STEPS = {
    TimestampFormat.SECONDS: (10, timedelta(seconds=1)),
    TimestampFormat.MILLISECONDS: (13, timedelta(milliseconds=1)),
}
"""How many digits a time has, and what one of the last stands for."""


@dataclass(frozen=True, slots=True)
class ParsedSignature:
    """One of `messages` is what was signed, if the request is true. `signed_at` is in UTC."""

    signatures: list[bytes]
    messages: list[bytes]
    id: str | None
    signed_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Reading:
    """A request with what was found in it so far."""

    scheme: Scheme
    request: SignedRequest
    document: Any
    address: str
    timestamp: str
    id: str


def parse_signature(scheme: Scheme, signature: Field, request: SignedRequest) -> ParsedSignature:
    """Read what the scheme needs, and nothing else. Raises Rejected only."""
    document = parse_json_body(request, scheme.json_field) if _reads_json(scheme) else None
    signatures = _signatures(scheme, read_values(signature, request, document))
    timestamp = read_value(scheme.timestamp, request, document) if scheme.timestamp else ""
    identity = read_value(scheme.id, request, document) if scheme.id else ""
    if "." in identity and SignedPart.ID in scheme.signed:
        # The usual separator: with one in the id, what is signed could be parted in two ways.
        raise VerificationFailed(RejectionReason.MALFORMED)
    signed_at = _instant(timestamp, scheme.timestamp_format) if timestamp else None
    messages = [
        _message(_Reading(scheme, request, document, address, timestamp, identity))
        for address in _addresses(scheme, request.public_url)
    ]
    return ParsedSignature(signatures, messages, identity or None, signed_at)


def _reads_json(scheme: Scheme) -> bool:
    fields = (scheme.signature, scheme.timestamp, scheme.id, *scheme.signed)
    return any(isinstance(field, Field) and field.location is FieldLocation.JSON for field in fields)


def _signatures(scheme: Scheme, texts: list[str]) -> list[bytes]:
    if not texts:
        raise VerificationFailed(RejectionReason.MISSING)
    found = [raw for text in texts if (raw := decode_strict(text, scheme.encoding))]
    if not found:
        raise VerificationFailed(RejectionReason.MALFORMED)
    return found


def _instant(text: str, unit: TimestampFormat) -> datetime:
    if unit is TimestampFormat.RFC3339:
        try:
            return parse_timestamp(text)
        except ValueError:
            raise VerificationFailed(RejectionReason.MALFORMED) from None
    digits, step = _STEPS[unit]
    if len(text) != digits or not text.isdecimal():
        raise VerificationFailed(RejectionReason.MALFORMED)
    return _EPOCH + int(text) * step


def _message(reading: _Reading) -> bytes:
    return b"".join([_piece(part, reading) for part in reading.scheme.signed])


def _piece(part: bytes | SignedPart | Field, reading: _Reading) -> bytes:
    if isinstance(part, bytes):
        return part
    if isinstance(part, Field):
        return read_value(part, reading.request, reading.document).encode()
    return _PIECES[part](reading)


def _addresses(scheme: Scheme, url: str) -> list[str]:
    parts = _ADDRESS.fullmatch(url) if scheme.optional_port else None
    if not parts:
        return [url]
    origin, is_secure, port, path = parts.groups()
    other = "" if port else ":443" if is_secure else ":80"
    return [url, f"{origin}{other}{path or ''}"]


def _url(reading: _Reading) -> bytes:
    """The address as the sender was given it, with the query that this request has."""
    address = _ascii(reading.address)
    if reading.request.query_string:
        address += b"?" + reading.request.query_string
    if not reading.scheme.url_decode:
        return address
    return _ESCAPE.sub(lambda found: _plain(found[0], reading.scheme), address)


def _plain(escape: bytes, scheme: Scheme) -> bytes:
    known = escape.decode().upper() in scheme.url_decode
    return bytes.fromhex(escape[1:].decode()) if known else escape


def _form(reading: _Reading) -> bytes:
    """The form's names and values; nothing where there is no body, or one whose digest stands in the signed URL."""
    request, place = reading.request, reading.scheme.body_digest
    digests = read_values(place, request, None) if place else []
    if digests:
        if not hmac.compare_digest(hashlib.sha256(request.body).hexdigest(), digests[0]):
            raise VerificationFailed(RejectionReason.MISMATCH)
        return b""
    if not request.body:
        return b""
    fields = set(parse_form(get_content_type(request), request.body))
    return b"".join([name + text for name, text in sorted(fields)])


def _ascii(text: str) -> bytes:
    if not text.isascii():
        raise VerificationFailed(RejectionReason.MALFORMED)
    return text.encode()


_ADDRESS = re.compile(r"(http(s?)://[^/:@]+)(:[0-9]+)?(/.*)?")
_ESCAPE = re.compile(rb"%[0-9A-Fa-f]{2}")

_PIECES: Mapping[SignedPart, Callable[[_Reading], bytes]] = {
    SignedPart.ID: lambda reading: reading.id.encode(),
    SignedPart.TIMESTAMP: lambda reading: reading.timestamp.encode(),
    SignedPart.BODY: lambda reading: reading.request.body,
    SignedPart.METHOD: lambda reading: _ascii(reading.request.method),
    SignedPart.URL: _url,
    SignedPart.FORM: _form,
}
