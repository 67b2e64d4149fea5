"""The four bodies of the catalogue dialect as tables: a third party's description of Gong, with other names."""

from typing import Final

from relay.sandbox.body_schema import (
    EMAIL,
    EVENT_ID,
    NUMBER,
    STAMP,
    TEXT,
    TEXT_MAP,
    URL,
    Field,
    Shape,
    choice,
    many,
    must,
    one,
)

COUNT = Field(lambda value: type(value) is int, lambda count: count >= 0)
PERCENTAGE = Field(NUMBER.reads, lambda number: 0 <= number <= 100)  # noqa: PLR2004 a percentage is
DURATION = Field(NUMBER.reads, lambda seconds: seconds >= 0)

SHARE: Final[Shape] = {
    "contentTitle": must(TEXT),
    "senderEmailAddress": must(EMAIL),
    "eventTimestamp": must(STAMP),
    "contentUrl": URL,
    "recipientEmailAddresses": many(EMAIL),
    "contentType": TEXT,
    "customProperties": TEXT_MAP,
    "crmContext": one({"objectType": TEXT, "objectId": TEXT}),
}

VIEW: Final[Shape] = {
    "contentTitle": must(TEXT),
    "viewerEmailAddress": must(EMAIL),
    "eventTimestamp": must(STAMP),
    "contentUrl": URL,
    "viewDuration": DURATION,
    "pagesViewed": COUNT,
    "totalPages": COUNT,
    "percentageViewed": PERCENTAGE,
    "customProperties": TEXT_MAP,
}

ACTION: Final[Shape] = {
    "actionName": must(TEXT),
    "actorEmailAddress": must(EMAIL),
    "eventTimestamp": must(STAMP),
    "targetEmailAddress": EMAIL,
    "actionDetails": TEXT,
    "customProperties": TEXT_MAP,
}

INTERACTION: Final[Shape] = {
    "interactionType": must(choice("Email", "Chat", "SMS", "SocialMedia", "Other")),
    "participants": must(
        many({"emailAddress": EMAIL, "name": TEXT, "role": choice("Sender", "Recipient", "CC", "BCC")})
    ),
    "timestamp": must(STAMP),
    "direction": choice("Inbound", "Outbound"),
    "subject": TEXT,
    "body": TEXT,
    "workspaceId": TEXT,
    "clientUniqueId": EVENT_ID,
}
