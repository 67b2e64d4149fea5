"""The four bodies of the catalog dialect, a third party's description of Gong's API that some gateways follow."""

from relay.core.gong import fields
from relay.core.gong.base_schema import NestedObject, object_schema
from relay.core.gong.fields import Array, Integer, Number, OneOf, Properties, Text
from relay.core.gong.limits import INT32_MAX, MESSAGE_MAX, TITLE_MAX

CRM_CONTEXT = object_schema("CrmContext", {"objectType": Text(), "objectId": Text()})

SHARE = object_schema(
    "ContentShareEventRequest",
    {
        "contentTitle": Text(TITLE_MAX, required=True),
        "contentUrl": fields.url(),
        "senderEmailAddress": fields.email(required=True),
        "recipientEmailAddresses": Array(fields.email()),
        "eventTimestamp": fields.timestamp(),
        "contentType": Text(),
        "customProperties": Properties(),
        "crmContext": NestedObject(CRM_CONTEXT),
    },
)

VIEW = object_schema(
    "ContentViewEventRequest",
    {
        "contentTitle": Text(TITLE_MAX, required=True),
        "contentUrl": fields.url(),
        "viewerEmailAddress": fields.email(required=True),
        "eventTimestamp": fields.timestamp(),
        "viewDuration": Number(0, INT32_MAX),
        "pagesViewed": Integer(0),
        "totalPages": Integer(0),
        "percentageViewed": Number(0, 100),
        "customProperties": Properties(),
    },
)

ACTION = object_schema(
    "CustomActionEventRequest",
    {
        "actionName": Text(required=True),
        "actorEmailAddress": fields.email(required=True),
        "targetEmailAddress": fields.email(),
        "eventTimestamp": fields.timestamp(),
        "actionDetails": Text(),
        "customProperties": Properties(),
    },
)

PARTICIPANT = object_schema(
    "Participant",
    {
        "emailAddress": fields.email(),
        "name": Text(),
        "role": OneOf("Sender", "Recipient", "CC", "BCC"),
    },
)

INTERACTION = object_schema(
    "CatalogDigitalInteractionRequest",
    {
        "interactionType": OneOf("Email", "Chat", "SMS", "SocialMedia", "Other", required=True),
        "subject": Text(),
        "body": Text(MESSAGE_MAX),
        "timestamp": fields.timestamp(),
        "direction": OneOf("Inbound", "Outbound"),
        "participants": Array(NestedObject(PARTICIPANT), required=True),
        "workspaceId": Text(),
        "clientUniqueId": fields.event_id(),
    },
)
