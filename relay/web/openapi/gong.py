"""Descriptions of the Gong-compatible endpoints, one for each path of Gong's API."""

from collections.abc import Sequence
from typing import Any

from relay.core.call import Operation as GongOperation
from relay.core.gong.validate import SCHEMAS
from relay.core.roles import Role
from relay.web.openapi.marshmallow_schemas import body_name
from relay.web.openapi.operation import JSON, Operation, RequestBody, ResponseDoc, Tag
from relay.web.openapi.schema_types import ID, Schema, any_of, array, component, record, string

_REQUEST_ID = string("The event's id. `GET /v1/events/{id}` returns the event.", examples=[ID])

COMPONENTS: dict[str, Schema] = {
    "GongResponse": record({"requestId": _REQUEST_ID}, "A response in Gong's format."),
    "GongInteractionResponse": record(
        {"requestId": _REQUEST_ID, "interactionId": string()}, "A response in the catalog's format."
    ),
    "GongErrors": record(
        {"requestId": _REQUEST_ID, "errors": array(string(), minItems=1)}, "Errors in Gong's format."
    ),
}

_SUMMARIES = {
    "/v2/digital-interaction": "Send a digital interaction",
    "/v2/customer-engagement/content/shared": "Send a content share",
    "/v2/customer-engagement/content/viewed": "Send a content view",
    "/v2/customer-engagement/action": "Send a custom action",
    "/v2/digital-interactions": "Send a digital interaction (catalog)",
    "/v2/customer-engagement/share": "Send a content share (catalog)",
    "/v2/customer-engagement/view": "Send a content view (catalog)",
}
_PERSON = {"email": "jane@globex.com", "name": "Jane Doe"}
_ENGAGEMENT = {
    "reportingSystem": "Acme",
    "eventTimestamp": "2026-11-20T10:00:00Z",
    "eventId": "ev-123",
    "contentId": "c-7",
    "contentUrl": "https://acme.com/c-7",
    "contentTitle": "Pricing",
}
_CATALOG_CONTENT = {"eventTimestamp": "2026-11-20T10:00:00Z", "contentTitle": "Pricing"}
_BODIES: dict[GongOperation, dict[str, Any]] = {
    GongOperation.DIGITAL_INTERACTION: {
        "eventId": "ev-123",
        "timestamp": "2026-11-20T10:00:00Z",
        "eventType": "page viewed",
        "content": {"contentTitle": "Pricing", "contentUrl": "https://acme.com/pricing"},
        "person": _PERSON,
    },
    GongOperation.CONTENT_SHARED: {**_ENGAGEMENT, "recipients": [_PERSON]},
    GongOperation.CONTENT_VIEWED: {**_ENGAGEMENT, "viewer": _PERSON},
    GongOperation.CUSTOM_ACTION: {**_ENGAGEMENT, "actionName": "signed", "actor": _PERSON},
    GongOperation.CATALOG_INTERACTION: {
        "interactionType": "Email",
        "timestamp": "2026-11-20T10:00:00Z",
        "participants": [{"emailAddress": "jane@globex.com", "role": "Sender"}],
    },
    GongOperation.CATALOG_SHARE: {
        **_CATALOG_CONTENT,
        "senderEmailAddress": "joe@acme.com",
        "recipientEmailAddresses": ["jane@globex.com"],
    },
    GongOperation.CATALOG_VIEW: {
        **_CATALOG_CONTENT,
        "viewerEmailAddress": "jane@globex.com",
        "pagesViewed": 3,
    },
    GongOperation.CATALOG_ACTION: {
        "actionName": "signed",
        "actorEmailAddress": "jane@globex.com",
        "eventTimestamp": "2026-11-20T10:00:00Z",
    },
}
_ERRORS = {
    400: (
        "The body cannot be read, or Gong would reject it. Every problem is listed.",
        "person: must not be null unless trackingId is set",
    ),
    401: (
        "The key is missing or unknown.",
        "Send a valid API key as `Authorization: Bearer KEY`, as `X-API-Key: KEY`, or as a Basic password.",
    ),
    403: (
        "The key is not a source's, or its source routes by a value.",
        "Events are sent with a source's key, not with an operator's.",
    ),
    409: ("The source has sent this eventId before.", "Event was already reported in the past"),
    411: (
        "The length of the body is unknown.",
        "Send Content-Length, or Transfer-Encoding: chunked.",
    ),
    413: (
        "The body is larger than RELAY_MAX_BODY_BYTES.",
        "The body is larger than 1048576 bytes. Send fewer events per request.",
    ),
    415: (
        "The relay does not accept this content type or encoding.",
        "Send the body without Content-Encoding.",
    ),
    429: (
        "The source has used its share of the store, or sent too many events. Try again after `Retry-After` seconds.",
        "The source website sent more than its 60,000 events per minute. Nothing was stored.",
    ),
    500: (
        "The relay failed. It is safe to send the request again.",
        "Internal error; see the relay's log. It is safe to send the request again.",
    ),
    503: (
        "The store cannot accept the event. Try again after `Retry-After` seconds.",
        "The store cannot be reached.",
    ),
}


def describe_path(path: str, operations: Sequence[GongOperation]) -> Operation:
    """Describe a path of Gong's API. `operations` are those that share it: their bodies differ."""
    first = operations[0]
    bodies = [component(body_name(SCHEMAS[operation])) for operation in operations]
    return Operation(
        id=f"gong{''.join(part.title() for part in first.value.split('-'))}",
        tag=Tag.GONG,
        summary=_SUMMARIES[path],
        description="The event is queued, rate-limited and retried like any other. `200` means that it is on disk, "
        "not that Gong has it.",
        role=Role.INGEST,
        body=RequestBody(
            "The body that Gong accepts at this path. Null is the same as a missing field.",
            {JSON: bodies[0] if len(bodies) == 1 else any_of(*bodies)},
            {operation.value: _BODIES[operation] for operation in operations},
        ),
        responses=(_accepted_response(first), *(_error_response(status) for status in _ERRORS)),
    )


def _accepted_response(operation: GongOperation) -> ResponseDoc:
    is_catalog = operation is GongOperation.CATALOG_INTERACTION
    return ResponseDoc(
        status=201 if is_catalog else 200,
        description="The event is on disk.",
        schema=component("GongInteractionResponse" if is_catalog else "GongResponse"),
        example={"requestId": ID, "interactionId": ID} if is_catalog else {"requestId": ID},
        headers={"x-traceid": "The requestId."},
    )


def _error_response(status: int) -> ResponseDoc:
    description, message = _ERRORS[status]
    return ResponseDoc(
        status=status,
        description=description,
        schema=component("GongErrors"),
        example={"requestId": ID, "errors": [message]},
    )
