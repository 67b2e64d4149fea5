"""The fields of a form as bytes, in the order sent. What a sender signs may not be decoded on the way."""

import re
from urllib.parse import unquote_to_bytes

from relay.core.verification.rejection import RejectionReason, VerificationFailed

Pairs = list[tuple[bytes, bytes]]

FIELDS_MAX = 1_000
_URLENCODED = "application/x-www-form-urlencoded"
_MULTIPART = re.compile(r'multipart/form-data *;.*?\bboundary="?([!#-+.-:<-~-]{1,70})"?', re.IGNORECASE)
_NAME = re.compile(rb'^content-disposition:[^\r\n]*?[; ]name="([^"\r\n]*)"', re.IGNORECASE | re.MULTILINE)


def parse_form(content_type: str, body: bytes) -> Pairs:
    """Every field of a form of either kind. Rejected when the body is no form, or holds no field or too many."""
    if multipart := _MULTIPART.match(content_type):
        found = _parts(multipart[1].encode(), body)
    elif content_type.partition(";")[0].strip().lower() == _URLENCODED:
        found = parse_pairs(body)
    else:
        raise VerificationFailed(RejectionReason.UNREADABLE)
    if not found:
        raise VerificationFailed(RejectionReason.UNREADABLE)
    return found


def parse_pairs(raw: bytes) -> Pairs:
    """The pairs of a query or an urlencoded form."""
    if raw.count(b"&") >= FIELDS_MAX:
        raise VerificationFailed(RejectionReason.UNREADABLE)
    split = (pair.replace(b"+", b" ").partition(b"=") for pair in raw.split(b"&") if pair)
    return [(unquote_to_bytes(name), unquote_to_bytes(value)) for name, _, value in split]


def _parts(boundary: bytes, body: bytes) -> Pairs:
    delimiter = b"\r\n--" + boundary
    if body.count(delimiter) > FIELDS_MAX:
        raise VerificationFailed(RejectionReason.UNREADABLE)
    before, *parts = (b"\r\n" + body).split(delimiter)
    if before or not parts or parts.pop() not in {b"--", b"--\r\n"}:
        raise VerificationFailed(RejectionReason.UNREADABLE)
    return [_part(part) for part in parts]


def _part(part: bytes) -> tuple[bytes, bytes]:
    head, blank_line, content = part.partition(b"\r\n\r\n")
    name = _NAME.search(head)
    if not blank_line or not name:
        raise VerificationFailed(RejectionReason.UNREADABLE)
    return name[1], content
