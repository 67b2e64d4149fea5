"""Schemas of the four bodies of the catalog dialect, which a third party documents under other names than Gong's."""

from typing import Final

from relay.sandbox.body_schema import (
    EMAIL,
    EVENT_ID,
    NUMBER,
    TEXT,
    TEXT_MAP,
    TIMESTAMP,
    URL,
    Field,
    Shape,
    choice_of,
    list_of,
    object_of,
    required,
)

COUNT = Field(is_readable=lambda value: type(value) is int, is_valid=lambda count: count >= 0)
PERCENTAGE = Field(is_readable=NUMBER.is_readable, is_valid=lambda number: 0 <= number <= 100)  # noqa: PLR2004 - the bounds of a percentage
DURATION = Field(is_readable=NUMBER.is_readable, is_valid=lambda seconds: seconds >= 0)

SHARE: Final[Shape] = {
    "contentTitle": required(TEXT),
    "senderEmailAddress": required(EMAIL),
    "eventTimestamp": required(TIMESTAMP),
    "contentUrl": URL,
    "recipientEmailAddresses": list_of(EMAIL),
    "contentType": TEXT,
    "customProperties": TEXT_MAP,
    "crmContext": object_of({"objectType": TEXT, "objectId": TEXT}),
}

VIEW: Final[Shape] = {
    "contentTitle": required(TEXT),
    "viewerEmailAddress": required(EMAIL),
    "eventTimestamp": required(TIMESTAMP),
    "contentUrl": URL,
    "viewDuration": DURATION,
    "pagesViewed": COUNT,
    "totalPages": COUNT,
    "percentageViewed": PERCENTAGE,
    "customProperties": TEXT_MAP,
}

ACTION: Final[Shape] = {
    "actionName": required(TEXT),
    "actorEmailAddress": required(EMAIL),
    "eventTimestamp": required(TIMESTAMP),
    "targetEmailAddress": EMAIL,
    "actionDetails": TEXT,
    "customProperties": TEXT_MAP,
}

INTERACTION: Final[Shape] = {
    "interactionType": required(choice_of("Email", "Chat", "SMS", "SocialMedia", "Other")),
    "participants": required(
        list_of({"emailAddress": EMAIL, "name": TEXT, "role": choice_of("Sender", "Recipient", "CC", "BCC")})
    ),
    "timestamp": required(TIMESTAMP),
    "direction": choice_of("Inbound", "Outbound"),
    "subject": TEXT,
    "body": TEXT,
    "workspaceId": TEXT,
    "clientUniqueId": EVENT_ID,
}
