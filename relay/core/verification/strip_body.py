"""Replaces credentials in a request's body, so that they are neither stored nor available to mappings."""

import json
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from json.decoder import scanstring  # type: ignore[attr-defined]
from urllib.parse import quote_plus, unquote_to_bytes

from relay.core.verification.form_encoding import find_boundary, find_part_name
from relay.core.verification.scheme import Field, FieldLocation, Scheme

REMOVED = "(removed)"
"""What the body has in place of a credential."""

_SPACE = re.compile(r"[ \t\r\n]*")
_ESCAPE = re.compile(rb"%[0-9A-Fa-f]{2}")
_URLENCODED = "application/x-www-form-urlencoded"
# Numbers are skipped and not built: a long one takes more than linear time.
_SKIPPER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)

Span = tuple[int, int]


def strip_body(scheme: Scheme | None, body: bytes, content_type: str) -> bytes:
    """Return the body with `(removed)` at every place of the scheme that holds a credential. Never raises.

    All other bytes stay as they are, so that a JSON body stays readable.
    """
    for field in scheme.secret_fields if scheme else ():
        if field.location is FieldLocation.JSON:
            inside = scheme.json_field if scheme else ""
            body = _strip_form(body, content_type, inside, field) if inside else _strip_json(body, field)
        elif field.location is FieldLocation.FORM:
            body = _strip_form(body, content_type, field.name, None)
    return body


def _strip_json(raw: bytes, field: Field) -> bytes:
    return _replace(raw, find_member_spans(raw, field.name.split(".")), json.dumps(REMOVED).encode())


def _replace(raw: bytes, spans: Sequence[Span], text: bytes) -> bytes:
    pieces, position = [], 0
    for start, end in spans:
        pieces += [raw[position:start], text]
        position = end
    return b"".join([*pieces, raw[position:]])


def find_member_spans(raw: bytes, path: Sequence[str]) -> list[Span]:
    """Return the start and end of every value at a path of object keys, in order. Ends where the JSON is invalid."""
    name = path[-1].encode()
    # This byte search spares most bodies without the member. An escape may spell any name.
    if name not in raw and b"\\u" not in raw:
        return []
    spans: list[Span] = []
    try:
        # In Latin-1 every byte is one character, so that positions are those of the bytes.
        for span in _walk(raw.decode("latin-1"), 0, path):
            spans.append(span)  # noqa: PERF402 - keeps what was found before an error
    except (ValueError, RecursionError):
        pass
    return spans


def _walk(text: str, start: int, path: Sequence[str]) -> Iterator[Span]:
    position = _skip_space(text, start)
    if text[position : position + 1] != "{":
        return
    position = _skip_space(text, position + 1)
    while text[position : position + 1] == '"':
        key, position = scanstring(text, position + 1)
        value = _skip_space(text, _skip_space(text, position) + 1)  # after the colon
        _, end = _SKIPPER.raw_decode(text, value)
        if key == path[0]:
            yield from _walk(text, value, path[1:]) if len(path) > 1 else [(value, end)]
        position = _skip_space(text, _skip_space(text, end) + 1)  # after the comma


def _skip_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _strip_form(body: bytes, content_type: str, name: str, member: Field | None) -> bytes:
    """Replace the value of a form field; with `member`, only that member of the JSON in the field."""
    if boundary := find_boundary(content_type):
        return _strip_multipart(body, b"\r\n--" + boundary, name.encode(), member)
    if content_type.partition(";")[0].strip().lower() != _URLENCODED:
        return body
    pairs = (pair.partition(b"=") for pair in body.split(b"&"))
    return b"&".join(
        label + equals + (_strip_value(value, member) if _decode(label) == name.encode() else value)
        for label, equals, value in pairs
    )


def _strip_multipart(body: bytes, delimiter: bytes, name: bytes, member: Field | None) -> bytes:
    parts = []
    # The first delimiter may stand at the very beginning, without a line end before it.
    for part in (b"\r\n" + body).split(delimiter):
        head, empty_line, content = part.partition(b"\r\n\r\n")
        if empty_line and find_part_name(head) == name:
            content = _strip_json(content, member) if member else REMOVED.encode()
        parts.append(head + empty_line + content)
    return delimiter.join(parts)[2:]


def _strip_value(value: bytes, member: Field | None) -> bytes:
    """Replace an urlencoded value, or one member of the JSON in it."""
    mark = quote_plus(REMOVED if member is None else json.dumps(REMOVED)).encode()
    if member is None:
        return mark
    # Each escape is three bytes that decode to one: the k-th begins two bytes times k later than in the decoded text.
    escapes = [match.start() - 2 * count for count, match in enumerate(_ESCAPE.finditer(value))]
    spans = find_member_spans(_decode(value), member.name.split("."))
    encoded = [tuple(place + 2 * bisect_left(escapes, place) for place in span) for span in spans]
    return _replace(value, [(start, end) for start, end in encoded], mark)


def _decode(text: bytes) -> bytes:
    return unquote_to_bytes(text.replace(b"+", b" "))
