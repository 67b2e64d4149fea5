"""Request bodies of all routes, which tests send to the sandbox."""

from typing import Any

TIMESTAMP = "2026-01-31T10:00:00Z"
ENGAGEMENT_FIELDS = {"reportingSystem": "hub", "eventTimestamp": TIMESTAMP, "eventId": "hub:1"}
CONTENT_FIELDS = {
    "contentId": "deck-1",
    "contentUrl": "https://hub.example/deck-1",
    "contentTitle": "Q1 deck",
}


def interaction(event_id: str = "web:1", **fields: Any) -> dict[str, Any]:
    return {
        "eventId": event_id,
        "timestamp": TIMESTAMP,
        "eventType": "page viewed",
        "content": {"contentTitle": "Pricing"},
        "person": {"email": "jane@acme.com"},
    } | fields


def content_shared(**fields: Any) -> dict[str, Any]:
    return ENGAGEMENT_FIELDS | CONTENT_FIELDS | {"recipients": [{"email": "jane@acme.com"}]} | fields


def content_viewed(**fields: Any) -> dict[str, Any]:
    return ENGAGEMENT_FIELDS | CONTENT_FIELDS | {"viewer": {"email": "jane@acme.com"}} | fields


def custom_action(**fields: Any) -> dict[str, Any]:
    return ENGAGEMENT_FIELDS | {"actionName": "Contract Signed", "actor": {"email": "jane@acme.com"}} | fields


CATALOG_SHARE = {
    "contentTitle": "Deck",
    "senderEmailAddress": "sam@seller.example",
    "recipientEmailAddresses": ["jane@acme.com"],
    "eventTimestamp": TIMESTAMP,
}
CATALOG_VIEW = {"contentTitle": "Deck", "viewerEmailAddress": "jane@acme.com", "eventTimestamp": TIMESTAMP}
CATALOG_ACTION = {"actionName": "Signed", "actorEmailAddress": "jane@acme.com", "eventTimestamp": TIMESTAMP}
CATALOG_INTERACTION = {
    "interactionType": "Email",
    "participants": [{"emailAddress": "jane@acme.com", "role": "Sender"}],
    "timestamp": TIMESTAMP,
    "clientUniqueId": "mail:1",
}
