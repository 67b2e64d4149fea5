"""Parses what a request says about its signature: the signatures, the signed text, the timestamp and the id."""

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
_TIMESTAMP_UNITS = {
    TimestampFormat.SECONDS: (10, timedelta(seconds=1)),
    TimestampFormat.MILLISECONDS: (13, timedelta(milliseconds=1)),
}
"""The number of digits in a timestamp, and the duration of one unit."""


@dataclass(frozen=True, slots=True)
class ParsedSignature:
    """What a request says about its signature, before any key checks it."""

    signatures: list[bytes]
    messages: list[bytes]
    """The texts that may have been signed. There are several if the sender may sign its URL with or without the port."""
    id: str | None
    signed_at: datetime | None
    """In UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _SignedValues:
    """The values of a request that the signed text may contain."""

    scheme: Scheme
    request: SignedRequest
    document: Any
    url: str
    timestamp: str
    id: str


def parse_signature(scheme: Scheme, signature: Field, request: SignedRequest) -> ParsedSignature:
    """Parse the values that the scheme needs. Raises only VerificationFailed."""
    document = parse_json_body(request, scheme.json_field) if _needs_json(scheme) else None
    signatures = _decode_signatures(scheme, read_values(signature, request, document))
    timestamp = read_value(scheme.timestamp, request, document) if scheme.timestamp else ""
    delivery_id = read_value(scheme.id, request, document) if scheme.id else ""
    if "." in delivery_id and SignedPart.ID in scheme.signed:
        # The separator is usually a dot. With a dot in the id, two different requests could have the same signed text.
        raise VerificationFailed(RejectionReason.MALFORMED)
    signed_at = _parse_timestamp(timestamp, scheme.timestamp_format) if timestamp else None
    messages = [
        _build_message(
            _SignedValues(
                scheme=scheme,
                request=request,
                document=document,
                url=url,
                timestamp=timestamp,
                id=delivery_id,
            )
        )
        for url in _candidate_urls(scheme, request.public_url)
    ]
    return ParsedSignature(signatures, messages, delivery_id or None, signed_at)


def _needs_json(scheme: Scheme) -> bool:
    fields = (scheme.signature, scheme.timestamp, scheme.id, *scheme.signed)
    return any(isinstance(field, Field) and field.location is FieldLocation.JSON for field in fields)


def _decode_signatures(scheme: Scheme, texts: list[str]) -> list[bytes]:
    if not texts:
        raise VerificationFailed(RejectionReason.MISSING)
    signatures = [raw for text in texts if (raw := decode_strict(text, scheme.encoding))]
    if not signatures:
        raise VerificationFailed(RejectionReason.MALFORMED)
    return signatures


def _parse_timestamp(text: str, timestamp_format: TimestampFormat) -> datetime:
    if timestamp_format is TimestampFormat.RFC3339:
        try:
            return parse_timestamp(text)
        except ValueError:
            raise VerificationFailed(RejectionReason.MALFORMED) from None
    digits, unit = _TIMESTAMP_UNITS[timestamp_format]
    if len(text) != digits or not text.isdecimal():
        raise VerificationFailed(RejectionReason.MALFORMED)
    return _EPOCH + int(text) * unit


def _build_message(values: _SignedValues) -> bytes:
    return b"".join([_render_part(part, values) for part in values.scheme.signed])


def _render_part(part: bytes | SignedPart | Field, values: _SignedValues) -> bytes:
    if isinstance(part, bytes):
        return part
    if isinstance(part, Field):
        return read_value(part, values.request, values.document).encode()
    return _PART_RENDERERS[part](values)


def _candidate_urls(scheme: Scheme, url: str) -> list[str]:
    match = _URL_PARTS.fullmatch(url) if scheme.optional_port else None
    if not match:
        return [url]
    origin, is_secure, port, path = match.groups()
    other_port = "" if port else ":443" if is_secure else ":80"
    return [url, f"{origin}{other_port}{path or ''}"]


def _render_url(values: _SignedValues) -> bytes:
    """Return the URL that the sender was given, with the query of this request."""
    url = _ascii(values.url)
    if values.request.query_string:
        url += b"?" + values.request.query_string
    if not values.scheme.url_decode:
        return url
    return _ESCAPE.sub(lambda match: _decode_escape(match[0], values.scheme), url)


def _decode_escape(escape: bytes, scheme: Scheme) -> bytes:
    is_decoded = escape.decode().upper() in scheme.url_decode
    return bytes.fromhex(escape[1:].decode()) if is_decoded else escape


def _render_form(values: _SignedValues) -> bytes:
    """Return the sorted names and values of the form.

    Returns nothing if the body is empty, or if the signed URL contains the digest of the body.
    """
    request, field = values.request, values.scheme.body_digest
    digests = read_values(field, request, None) if field else []
    if digests:
        if not hmac.compare_digest(hashlib.sha256(request.body).hexdigest(), digests[0]):
            raise VerificationFailed(RejectionReason.MISMATCH)
        return b""
    if not request.body:
        return b""
    # A set, because Twilio signs a repeated name and value only once.
    fields = set(parse_form(get_content_type(request), request.body))
    return b"".join([name + text for name, text in sorted(fields)])


def _ascii(text: str) -> bytes:
    if not text.isascii():
        raise VerificationFailed(RejectionReason.MALFORMED)
    return text.encode()


_URL_PARTS = re.compile(r"(http(s?)://[^/:@]+)(:[0-9]+)?(/.*)?")
_ESCAPE = re.compile(rb"%[0-9A-Fa-f]{2}")

_PART_RENDERERS: Mapping[SignedPart, Callable[[_SignedValues], bytes]] = {
    SignedPart.ID: lambda values: values.id.encode(),
    SignedPart.TIMESTAMP: lambda values: values.timestamp.encode(),
    SignedPart.BODY: lambda values: values.request.body,
    SignedPart.METHOD: lambda values: _ascii(values.request.method),
    SignedPart.URL: _render_url,
    SignedPart.FORM: _render_form,
}
