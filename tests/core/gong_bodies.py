"""For each operation, a minimal body and one with every documented key; and a function that changes them."""

import json
import re

from relay.core.call import Operation

OMIT = object()
CRM = [
    {
        "system": "Salesforce",
        "objects": [
            {"objectType": "Opportunity", "objectId": "0065g", "fields": [{"name": "Amount", "value": 9}]}
        ],
    }
]
ACTOR = {
    "email": "jane@acme.com",
    "name": "Jane Roe",
    "title": "CFO",
    "context": [
        {
            "system": "Generic",
            "objects": [
                {"objectType": "Contact", "objectId": "003", "fields": [{"name": "Tier", "value": {"a": 1}}]}
            ],
        }
    ],
}
PROPERTIES = [
    {"name": "pages", "value": "9", "dataType": "number"},
    {"name": "deck", "value": "Q3", "dataType": "string"},
    {"name": "opened", "value": "2021-02-17T02:30:00-08:00", "dataType": "date"},
    {"name": "page", "value": "https://example.com/example?q=v", "dataType": "url"},
]
CUSTOM_FIELDS = [
    {"name": "plain", "value": ""},
    {"name": "a", "value": "free text", "dataType": "STRING"},
    {"name": "b", "value": "-3.5e2", "dataType": "NUMBER"},
    {"name": "c", "value": "2026-11-20", "dataType": "DATE"},
    {"name": "d", "value": "https://acme.com", "dataType": "URL"},
    {"name": "e", "value": "true", "dataType": "BOOLEAN"},
    {"name": "f", "value": "180", "dataType": "DURATION"},
]
ENGAGEMENT = {
    "reportingSystem": "partnerly",
    "eventTimestamp": "2021-08-01T02:30:00+05:00",
    "eventId": "partnerly:1",
    "contentId": "doc-1",
    "contentUrl": "https://example.com/doc-1",
    "contentTitle": "Features",
    "crmContext": CRM,
    "contentProperties": PROPERTIES,
    "eventProperties": PROPERTIES,
    "workspaceId": "623457276584334",
}
AGENT = {"userAgent": "Mozilla/5.0", "mobileAppId": "com.example", "agentPlatform": "iOS"}
_SHORT = {key: ENGAGEMENT[key] for key in ("reportingSystem", "eventTimestamp")}
_CONTENT = {key: ENGAGEMENT[key] for key in ("contentId", "contentUrl", "contentTitle")}

MINIMAL = {
    Operation.DIGITAL_INTERACTION: {
        "eventId": "1",
        "timestamp": "2026-06-12T10:00:00Z",
        "eventType": "page viewed",
        "content": {"contentTitle": "Pricing"},
        "trackingId": "issued-by-gong",
    },
    Operation.CONTENT_SHARED: {**_SHORT, **_CONTENT},
    Operation.CONTENT_VIEWED: {**_SHORT, **_CONTENT, "trackingId": "issued-by-gong"},
    Operation.CUSTOM_ACTION: _SHORT,
    Operation.CATALOG_INTERACTION: {
        "interactionType": "SMS",
        "participants": [],
        "timestamp": "2026-06-12T10:00:00Z",
    },
    Operation.CATALOG_SHARE: {
        "contentTitle": "Deck",
        "senderEmailAddress": "a@b.co",
        "eventTimestamp": "2026-06-12T10:00:00Z",
    },
    Operation.CATALOG_VIEW: {
        "contentTitle": "Deck",
        "viewerEmailAddress": "a@b.co",
        "eventTimestamp": "2026-06-12T10:00:00Z",
    },
    Operation.CATALOG_ACTION: {
        "actionName": "Signed",
        "actorEmailAddress": "a@b.co",
        "eventTimestamp": "2026-06-12T10:00:00Z",
    },
}

MAXIMAL = {
    Operation.DIGITAL_INTERACTION: {
        "eventId": "partnerly:vid:1",
        "timestamp": "2026-06-12T10:00:00.123456789+18:00",
        "eventType": "video watched",
        "sourceSystemName": "Partnerly",
        "sessionId": "s-1",
        "device": "MOBILE",
        "content": {
            "contentId": "vid-9",
            "contentTitle": "Product tour",
            "contentLabel": ["website", "tour"],
            "contentUrl": "https://acme.com/tour?x=1#top",
            "contentAdditionalInfoUrl": "http://localhost:3000/analysis",
            "numericContentDetails": {
                "value": 75,
                "rangeFrom": 0,
                "rangeTo": 100,
                "numericType": "PERCENTAGE",
            },
            "stepContentDetails": {"value": "signed", "availableSteps": ["sent", "signed"]},
            "searchObjectDetails": {
                "name": "Vendor B",
                "objectType": "PRODUCT",
                "domain": "vendor-b.example",
                "objectId": "7",
                "url": "https://g2.example/vendor-b",
            },
            "contentCustomFields": CUSTOM_FIELDS,
        },
        "person": {
            "name": "Jane Roe",
            "email": "jane@acme.com",
            "phoneNumber": "+1 555 0100",
            "personId": "p-1",
            "personBusinessContext": {"objectType": "LEAD", "objectId": "00Q", "systemName": "Salesforce"},
            "location": {"country": "US", "state": "US-CA", "region": "West", "city": "San José"},
            "company": {
                "companyId": "c-1",
                "name": "Acme",
                "domain": "acme.com",
                "companyBusinessContexts": [
                    {"objectType": "ACCOUNT", "objectId": "001", "systemName": "Salesforce"}
                ],
            },
            "personCustomFields": CUSTOM_FIELDS,
        },
        "customFields": CUSTOM_FIELDS,
    },
    Operation.CONTENT_SHARED: {
        **ENGAGEMENT,
        "shareId": "s-1",
        "shareInfoUrl": "https://example.com/shares/1",
        "sharingMessageSubject": "Our deck",
        "sharingMessageBody": "<p>Hi</p>\n",
        "sharer": {"id": "234599484848423", "email": "rep@vendor.com", "name": "Rep"},
        "recipients": [ACTOR],
        "actionName": "Document Sent",
    },
    Operation.CONTENT_VIEWED: {
        **ENGAGEMENT,
        **AGENT,
        "viewActionTitle": "Document Viewed",
        "shareId": "s-1",
        "viewInfoUrl": "https://example.com/views/1",
        "viewer": ACTOR,
    },
    Operation.CUSTOM_ACTION: {
        **ENGAGEMENT,
        **AGENT,
        "actionName": "Contract Signed",
        "eventInfoUrl": "https://example.com/events/1",
        "actor": ACTOR,
    },
    Operation.CATALOG_INTERACTION: {
        "interactionType": "Email",
        "subject": "Hello",
        "body": "Text",
        "timestamp": "2026-06-12T10:00:00Z",
        "direction": "Inbound",
        "participants": [{"emailAddress": "jane@acme.com", "name": "Jane", "role": "Sender"}],
        "workspaceId": "1",
        "clientUniqueId": "m-1",
    },
    Operation.CATALOG_SHARE: {
        "contentTitle": "Deck",
        "contentUrl": "https://example.com/deck",
        "senderEmailAddress": "rep@vendor.com",
        "recipientEmailAddresses": ["jane@acme.com"],
        "eventTimestamp": "2026-06-12T10:00:00Z",
        "contentType": "Presentation",
        "customProperties": {"campaign": "spring"},
        "crmContext": {"objectType": "Deal", "objectId": "006"},
    },
    Operation.CATALOG_VIEW: {
        "contentTitle": "Deck",
        "contentUrl": "https://example.com/deck",
        "viewerEmailAddress": "jane@acme.com",
        "eventTimestamp": "2026-06-12T10:00:00Z",
        "viewDuration": 12.5,
        "pagesViewed": 3,
        "totalPages": 3,
        "percentageViewed": 100,
        "customProperties": {"campaign": "spring"},
    },
    Operation.CATALOG_ACTION: {
        "actionName": "Signed",
        "actorEmailAddress": "jane@acme.com",
        "targetEmailAddress": "rep@vendor.com",
        "eventTimestamp": "2026-06-12T10:00:00Z",
        "actionDetails": "by hand",
        "customProperties": {},
    },
}


def with_changes(body, changes):
    """Return a copy of the body with these values at these paths. OMIT removes a value."""
    body = json.loads(json.dumps(body))  # unlike the samples, the copy shares no lists
    for path, value in changes.items():
        *parents, last = [int(step) if step.isdigit() else step for step in re.findall(r"[^.\[\]]+", path)]
        target = body
        for step in parents:
            target = target[step]
        if value is OMIT:
            del target[last]
        else:
            target[last] = value
    return body
