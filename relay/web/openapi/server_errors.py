"""The error codes of the HTTP server itself."""

from collections.abc import Mapping

from relay.web.openapi.error_info import ErrorInfo

SERVER_ERRORS: Mapping[str, ErrorInfo] = {
    "bad_head": ErrorInfo(
        400,
        "The head of the request is not valid HTTP/1.1. The operator can see the reason in the log.",
        "Check the request line and the headers, or use an HTTP library.",
    ),
    "bad_chunk": ErrorInfo(
        400,
        "A chunk of the body is malformed, or the body has many chunks of a few bytes.",
        "Send `Content-Length`, or valid chunks of at least 64 bytes.",
    ),
    "request_timeout": ErrorInfo(
        408,
        "The head or the body of the request arrived too slowly.",
        "Send the request again. The operator sets `RELAY_RECEIVE_TIMEOUT_SECONDS` and `RELAY_REQUEST_TIMEOUT_SECONDS`.",
    ),
    "head_too_large": ErrorInfo(
        431,
        "The head has more than 32 KiB, more than 50 fields, or a line of more than 8,190 bytes.",
        "Send fewer and shorter headers.",
    ),
    "unsupported_transfer_coding": ErrorInfo(
        501,
        "The body has a transfer coding besides `chunked`.",
        "Send it with `Content-Length` or `Transfer-Encoding: chunked`, uncompressed.",
    ),
    "server_busy": ErrorInfo(
        503,
        "The process has too many connections, is receiving too many large bodies, or is still reading other large requests.",
        "Try again after the seconds in `Retry-After`.",
    ),
}
