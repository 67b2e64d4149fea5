"""Parses a complete head with gunicorn's parser, and converts its errors to ours, which quote nothing."""

from typing import Any

from gunicorn.http import errors
from gunicorn.http.body import ChunkedReader
from gunicorn.http.message import Request

from relay.core.errors import HeadTooLarge, NotFound, RelayError, UnsupportedCoding
from relay.web.server.body import ChunkedBody, RequestBody, SizedBody
from relay.web.server.connection import Connection
from relay.web.server.head import bad_head
from relay.web.server.path import is_ambiguous

_PLACES: dict[type[Exception], str] = {
    errors.InvalidRequestLine: "its first line",
    errors.InvalidRequestMethod: "its method",
    errors.InvalidHTTPVersion: "its version",
    errors.InvalidHeader: "its headers",
    errors.InvalidHeaderName: "the names of its headers",
    errors.ObsoleteFolding: "its folded headers",
    errors.ExpectationFailed: "Expect",
    errors.InvalidSchemeHeaders: "X-Forwarded-Proto",
}
"""Where a head is wrong, by the exception of gunicorn's parser."""


def parse_head(cfg: Any, unreader: Any, client_address: Any, number: int) -> Any:
    """Return gunicorn's request. Raises RelayError if the head is malformed, too large, or has an ambiguous path.

    number: of the request on its connection, from 1.
    """
    try:
        request = Request(cfg, unreader, client_address, number)
    except (errors.LimitRequestLine, errors.LimitRequestHeaders):
        detail = "The head has a line that is too long, or too many fields."
        raise HeadTooLarge("head_too_large", detail) from None
    except errors.UnsupportedTransferCoding:
        raise _unsupported_coding() from None
    except (errors.ParseException, errors.NoMoreData, StopIteration) as error:
        raise bad_head(_PLACES.get(type(error), "its first line")) from None
    # As if no route matched. A proxy in front may let a path pass that it does not recognize.
    if is_ambiguous(request.path):
        raise NotFound(
            "not_found", "The path has an empty or dot segment, or percent-encodes what needs no encoding."
        )
    request.proxy_protocol_info = None
    return request


def open_body(request: Any, connection: Connection, max_bytes: int) -> RequestBody:
    """Return the body of a request. Raises RelayError if it has a transfer coding besides `chunked`."""
    expects_continue = request._expected_100_continue  # noqa: SLF001 - gunicorn has no public name for it
    # gunicorn would ask for the body at once, even for a request that is then rejected without it.
    request._expected_100_continue = False  # noqa: SLF001 - as above
    if isinstance(request.body.reader, ChunkedReader):
        _check_codings(request)
        return ChunkedBody(connection, max_bytes, expects_continue=expects_continue)
    length = request.body.reader.length
    return SizedBody(connection, max_bytes, expects_continue=expects_continue and length > 0, length=length)


def _check_codings(request: Any) -> None:
    values = [value for name, value in request.headers if name == "TRANSFER-ENCODING"]
    codings = {coding.strip(" \t").lower() for value in values for coding in value.split(",")}
    if codings - {"chunked", "identity"}:
        raise _unsupported_coding()


def _unsupported_coding() -> RelayError:
    return UnsupportedCoding(
        "unsupported_transfer_coding",
        "Send the body with Content-Length, or with Transfer-Encoding: chunked.",
    )
