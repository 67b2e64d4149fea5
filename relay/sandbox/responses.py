"""The responses of this Gong: status codes, error bodies and headers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from http import HTTPStatus
from random import Random
from typing import Any, Final

JSON_TYPE: Final = "application/json;charset=UTF-8"
HTML_TYPE: Final = "text/html; charset=UTF-8"
_BASE_36: Final = "0123456789abcdefghijklmnopqrstuvwxyz"

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GongResponse:
    """A response before faults are applied to it."""

    status: int
    fields: Mapping[str, Any]
    """The JSON body, without the request id."""

    _: KW_ONLY
    headers: Headers = ()
    text: str | None = None
    """A body to send as it is, instead of `fields`."""

    content_type: str = JSON_TYPE

    @property
    def accepted(self) -> bool:
        return self.status < HTTPStatus.MULTIPLE_CHOICES


def error_response(status: int, errors: Sequence[str], headers: Headers = ()) -> GongResponse:
    return GongResponse(status=status, fields={"errors": list(errors)}, headers=headers)


BAD_REQUEST: Final = error_response(HTTPStatus.BAD_REQUEST, ["Bad request"])
ACCESS_DENIED: Final = error_response(HTTPStatus.UNAUTHORIZED, ["Access denied"])
TOKEN_REVOKED: Final = error_response(HTTPStatus.UNAUTHORIZED, ["access token has been revoked"])
ADDRESS_DENIED: Final = error_response(HTTPStatus.FORBIDDEN, ["Access from this IP address is not allowed"])
LIMITED_RELEASE: Final = error_response(
    HTTPStatus.FORBIDDEN,
    ["This API endpoint is in Limited release - contact your CSM for more information."],
)
NOT_FOUND: Final = error_response(HTTPStatus.NOT_FOUND, ["Not Found"])
METHOD_NOT_ALLOWED: Final = error_response(HTTPStatus.METHOD_NOT_ALLOWED, ["Method Not Allowed"])
UNSUPPORTED_MEDIA_TYPE: Final = error_response(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, ["Unsupported Media Type"])
PAYLOAD_TOO_LARGE: Final = error_response(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, ["Payload Too Large"])
ALREADY_REPORTED: Final = error_response(HTTPStatus.CONFLICT, ["Event was already reported in the past"])


def missing_scope(scope: str) -> GongResponse:
    # Gong answers 401 here, not 403.
    return error_response(
        HTTPStatus.UNAUTHORIZED, [f"You don't have permission to use '{scope}' in your app."]
    )


def rate_limited(retry_after: str | None) -> GongResponse:
    headers = () if retry_after is None else (("Retry-After", retry_after),)
    return error_response(HTTPStatus.TOO_MANY_REQUESTS, ["API request limit exceeded"], headers)


def new_request_id(random: Random) -> str:
    """Return 96 random bits in base 36, the form of Gong's own request ids."""
    number, digits = random.getrandbits(96), []
    while number:
        number, digit = divmod(number, 36)
        digits.append(_BASE_36[digit])
    return "".join(digits) or "0"


def encode_body(response: GongResponse, request_id: str) -> bytes:
    if response.text is not None:
        return response.text.encode()
    return json.dumps({"requestId": request_id, **response.fields}).encode()


def list_headers(response: GongResponse, request_id: str) -> Headers:
    return (
        ("Content-Type", response.content_type),
        ("x-traceid", request_id),
        ("x-gong-service-version", "PublicApiServer:sandbox"),
        *response.headers,
    )
