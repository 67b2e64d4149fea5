"""The bodies of Gong's three engagement calls: content shared, content viewed, custom action.

Gong's schemas also list keys without a description, apparently getters of a shared interface. These schemas reject
them and name the key to send instead. Gong prints some enums as one joined string, such as
`Windows, Linux, MacOS, iOS, Android`; here each value stands alone.
"""

from typing import Any

from marshmallow.fields import Field

from relay.core.gong import fields
from relay.core.gong.base_schema import NestedObject, ObjectSchema, object_schema
from relay.core.gong.fields import AnyValue, Array, OneOf, Text
from relay.core.gong.limits import CUSTOM_FIELDS_MAX, MESSAGE_MAX, TITLE_MAX

CONTEXT_FIELD = object_schema("ContextField", {"name": Text(), "value": AnyValue()})


def _crm_context(name: str, *object_types: str) -> ObjectSchema:
    crm_object = object_schema(
        f"{name}Object",
        {
            "objectType": OneOf(*object_types, required=True),
            "objectId": Text(required=True),
            "fields": Array(NestedObject(CONTEXT_FIELD)),
        },
    )
    systems = OneOf("Salesforce", "HubSpot", "MicrosoftDynamic", "Generic", required=True)
    return object_schema(name, {"system": systems, "objects": Array(NestedObject(crm_object))})


PARTY_CONTEXT = _crm_context("PartyUploadContext", "Lead", "Contact")
CALL_CONTEXT = _crm_context("CallUploadContext", "Account", "Opportunity")

GENERIC_PROPERTY = object_schema(
    "GenericProperty",
    {
        "name": Text(required=True),
        "value": Text(required=True, non_blank=False),
        "dataType": OneOf("number", "string", "url", "date", required=True),
    },
)

SHARER = object_schema("Sharer", {"id": Text(), "email": fields.email(), "name": Text()})


def _actor(name: str, *, email_required: bool = False) -> ObjectSchema:
    return object_schema(
        name,
        {
            "email": fields.email(required=email_required),
            "name": Text(),
            "title": Text(),
            "context": Array(NestedObject(PARTY_CONTEXT)),
        },
    )


ACTOR = _actor("Actor")
RECIPIENT = _actor("Recipient", email_required=True)


def _common_keys(*, content_required: bool) -> dict[str, Field[Any]]:
    """Return the keys that all three calls have."""
    return {
        "reportingSystem": Text(required=True),
        "eventTimestamp": fields.timestamp(),
        "eventId": fields.event_id(),
        "contentId": Text(required=content_required),
        "contentUrl": fields.url(required=content_required),
        "contentTitle": Text(TITLE_MAX, required=content_required),
        "crmContext": Array(NestedObject(CALL_CONTEXT)),
        "contentProperties": Array(NestedObject(GENERIC_PROPERTY), CUSTOM_FIELDS_MAX),
        "eventProperties": Array(NestedObject(GENERIC_PROPERTY), CUSTOM_FIELDS_MAX),
        "workspaceId": Text(),
    }


def _agent_keys() -> dict[str, Field[Any]]:
    return {
        "userAgent": Text(),
        "mobileAppId": Text(),
        "agentPlatform": OneOf("Windows", "Linux", "MacOS", "iOS", "Android"),
    }


_ONLY_ON_A_SHARE = "only content-shared has it; send a property"

CONTENT_SHARED = object_schema(
    "ContentSharedEvent",
    {
        **_common_keys(content_required=True),
        "shareId": Text(),
        "shareInfoUrl": fields.url(),
        "sharingMessageSubject": Text(),
        "sharingMessageBody": Text(MESSAGE_MAX),
        "sharer": NestedObject(SHARER),
        "recipients": Array(NestedObject(RECIPIENT)),
        "actionName": Text(),
    },
    substitutes={
        "nonCompanyParticipants": "send recipients",
        "moreInfoUrl": "send shareInfoUrl",
        "mobileAppId": "a share has no device; send a property",
        "agentPlatform": "a share has no device; send a property",
        "userAgent": "a share has no device; send a property",
        "trackingId": "send recipients",
    },
)

CONTENT_VIEWED = object_schema(
    "ContentViewedEvent",
    {
        **_common_keys(content_required=True),
        **_agent_keys(),
        "viewActionTitle": Text(),
        "shareId": Text(),
        "viewInfoUrl": fields.url(),
        "viewer": NestedObject(ACTOR),
        "trackingId": Text(non_blank=True),
    },
    substitutes={
        "nonCompanyParticipants": "send viewer",
        "moreInfoUrl": "send viewInfoUrl",
        "actionName": "send viewActionTitle",
        "sharer": _ONLY_ON_A_SHARE,
        "sharingMessageSubject": _ONLY_ON_A_SHARE,
        "sharingMessageBody": _ONLY_ON_A_SHARE,
    },
)

CUSTOM_ACTION = object_schema(
    "CustomActionEvent",
    {
        **_common_keys(content_required=False),
        **_agent_keys(),
        "actionName": Text(),
        "eventInfoUrl": fields.url(),
        "actor": NestedObject(ACTOR),
    },
    substitutes={
        "nonCompanyParticipants": "send actor",
        "moreInfoUrl": "send eventInfoUrl",
        "shareId": "only shares and views have it; send a property",
        "sharer": _ONLY_ON_A_SHARE,
        "sharingMessageSubject": _ONLY_ON_A_SHARE,
        "sharingMessageBody": _ONLY_ON_A_SHARE,
        "trackingId": "send actor",
    },
)
