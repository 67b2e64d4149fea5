"""Requests of public clients of Gong's API, with every key that each client supports."""

STAMP = "2026-06-12T10:00:00Z"
_TEMPLATE_CONTENT = {
    "contentTitle": "Annual Report 2026",
    "contentId": "content-123",
    "contentUrl": "https://example.com/report",
    "contentLabel": ["sales", "annual"],
}
_TEMPLATE = {
    "eventId": "evt-abc-123",
    "timestamp": STAMP,
    "eventType": "page viewed",
    "content": _TEMPLATE_CONTENT,
    "sourceSystemName": "Nango",
    "sessionId": "sess-xyz-789",
    "device": "MOBILE",
}

NANGO_PERSON = _TEMPLATE | {"person": {"name": "API Developer", "email": "api@nango.example"}}
"""The template action of an integration platform. It has thirteen fields, and sends either the person or the tracking id."""

NANGO_TRACKED = _TEMPLATE | {"eventId": "evt-abc-124", "trackingId": "track-abc-123"}

CLI_INTERACTION = {
    "eventId": "evt-42",
    "timestamp": STAMP,
    "eventType": "page viewed",
    "sourceSystemName": "Partnerly",
    "sessionId": "sess-1",
    "device": "PC",
    "content": {
        "contentId": "c-1",
        "contentTitle": "Pricing page",
        "contentLabel": ["pricing", "web"],
        "contentUrl": "https://acme.example/pricing?token=kept#plans",
        "contentAdditionalInfoUrl": "https://partner.example/analysis",
        "numericContentDetails": {"value": 8, "rangeFrom": 0, "rangeTo": 10, "numericType": "NPS"},
        "stepContentDetails": {"value": "step 2", "availableSteps": ["step 1", "step 2", "step 3"]},
        "searchObjectDetails": {
            "name": "Gong",
            "objectType": "VENDOR",
            "domain": "gong.example",
            "objectId": "ent-1",
            "url": "https://partner.example/ent-1",
        },
        "contentCustomFields": [{"name": "pages", "value": "12", "dataType": "NUMBER"}],
    },
    "person": {
        "name": "Jane Doe",
        "email": "Jane.Doe@acme.example",
        "phoneNumber": "+1 (415) 555-0100",
        "personId": "p-1",
        "personBusinessContext": {"objectType": "CONTACT", "objectId": "0031", "systemName": "Salesforce"},
        "location": {"country": "US", "state": "US-CA", "region": "US-CA", "city": "San José"},
        "company": {
            "companyId": "comp-1",
            "name": "Acme",
            "domain": "acme.example",
            "companyBusinessContexts": [
                {"objectType": "ACCOUNT", "objectId": "a-1", "systemName": "Salesforce"}
            ],
        },
        "personCustomFields": [{"name": "role", "value": "buyer", "dataType": "STRING"}],
    },
    "customFields": [{"name": "campaign", "value": "q3", "dataType": "STRING"}],
}
"""A command-line client's `interactions create` with every option except `--tracking-id`, which excludes a person."""

_CLI_CONTENT = {
    "contentId": "doc_1",
    "contentUrl": "https://example.com/doc_1",
    "contentTitle": "Features & Spec V.1",
}
CLI_VIEWED = {
    "reportingSystem": "abc123",
    "eventTimestamp": "2026-02-17T02:30:00-08:00",
    "eventId": "ev-1",
    **_CLI_CONTENT,
    "viewActionTitle": "Document Viewed",
    "shareId": "sh-1",
    "viewInfoUrl": "https://example.com/info",
    "viewer": {"email": "pat@acme.example", "name": "Pat", "title": "CTO"},
    "crmContext": [
        {"system": "Salesforce", "objects": [{"objectType": "Account", "objectId": "0013601230sV7grAAC"}]}
    ],
    "contentProperties": [{"name": "pages", "value": "3.14", "dataType": "number"}],
    "eventProperties": [{"name": "source", "value": "email", "dataType": "string"}],
    "userAgent": "Mozilla/5.0",
    "mobileAppId": "com.acme.app",
    "agentPlatform": "iOS",
    "workspaceId": "623457276584334",
}
CLI_SHARED = {
    "reportingSystem": "abc123",
    "eventTimestamp": "2026-07-01T00:00:00Z",
    "eventId": "ev-2",
    **_CLI_CONTENT,
    "shareId": "sh-1",
    "shareInfoUrl": "https://example.com/share",
    "sharingMessageSubject": "Take a look",
    "sharingMessageBody": "Sharing the spec",
    "sharer": {"id": "234599484848423", "email": "rep@example.com", "name": "Rep"},
    "recipients": [{"name": "Jane", "email": "jane@acme.example"}],
    "actionName": "Document Sent",
}
CLI_ACTION = {
    "reportingSystem": "abc123",
    "eventTimestamp": "2026-02-17T02:30:00-08:00",
    "eventId": "ev-3",
    "actionName": "Contract Signed",
    "eventInfoUrl": "https://example.com/event",
    "contentId": "doc_1",
    "actor": {"email": "pat@acme.example", "name": "Pat"},
}
