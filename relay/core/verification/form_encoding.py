"""Parses forms into bytes, in the order sent. They are not decoded to text, because a signature covers the bytes."""

import re
from urllib.parse import unquote_to_bytes

from relay.core.verification.rejection import RejectionReason, VerificationFailed

Pairs = list[tuple[bytes, bytes]]

FIELDS_MAX = 1_000
_URLENCODED = "application/x-www-form-urlencoded"
_MULTIPART = re.compile(r'multipart/form-data *;.*?\bboundary="?([!#-+.-:<-~-]{1,70})"?', re.IGNORECASE)
_NAME = re.compile(rb'^content-disposition:[^\r\n]*?[; ]name="([^"\r\n]*)"', re.IGNORECASE | re.MULTILINE)


def parse_form(content_type: str, body: bytes) -> Pairs:
    """Parse an urlencoded or multipart form.

    Raises VerificationFailed if the body is not a form, or has no fields or too many.
    """
    if boundary := find_boundary(content_type):
        fields = _parse_multipart(boundary, body)
    elif content_type.partition(";")[0].strip().lower() == _URLENCODED:
        fields = parse_pairs(body)
    else:
        raise VerificationFailed(RejectionReason.UNREADABLE)
    if not fields:
        raise VerificationFailed(RejectionReason.UNREADABLE)
    return fields


def find_boundary(content_type: str) -> bytes | None:
    """Return the boundary of a multipart form; None for another type of content."""
    match = _MULTIPART.match(content_type)
    return match[1].encode() if match else None


def find_part_name(head: bytes) -> bytes | None:
    """Return the name of a field from the headers of its part."""
    match = _NAME.search(head)
    return match[1] if match else None


def parse_pairs(raw: bytes) -> Pairs:
    """Parse a query string or an urlencoded form."""
    if raw.count(b"&") >= FIELDS_MAX:
        raise VerificationFailed(RejectionReason.UNREADABLE)
    split = (pair.replace(b"+", b" ").partition(b"=") for pair in raw.split(b"&") if pair)
    return [(unquote_to_bytes(name), unquote_to_bytes(value)) for name, _, value in split]


def _parse_multipart(boundary: bytes, body: bytes) -> Pairs:
    delimiter = b"\r\n--" + boundary
    if body.count(delimiter) > FIELDS_MAX:
        raise VerificationFailed(RejectionReason.UNREADABLE)
    # Reject a preamble and an epilogue: other parsers may or may not read them.
    before, *parts = (b"\r\n" + body).split(delimiter)
    if before or not parts or parts.pop() not in {b"--", b"--\r\n"}:
        raise VerificationFailed(RejectionReason.UNREADABLE)
    return [_parse_part(part) for part in parts]


def _parse_part(part: bytes) -> tuple[bytes, bytes]:
    head, empty_line, content = part.partition(b"\r\n\r\n")
    name = find_part_name(head)
    if not empty_line or name is None:
        raise VerificationFailed(RejectionReason.UNREADABLE)
    return name, content
