"""Reading a request's body whole, or not at all: nothing cut short is ever taken for complete."""

from typing import Any

from flask import Request

from relay.core.errors import BadRequest, LengthRequired, TooLarge, UnsupportedType

_CHUNK = 65_536


def read_body(request: Request, *, max_bytes: int) -> bytes:
    """The exact bytes that were sent.

    Werkzeug's own reading would return the first bytes of a chunked body that is too long, and the half of a body
    whose sender hung up, both without a word; so the length is checked here, on the server's own stream.
    """
    environ = request.environ
    if environ.get("HTTP_CONTENT_ENCODING", "identity").strip().lower() not in {"", "identity"}:
        raise UnsupportedType("unsupported_encoding", "Send the body as it is, without Content-Encoding.")
    chunked = "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()
    declared = None if chunked else _declared_length(environ.get("CONTENT_LENGTH", ""))
    if declared is not None and declared > max_bytes:
        raise _too_large(max_bytes)
    raw = _read(environ["wsgi.input"], max_bytes + 1 if declared is None else declared)
    if len(raw) > max_bytes:
        raise _too_large(max_bytes)
    if declared is not None and len(raw) != declared:
        text = (
            f"{len(raw)} bytes came of the {declared} that Content-Length promised. Send the request again."
        )
        raise BadRequest("body_incomplete", text)
    return raw


def _declared_length(text: str) -> int:
    if not text:
        raise LengthRequired("length_required", "Send Content-Length, or Transfer-Encoding: chunked.")
    if not (text.isascii() and text.isdigit()):
        raise BadRequest("bad_length", "Content-Length is not a number.")
    return int(text)


def _read(stream: Any, wanted: int) -> bytes:
    parts, left = [], wanted
    try:
        while left > 0 and (part := stream.read(min(left, _CHUNK))):
            parts.append(part)
            left -= len(part)
    except OSError as error:
        raise BadRequest("body_incomplete", "The connection broke before the body was complete.") from error
    return b"".join(parts)


def _too_large(most: int) -> TooLarge:
    return TooLarge("body_too_large", f"A body may hold {most} bytes. Send fewer events at a time.")
