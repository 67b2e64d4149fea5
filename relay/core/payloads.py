"""Parses request bodies of webhooks: JSON, NDJSON, forms, and JSON in a form field, within fixed limits."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from relay.core.errors import BadRequest, TooLarge, UnsupportedType, shorten
from relay.core.header_value import parse_content_type, parse_header_value
from relay.core.strict_json import parse_json, parse_json_lines

FIELDS_MAX = 1_000
FIELD_DEPTH_MAX = 8
LINES_MAX = 5_000
PART_HEAD_MAX = 4_096
"""Bytes before the text of one part of a multipart form."""

_LINES = frozenset(
    {"application/x-ndjson", "application/ndjson", "application/jsonl", "application/json-lines"}
)
_JSON = frozenset({"application/json", "text/json", "application/csp-report"})
_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{1,70}")
_BRACKETED = re.compile(r"\[([^\[\]]*)\]")


@dataclass(frozen=True, slots=True)
class Payload:
    """The input of a mapping: the parsed body, headers by lower-case name, and query parameters."""

    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BodyFormat:
    """How the bodies of a source are parsed."""

    content_type: str | None = None
    """Overrides the request's Content-Type."""
    json_field: str | None = None
    """The form field that contains the body as JSON."""


def read_body(raw: bytes, content_type: str, body_format: BodyFormat = BodyFormat()) -> Any:
    """Parse a body. Raises BadRequest, TooLarge (too many fields) or UnsupportedType, each with a remedy.

    A form field `data[merges][EMAIL]` becomes nested objects. Uploaded files are ignored.
    """
    kind = parse_content_type(body_format.content_type or content_type)
    media = kind.value
    if media == _FORM:
        return _build_body(_form_fields(raw), body_format)
    if media == _MULTIPART:
        return _build_body(_multipart_fields(raw, kind.parameters.get("boundary", "")), body_format)
    if media in _LINES:
        return list(_parse_ndjson(raw))
    if media in _JSON or media.endswith("+json"):
        return parse_json(raw)
    problem = f"The Content-Type is {shorten(media)!r}. " if media else "There is no Content-Type. "
    remedy = f"Send application/json, {_FORM} or {_MULTIPART}, or set the content type of the source."
    raise UnsupportedType("unsupported_type", problem + remedy)


def _parse_ndjson(raw: bytes) -> Iterator[Any]:
    for _, value in parse_json_lines(raw, max_lines=LINES_MAX):
        if isinstance(value, BadRequest):
            raise value
        yield value


def _build_body(fields: list[tuple[str, str]], body_format: BodyFormat) -> Any:
    if body_format.json_field is None:
        return _nest(fields)
    for name, text in fields:
        if name == body_format.json_field:
            return parse_json(text.encode())
    raise BadRequest(
        "bad_form", f"The form has no field {body_format.json_field!r}, which must contain the JSON. Send it."
    )


def _form_fields(raw: bytes) -> list[tuple[str, str]]:
    try:
        text = raw.decode("ascii")
    except UnicodeDecodeError as error:
        raise BadRequest("bad_form", f"Byte {error.start} is not ASCII. Percent-encode the form.") from None
    _check_count(text.count("&") + 1)
    try:
        fields = parse_qsl(text, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise BadRequest("bad_form", "A field is not valid UTF-8. Percent-encode the UTF-8 bytes.") from None
    return _check_fields(fields)


def _multipart_fields(raw: bytes, boundary: str) -> list[tuple[str, str]]:
    if not _BOUNDARY.fullmatch(boundary):
        raise BadRequest(
            "bad_form", "The Content-Type has no boundary. Send boundary= with 1 to 70 characters."
        )
    mark = b"--" + boundary.encode()
    parts = (b"\r\n" + raw).split(b"\r\n" + mark, FIELDS_MAX + 2)
    _check_count(len(parts) - 2)
    if len(parts) < 2 or not parts[-1].startswith(b"--"):  # noqa: PLR2004 - before the first mark, after the last
        raise BadRequest(
            "bad_form", "The form is truncated: its last boundary is missing. Send it completely."
        )
    return _check_fields([field for part in parts[1:-1] if (field := _parse_part(part)) is not None])


def _parse_part(part: bytes) -> tuple[str, str] | None:
    """Return the name and text of one part; None for a file."""
    end = part.find(b"\r\n\r\n", 0, PART_HEAD_MAX + 4)
    if end < 0 and len(part) > PART_HEAD_MAX:
        text = f"A part of the form has more than {PART_HEAD_MAX} bytes of headers. Send only Content-Disposition."
        raise BadRequest("bad_form", text)
    parameters = _read_disposition(part[:end]) if end >= 0 else {}
    name = parameters.get("name")
    if name is None:
        raise BadRequest("bad_form", "A part of the form has no name. Send Content-Disposition with name=.")
    # Also filename* and filename*0, which hold a name in another encoding or in pieces.
    if any(parameter.partition("*")[0] == "filename" for parameter in parameters):
        return None
    try:
        return name, part[end + 4 :].decode()
    except UnicodeDecodeError:
        raise BadRequest("bad_form", "A field is not UTF-8. Encode the form as UTF-8.") from None


def _read_disposition(head: bytes) -> Mapping[str, str]:
    """Return the parameters of Content-Disposition; empty if there is none."""
    for line in head.decode("latin-1").split("\r\n"):
        header, colon, value = line.partition(":")
        if colon and header.strip().lower() == "content-disposition":
            return parse_header_value(value).parameters
    return {}


def _check_count(count: int) -> None:
    if count > FIELDS_MAX:
        raise TooLarge("too_many_fields", f"The form has more than {FIELDS_MAX} fields. Send fewer.")


def _check_fields(fields: list[tuple[str, str]]) -> list[tuple[str, str]]:
    if not fields:
        raise BadRequest("empty_body", "The form is empty. Send at least one field.")
    if any("\0" in name or "\0" in text for name, text in fields):
        raise BadRequest("bad_form", "A field contains NUL. Remove it.")
    return fields


def _nest(fields: list[tuple[str, str]]) -> dict[str, Any]:
    """Nest fields: `a[b]=1&a[c][]=2&d=3&d=4` becomes `{"a": {"b": "1", "c": ["2"]}, "d": ["3", "4"]}`."""
    root: dict[str, Any] = {}
    for name, text in fields:
        _insert(root, _split_name(name), text)
    return {key: _convert_lists(value) for key, value in root.items()}


def _split_name(name: str) -> list[str]:
    """Split a name: `data[merges][EMAIL]` gives `["data", "merges", "EMAIL"]`. Unbalanced brackets: returns it whole."""
    head, bracket, _ = name.partition("[")
    steps = _BRACKETED.findall(name[len(head) :])
    if not head or not bracket or sum(len(step) + 2 for step in steps) != len(name) - len(head):
        return [name]
    if len(steps) > FIELD_DEPTH_MAX:
        raise BadRequest(
            "too_deep", f"A field nests deeper than {FIELD_DEPTH_MAX} brackets. Send a flatter form."
        )
    return [head, *steps]


def _insert(root: dict[str, Any], steps: list[str], text: str) -> None:
    # `[]` appends: its key is the next number.
    target = root
    for at, step in enumerate(steps[:-1]):
        key = step or str(len(target))
        target = target.setdefault(key, {})
        if not isinstance(target, dict):
            raise _conflict_error(steps[: at + 1])
    key = steps[-1] or str(len(target))
    present = target.get(key)
    if isinstance(present, dict):
        raise _conflict_error(steps)
    if isinstance(present, list):
        present.append(text)
    else:
        target[key] = text if present is None else [present, text]


def _conflict_error(steps: list[str]) -> BadRequest:
    name = "".join(step if not at else f"[{step}]" for at, step in enumerate(steps))
    return BadRequest(
        "bad_form", f"Field {shorten(name)!r} is both a value and an object. Send one of the two."
    )


def _convert_lists(value: Any) -> Any:
    """Convert objects with the keys 0, 1, 2… to lists, at every level."""
    if not isinstance(value, dict):
        return value
    inner = {key: _convert_lists(nested) for key, nested in value.items()}
    is_list = all(key == str(index) for index, key in enumerate(inner))
    return list(inner.values()) if is_list else inner
