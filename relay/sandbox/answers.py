"""What this Gong says: statuses, envelopes and headers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from random import Random
from typing import Any, Final

JSON_TYPE: Final = "application/json;charset=UTF-8"
HTML_TYPE: Final = "text/html; charset=UTF-8"
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """`fields` joins the request id in a JSON body; `text` is sent as it is in its place."""

    status: int
    fields: Mapping[str, Any]
    headers: Headers = ()
    text: str | None = None
    content_type: str = JSON_TYPE

    @property
    def accepted(self) -> bool:
        return self.status < HTTPStatus.MULTIPLE_CHOICES


def refusal(status: int, errors: Sequence[str], headers: Headers = ()) -> Answer:
    return Answer(status, {"errors": list(errors)}, headers)


BAD_REQUEST: Final = refusal(HTTPStatus.BAD_REQUEST, ["Bad request"])
ACCESS_DENIED: Final = refusal(HTTPStatus.UNAUTHORIZED, ["Access denied"])
REVOKED: Final = refusal(HTTPStatus.UNAUTHORIZED, ["access token has been revoked"])
ADDRESS_DENIED: Final = refusal(HTTPStatus.FORBIDDEN, ["Access from this IP address is not allowed"])
LIMITED_RELEASE: Final = refusal(
    HTTPStatus.FORBIDDEN,
    ["This API endpoint is in Limited release - contact your CSM for more information."],
)
NOT_FOUND: Final = refusal(HTTPStatus.NOT_FOUND, ["Not Found"])
NOT_ALLOWED: Final = refusal(HTTPStatus.METHOD_NOT_ALLOWED, ["Method Not Allowed"])
UNSUPPORTED: Final = refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, ["Unsupported Media Type"])
TOO_LARGE: Final = refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, ["Payload Too Large"])
REPORTED: Final = refusal(HTTPStatus.CONFLICT, ["Event was already reported in the past"])


def scope_missing(scope: str) -> Answer:
    """A missing scope is 401 at Gong, not 403."""
    return refusal(HTTPStatus.UNAUTHORIZED, [f"You don't have permission to use '{scope}' in your app."])


def throttled(retry_after: str | None) -> Answer:
    headers = () if retry_after is None else (("Retry-After", retry_after),)
    return refusal(HTTPStatus.TOO_MANY_REQUESTS, ["API request limit exceeded"], headers)


def new_request_id(random: Random) -> str:
    """96 random bits in base 36, as Gong's look."""
    number, digits = random.getrandbits(96), []
    while number:
        number, digit = divmod(number, 36)
        digits.append(_DIGITS[digit])
    return "".join(digits) or "0"


def body_of(answer: Answer, request_id: str) -> bytes:
    if answer.text is not None:
        return answer.text.encode()
    return json.dumps({"requestId": request_id, **answer.fields}).encode()


def headers_of(answer: Answer, request_id: str) -> Headers:
    return (
        ("Content-Type", answer.content_type),
        ("x-traceid", request_id),
        ("x-gong-service-version", "PublicApiServer:sandbox"),
        *answer.headers,
    )
