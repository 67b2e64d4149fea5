"""Schemas of Gong's own four bodies: a digital interaction and three of the engagement API."""

from typing import Final

from relay.sandbox.body_schema import (
    ANYTHING,
    DOMAIN,
    EMAIL,
    EVENT_ID,
    INT32,
    TEXT,
    TIMESTAMP,
    URL,
    Shape,
    choice_of,
    list_of,
    object_of,
    required,
    undocumented,
)

CUSTOM_FIELD: Final[Shape] = {
    "name": required(TEXT),
    "value": required(TEXT),
    "dataType": choice_of("STRING", "NUMBER", "DATE", "URL", "BOOLEAN", "DURATION"),
}

CONTENT: Final[Shape] = {
    "contentId": TEXT,
    "contentTitle": required(TEXT),
    "contentLabel": list_of(TEXT),
    "contentUrl": URL,
    "contentAdditionalInfoUrl": URL,
    "numericContentDetails": object_of(
        {
            "value": INT32,
            "rangeFrom": required(INT32),
            "rangeTo": required(INT32),
            "numericType": choice_of("PERCENTAGE", "NPS", "RATING", "OTHER"),
        }
    ),
    "stepContentDetails": object_of({"value": required(TEXT), "availableSteps": required(list_of(TEXT))}),
    "searchObjectDetails": object_of(
        {
            "name": required(TEXT),
            "objectType": required(choice_of("VENDOR", "PRODUCT", "CATEGORY")),
            "domain": required(DOMAIN),
            "objectId": TEXT,
            "url": URL,
        }
    ),
    "contentCustomFields": list_of(CUSTOM_FIELD),
}

COMPANY: Final[Shape] = {
    "companyId": TEXT,
    "name": TEXT,
    "domain": DOMAIN,
    "companyBusinessContexts": list_of(
        {
            "objectType": required(choice_of("ACCOUNT", "OPPORTUNITY")),
            "objectId": required(TEXT),
            "systemName": TEXT,
        }
    ),
}

PERSON: Final[Shape] = {
    "name": TEXT,
    "email": EMAIL,
    "phoneNumber": TEXT,
    "personId": TEXT,
    "personBusinessContext": object_of(
        {
            "objectType": required(choice_of("CONTACT", "LEAD")),
            "objectId": required(TEXT),
            "systemName": TEXT,
        }
    ),
    "location": object_of({"country": TEXT, "state": TEXT, "region": TEXT, "city": TEXT}),
    "company": object_of(COMPANY),
    "personCustomFields": list_of(CUSTOM_FIELD),
}

DIGITAL_INTERACTION: Final[Shape] = {
    "eventId": required(EVENT_ID),
    "timestamp": required(TIMESTAMP),
    "eventType": required(TEXT),
    "sourceSystemName": TEXT,
    "sessionId": TEXT,
    "device": choice_of("MOBILE", "PC"),
    "content": required(object_of(CONTENT)),
    "person": object_of(PERSON),
    "trackingId": TEXT,
    "customFields": list_of(CUSTOM_FIELD),
}

CRM_SYSTEM = choice_of("Salesforce", "HubSpot", "MicrosoftDynamic", "Generic")
CONTEXT_FIELD: Final[Shape] = {"name": TEXT, "value": ANYTHING}

# Gong's schema lists more object types, because its generator merges two lists; its prose names only these.
PARTY_CONTEXT: Final[Shape] = {
    "system": required(CRM_SYSTEM),
    "objects": list_of(
        {
            "objectType": required(choice_of("Lead", "Contact")),
            "objectId": required(TEXT),
            "fields": list_of(CONTEXT_FIELD),
        }
    ),
}
CALL_CONTEXT: Final[Shape] = {
    "system": required(CRM_SYSTEM),
    "objects": list_of(
        {
            "objectType": required(choice_of("Account", "Opportunity")),
            "objectId": required(TEXT),
            "fields": list_of(CONTEXT_FIELD),
        }
    ),
}

ACTOR: Final[Shape] = {"email": EMAIL, "name": TEXT, "title": TEXT, "context": list_of(PARTY_CONTEXT)}
SHARER: Final[Shape] = {"id": TEXT, "email": EMAIL, "name": TEXT}
PROPERTY: Final[Shape] = {
    "name": required(TEXT),
    "value": required(TEXT),
    "dataType": required(choice_of("number", "string", "url", "date")),
}
PLATFORM = choice_of("Windows", "Linux", "MacOS", "iOS", "Android")

_EVENT: Final[Shape] = {
    "reportingSystem": required(TEXT),
    "eventTimestamp": required(TIMESTAMP),
    "eventId": EVENT_ID,
    "crmContext": list_of(CALL_CONTEXT),
    "contentProperties": list_of(PROPERTY),
    "eventProperties": list_of(PROPERTY),
    "workspaceId": TEXT,
    "nonCompanyParticipants": undocumented(list_of(ACTOR)),
    "moreInfoUrl": undocumented(TEXT),
}
_CONTENT: Final[Shape] = {"contentId": TEXT, "contentUrl": URL, "contentTitle": TEXT}
_REQUIRED_CONTENT: Final[Shape] = {name: required(field) for name, field in _CONTENT.items()}
_AGENT: Final[Shape] = {"userAgent": TEXT, "mobileAppId": TEXT, "agentPlatform": PLATFORM}
_SHARE: Final[Shape] = {
    "sharer": object_of(SHARER),
    "sharingMessageSubject": TEXT,
    "sharingMessageBody": TEXT,
}
_UNDOCUMENTED_SHARE: Final[Shape] = {name: undocumented(field) for name, field in _SHARE.items()}

CONTENT_SHARED: Final[Shape] = {
    **_EVENT,
    **_REQUIRED_CONTENT,
    **_SHARE,
    "actionName": TEXT,
    "shareId": TEXT,
    "shareInfoUrl": URL,
    "recipients": list_of(ACTOR),
    "userAgent": undocumented(TEXT),
    "mobileAppId": undocumented(TEXT),
    "agentPlatform": undocumented(TEXT),
    "trackingId": undocumented(TEXT),
}

CONTENT_VIEWED: Final[Shape] = {
    **_EVENT,
    **_REQUIRED_CONTENT,
    **_AGENT,
    **_UNDOCUMENTED_SHARE,
    "viewActionTitle": TEXT,
    "actionName": undocumented(TEXT),
    "shareId": TEXT,
    "viewInfoUrl": URL,
    "viewer": object_of(ACTOR),
    "trackingId": TEXT,
}

CUSTOM_ACTION: Final[Shape] = {
    **_EVENT,
    **_CONTENT,
    **_AGENT,
    **_UNDOCUMENTED_SHARE,
    "actionName": TEXT,
    "shareId": undocumented(TEXT),
    "eventInfoUrl": URL,
    "actor": object_of(ACTOR),
    "trackingId": undocumented(TEXT),
}

# In 2024 the API had no trackingId, and a digital interaction required a person.
DIGITAL_INTERACTION_2024: Final[Shape] = {
    **{name: field for name, field in DIGITAL_INTERACTION.items() if name != "trackingId"},
    "person": required(object_of(PERSON)),
}
CONTENT_VIEWED_2024: Final[Shape] = {
    name: field for name, field in CONTENT_VIEWED.items() if name != "trackingId"
}
