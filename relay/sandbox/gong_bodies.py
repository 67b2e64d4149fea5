"""Gong's own four bodies as tables: one digital interaction and three of the engagement API."""

from typing import Final

from relay.sandbox.body_schema import (
    ANYTHING,
    DOMAIN,
    EMAIL,
    EVENT_ID,
    INT32,
    STAMP,
    TEXT,
    URL,
    Shape,
    choice,
    leaked,
    many,
    must,
    one,
)

CUSTOM_FIELD: Final[Shape] = {
    "name": must(TEXT),
    "value": must(TEXT),
    "dataType": choice("STRING", "NUMBER", "DATE", "URL", "BOOLEAN", "DURATION"),
}

CONTENT: Final[Shape] = {
    "contentId": TEXT,
    "contentTitle": must(TEXT),
    "contentLabel": many(TEXT),
    "contentUrl": URL,
    "contentAdditionalInfoUrl": URL,
    "numericContentDetails": one(
        {
            "value": INT32,
            "rangeFrom": must(INT32),
            "rangeTo": must(INT32),
            "numericType": choice("PERCENTAGE", "NPS", "RATING", "OTHER"),
        }
    ),
    "stepContentDetails": one({"value": must(TEXT), "availableSteps": must(many(TEXT))}),
    "searchObjectDetails": one(
        {
            "name": must(TEXT),
            "objectType": must(choice("VENDOR", "PRODUCT", "CATEGORY")),
            "domain": must(DOMAIN),
            "objectId": TEXT,
            "url": URL,
        }
    ),
    "contentCustomFields": many(CUSTOM_FIELD),
}

COMPANY: Final[Shape] = {
    "companyId": TEXT,
    "name": TEXT,
    "domain": DOMAIN,
    "companyBusinessContexts": many(
        {"objectType": must(choice("ACCOUNT", "OPPORTUNITY")), "objectId": must(TEXT), "systemName": TEXT}
    ),
}

PERSON: Final[Shape] = {
    "name": TEXT,
    "email": EMAIL,
    "phoneNumber": TEXT,
    "personId": TEXT,
    "personBusinessContext": one(
        {"objectType": must(choice("CONTACT", "LEAD")), "objectId": must(TEXT), "systemName": TEXT}
    ),
    "location": one({"country": TEXT, "state": TEXT, "region": TEXT, "city": TEXT}),
    "company": one(COMPANY),
    "personCustomFields": many(CUSTOM_FIELD),
}

DIGITAL_INTERACTION: Final[Shape] = {
    "eventId": must(EVENT_ID),
    "timestamp": must(STAMP),
    "eventType": must(TEXT),
    "sourceSystemName": TEXT,
    "sessionId": TEXT,
    "device": choice("MOBILE", "PC"),
    "content": must(one(CONTENT)),
    "person": one(PERSON),
    "trackingId": TEXT,
    "customFields": many(CUSTOM_FIELD),
}

CRM_SYSTEM = choice("Salesforce", "HubSpot", "MicrosoftDynamic", "Generic")
CONTEXT_FIELD: Final[Shape] = {"name": TEXT, "value": ANYTHING}

# Gong's schema lists more object types since its generator joins lists; its prose names these alone.
PARTY_CONTEXT: Final[Shape] = {
    "system": must(CRM_SYSTEM),
    "objects": many(
        {
            "objectType": must(choice("Lead", "Contact")),
            "objectId": must(TEXT),
            "fields": many(CONTEXT_FIELD),
        }
    ),
}
CALL_CONTEXT: Final[Shape] = {
    "system": must(CRM_SYSTEM),
    "objects": many(
        {
            "objectType": must(choice("Account", "Opportunity")),
            "objectId": must(TEXT),
            "fields": many(CONTEXT_FIELD),
        }
    ),
}

ACTOR: Final[Shape] = {"email": EMAIL, "name": TEXT, "title": TEXT, "context": many(PARTY_CONTEXT)}
SHARER: Final[Shape] = {"id": TEXT, "email": EMAIL, "name": TEXT}
PROPERTY: Final[Shape] = {
    "name": must(TEXT),
    "value": must(TEXT),
    "dataType": must(choice("number", "string", "url", "date")),
}
PLATFORM = choice("Windows", "Linux", "MacOS", "iOS", "Android")

_EVENT: Final[Shape] = {
    "reportingSystem": must(TEXT),
    "eventTimestamp": must(STAMP),
    "eventId": EVENT_ID,
    "crmContext": many(CALL_CONTEXT),
    "contentProperties": many(PROPERTY),
    "eventProperties": many(PROPERTY),
    "workspaceId": TEXT,
    "nonCompanyParticipants": leaked(many(ACTOR)),
    "moreInfoUrl": leaked(TEXT),
}
_CONTENT: Final[Shape] = {"contentId": TEXT, "contentUrl": URL, "contentTitle": TEXT}
_REQUIRED_CONTENT: Final[Shape] = {name: must(field) for name, field in _CONTENT.items()}
_AGENT: Final[Shape] = {"userAgent": TEXT, "mobileAppId": TEXT, "agentPlatform": PLATFORM}
_SHARE: Final[Shape] = {"sharer": one(SHARER), "sharingMessageSubject": TEXT, "sharingMessageBody": TEXT}
_LEAKED_SHARE: Final[Shape] = {name: leaked(field) for name, field in _SHARE.items()}

CONTENT_SHARED: Final[Shape] = {
    **_EVENT,
    **_REQUIRED_CONTENT,
    **_SHARE,
    "actionName": TEXT,
    "shareId": TEXT,
    "shareInfoUrl": URL,
    "recipients": many(ACTOR),
    "userAgent": leaked(TEXT),
    "mobileAppId": leaked(TEXT),
    "agentPlatform": leaked(TEXT),
    "trackingId": leaked(TEXT),
}

CONTENT_VIEWED: Final[Shape] = {
    **_EVENT,
    **_REQUIRED_CONTENT,
    **_AGENT,
    **_LEAKED_SHARE,
    "viewActionTitle": TEXT,
    "actionName": leaked(TEXT),
    "shareId": TEXT,
    "viewInfoUrl": URL,
    "viewer": one(ACTOR),
    "trackingId": TEXT,
}

CUSTOM_ACTION: Final[Shape] = {
    **_EVENT,
    **_CONTENT,
    **_AGENT,
    **_LEAKED_SHARE,
    "actionName": TEXT,
    "shareId": leaked(TEXT),
    "eventInfoUrl": URL,
    "actor": one(ACTOR),
    "trackingId": leaked(TEXT),
}

# In 2024 there was no trackingId yet, and a digital interaction had to have a person.
DIGITAL_INTERACTION_2024: Final[Shape] = {
    **{name: field for name, field in DIGITAL_INTERACTION.items() if name != "trackingId"},
    "person": must(one(PERSON)),
}
CONTENT_VIEWED_2024: Final[Shape] = {
    name: field for name, field in CONTENT_VIEWED.items() if name != "trackingId"
}
