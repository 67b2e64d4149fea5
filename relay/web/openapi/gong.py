"""Gong's own API as the relay takes it: programs that call Gong work unchanged."""

from collections.abc import Sequence
from typing import Any

from relay.core.call import Operation
from relay.core.gong.validate import SCHEMAS
from relay.web.openapi.marshmallow_schemas import body_name
from relay.web.openapi.operation import Answer, Body, Described
from relay.web.openapi.schema_types import ID, component, listed, one_of, record, text

GROUP = "Gong's own API"
_REQUEST_ID = text("The event's id, by which it can be looked up.", examples=[ID])

COMPONENTS = {
    "GongAnswer": record({"requestId": _REQUEST_ID}, "As Gong answers."),
    "GongInteraction": record(
        {"requestId": _REQUEST_ID, "interactionId": text()}, "As the catalogue answers."
    ),
    "GongErrors": record(
        {"requestId": _REQUEST_ID, "errors": listed(text(), minItems=1)}, "What is wrong, in Gong's envelope."
    ),
}

_WHAT = {
    "/v2/digital-interaction": "A digital interaction",
    "/v2/customer-engagement/content/shared": "Content that was shared",
    "/v2/customer-engagement/content/viewed": "Content that was viewed",
    "/v2/customer-engagement/action": "A custom action",
    "/v2/digital-interactions": "The catalogue's interaction",
    "/v2/customer-engagement/share": "The catalogue's share",
    "/v2/customer-engagement/view": "The catalogue's view",
}
_PERSON = {"email": "jane@globex.com", "name": "Jane Doe"}
_CONTENT = {"contentId": "c-7", "contentUrl": "https://acme.com/c-7", "contentTitle": "Pricing"}
_ENGAGED = {
    "reportingSystem": "Acme",
    "eventTimestamp": "2026-11-20T10:00:00Z",
    "eventId": "ev-123",
    **_CONTENT,
}
_TOLD = {"eventTimestamp": "2026-11-20T10:00:00Z", "contentTitle": "Pricing"}
_EXAMPLES: dict[Operation, dict[str, Any]] = {
    Operation.DIGITAL_INTERACTION: {
        "eventId": "ev-123",
        "timestamp": "2026-11-20T10:00:00Z",
        "eventType": "page viewed",
        "content": {"contentTitle": "Pricing", "contentUrl": "https://acme.com/pricing"},
        "person": _PERSON,
    },
    Operation.CONTENT_SHARED: _ENGAGED | {"recipients": [_PERSON]},
    Operation.CONTENT_VIEWED: _ENGAGED | {"viewer": _PERSON},
    Operation.CUSTOM_ACTION: _ENGAGED | {"actionName": "signed", "actor": _PERSON},
    Operation.CATALOG_INTERACTION: {
        "interactionType": "Email",
        "timestamp": "2026-11-20T10:00:00Z",
        "participants": [{"emailAddress": "jane@globex.com", "role": "Sender"}],
    },
    Operation.CATALOG_SHARE: _TOLD
    | {"senderEmailAddress": "joe@acme.com", "recipientEmailAddresses": ["jane@globex.com"]},
    Operation.CATALOG_VIEW: _TOLD | {"viewerEmailAddress": "jane@globex.com", "pagesViewed": 3},
    Operation.CATALOG_ACTION: {
        "actionName": "signed",
        "actorEmailAddress": "jane@globex.com",
        "eventTimestamp": "2026-11-20T10:00:00Z",
    },
}
_REFUSALS = {
    400: (
        "The body cannot be read, or Gong would refuse it: every fault at once.",
        "person: must not be null unless trackingId is set",
    ),
    401: (
        "The key is none that the relay knows.",
        "Send a key the relay knows, as `Authorization: Bearer KEY`, `X-API-Key: KEY` or a Basic password.",
    ),
    403: (
        "The key is no source's, or its source routes by a value.",
        "Events are sent with a source's key, not with the operator's.",
    ),
    409: ("This source has sent this eventId before.", "Event was already reported in the past"),
    411: (
        "Send Content-Length, or Transfer-Encoding: chunked.",
        "Send Content-Length, or Transfer-Encoding: chunked.",
    ),
    413: (
        "The body is above RELAY_MAX_BODY_BYTES.",
        "A body may hold 1048576 bytes. Send fewer events at a time.",
    ),
    415: (
        "The relay does not read this type or coding.",
        "Send the body as it is, without Content-Encoding.",
    ),
    500: (
        "A fault of the relay. Nothing was kept; send it again.",
        "The relay failed on this request, and has logged why. Nothing was kept; send it again.",
    ),
    503: (
        "The store cannot take it now. Nothing was kept; try again after `Retry-After` seconds.",
        "The store cannot be reached.",
    ),
}


def _operation(path: str, operations: Sequence[Operation]) -> Described:
    first = operations[0]
    bodies = [component(body_name(SCHEMAS[operation])) for operation in operations]
    return Described(
        first.method,
        path,
        f"gong{''.join(part.title() for part in first.value.split('-'))}",
        GROUP,
        _WHAT[path],
        role="ingest",
        more="Queued, paced and retried like every other event. With `200` it is on disk, not yet at Gong.",
        body=Body(
            "What Gong takes at this path. Null counts as left out.",
            {"application/json": bodies[0] if len(bodies) == 1 else one_of(*bodies)},
            {operation.value: _EXAMPLES[operation] for operation in operations},
        ),
        answers=(_accepted(first), *(_refused(status) for status in _REFUSALS)),
    )


def _accepted(operation: Operation) -> Answer:
    headers = {"x-traceid": "The requestId once more."}
    if operation is Operation.CATALOG_INTERACTION:
        example = {"requestId": ID, "interactionId": ID}
        return Answer(201, "It is on disk.", component("GongInteraction"), example, headers=headers)
    return Answer(200, "It is on disk.", component("GongAnswer"), {"requestId": ID}, headers=headers)


def _refused(status: int) -> Answer:
    told, error = _REFUSALS[status]
    return Answer(status, told, component("GongErrors"), {"requestId": ID, "errors": [error]})


def _by_path() -> dict[str, list[Operation]]:
    found: dict[str, list[Operation]] = {}
    for operation in Operation:
        found.setdefault(operation.path, []).append(operation)
    return found


OPERATIONS = tuple(_operation(path, operations) for path, operations in _by_path().items())
