"""The four bodies of the catalogue dialect: a third party's description of Gong's API that gateways were built from."""

from relay.core.gong import fields
from relay.core.gong.base_schema import Part, shape
from relay.core.gong.fields import Many, Number, OneOf, Properties, Text, Whole
from relay.core.gong.limits import INT32_MAX, MESSAGE_MAX, TITLE_MAX

CRM_CONTEXT = shape("CrmContext", {"objectType": Text(), "objectId": Text()})

SHARE = shape(
    "ContentShareEventRequest",
    {
        "contentTitle": Text(TITLE_MAX, required=True),
        "contentUrl": fields.url(),
        "senderEmailAddress": fields.email(required=True),
        "recipientEmailAddresses": Many(fields.email()),
        "eventTimestamp": fields.timestamp(),
        "contentType": Text(),
        "customProperties": Properties(),
        "crmContext": Part(CRM_CONTEXT),
    },
)

VIEW = shape(
    "ContentViewEventRequest",
    {
        "contentTitle": Text(TITLE_MAX, required=True),
        "contentUrl": fields.url(),
        "viewerEmailAddress": fields.email(required=True),
        "eventTimestamp": fields.timestamp(),
        "viewDuration": Number(0, INT32_MAX),
        "pagesViewed": Whole(0),
        "totalPages": Whole(0),
        "percentageViewed": Number(0, 100),
        "customProperties": Properties(),
    },
)

ACTION = shape(
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

PARTICIPANT = shape(
    "Participant",
    {
        "emailAddress": fields.email(),
        "name": Text(),
        "role": OneOf("Sender", "Recipient", "CC", "BCC"),
    },
)

INTERACTION = shape(
    "CatalogDigitalInteractionRequest",
    {
        "interactionType": OneOf("Email", "Chat", "SMS", "SocialMedia", "Other", required=True),
        "subject": Text(),
        "body": Text(MESSAGE_MAX),
        "timestamp": fields.timestamp(),
        "direction": OneOf("Inbound", "Outbound"),
        "participants": Many(Part(PARTICIPANT), required=True),
        "workspaceId": Text(),
        "clientUniqueId": fields.event_id(),
    },
)
