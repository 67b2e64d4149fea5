"""Reads request bodies completely, or raises: an incomplete body is never processed."""

from typing import Any

from flask import Request

from relay.core.errors import BadRequest, LengthRequired, UnsupportedType
from relay.web.server.body import too_large
from relay.web.store_time import begin_store_time

_CHUNK_BYTES = 65_536
_LENGTH_DIGITS_MAX = 18


def read_body(request: Request, *, max_bytes: int) -> bytes:
    """Return the exact bytes of the body.

    Raises BadRequest if the connection ends early, LengthRequired, TooLarge, or UnsupportedType for a compressed body.
    """
    # Werkzeug silently truncates a chunked body at its limit, and a body whose sender hangs up. This function reads
    # the server's own stream instead, and checks the length itself.
    environ = request.environ
    if environ.get("HTTP_CONTENT_ENCODING", "identity").strip().lower() not in {"", "identity"}:
        raise UnsupportedType("unsupported_encoding", "Send the body without Content-Encoding.")
    is_chunked = "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()
    declared = None if is_chunked else _content_length(environ.get("CONTENT_LENGTH", ""), max_bytes=max_bytes)
    if declared is not None and declared > max_bytes:
        raise too_large(max_bytes)
    # One byte beyond the limit is enough to detect that a chunked body exceeds it.
    raw = _read(environ["wsgi.input"], max_bytes + 1 if declared is None else declared)
    begin_store_time(request)  # the time that the sender took is not the store's
    if len(raw) > max_bytes:
        raise too_large(max_bytes)
    if declared is not None and len(raw) != declared:
        text = f"Received {len(raw)} of the {declared} bytes in Content-Length. Send the request again."
        raise BadRequest("body_incomplete", text)
    return raw


def _content_length(text: str, *, max_bytes: int) -> int:
    if not text:
        raise LengthRequired("length_required", "Send Content-Length, or Transfer-Encoding: chunked.")
    if not (text.isascii() and text.isdigit()):
        raise BadRequest("bad_length", "Content-Length is not a number of bytes.")
    # Python raises ValueError for a number of more than 4,300 digits.
    if len(text) > _LENGTH_DIGITS_MAX:
        raise too_large(max_bytes)
    return int(text)


def _read(stream: Any, count: int) -> bytes:
    chunks, remaining = [], count
    try:
        while remaining > 0 and (chunk := stream.read(min(remaining, _CHUNK_BYTES))):
            chunks.append(chunk)
            remaining -= len(chunk)
    except OSError as error:
        text = "The connection broke before the body was complete. Send the request again."
        raise BadRequest("body_incomplete", text) from error
    return b"".join(chunks)
