"""Converts bodies of the catalog dialect to canonical events, for a destination that uses Gong's own dialect."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from relay.core.call import Call, Operation
from relay.core.default_mapping.losses import dropped_warning
from relay.core.default_mapping.properties import merge_properties, omit_empty
from relay.core.errors import Problem, ValidationFailed
from relay.core.event.model import EventType
from relay.core.event.sanitize import truncate
from relay.core.gong.accessors import get_object
from relay.core.gong.limits import TEXT_MAX
from relay.core.gong.problems import ErrorCode

Body = Mapping[str, Any]

BODY_PATHS: Mapping[Operation, Mapping[str, str]] = {
    Operation.CATALOG_INTERACTION: {
        "occurred_at": "timestamp",
        "person": "participants",
        "content.title": "subject",
    },
    Operation.CATALOG_SHARE: {
        "occurred_at": "eventTimestamp",
        "content.title": "contentTitle",
        "share.recipients": "recipientEmailAddresses",
        "properties": "customProperties",
    },
    Operation.CATALOG_VIEW: {
        "occurred_at": "eventTimestamp",
        "content.title": "contentTitle",
        "properties": "customProperties",
    },
    Operation.CATALOG_ACTION: {
        "occurred_at": "eventTimestamp",
        "action": "actionName",
        "properties": "customProperties",
    },
}
"""For each operation, paths of the event and the matching paths in the body. Errors show the latter."""

_CRM_TYPES = {"deal": "opportunity", "opportunity": "opportunity", "account": "account"}
_NOUNS = {"Email": "email", "Chat": "chat message", "SMS": "sms", "SocialMedia": "social post"}
_VERBS = {"Inbound": "received", "Outbound": "sent"}
_ROLES = {"Sender": "sender", "Recipient": "recipients", "CC": "cc", "BCC": "bcc"}


def read_share(body: Body) -> dict[str, Any]:
    """Read the body of a share."""
    crm = get_object(body, "crmContext")
    record_type = _CRM_TYPES.get(crm.get("objectType", "").lower())
    record = (
        omit_empty(type=record_type, id=crm.get("objectId")) if record_type and crm.get("objectId") else None
    )
    unknown_record = (
        {} if record else omit_empty(crmObjectType=crm.get("objectType"), crmObjectId=crm.get("objectId"))
    )
    return omit_empty(
        type=EventType.CONTENT_SHARE,
        occurred_at=body["eventTimestamp"],
        content=_content(body, labels=[body["contentType"]] if "contentType" in body else None),
        share={
            "sharer": {"email": body["senderEmailAddress"]},
            "recipients": [{"email": email} for email in body.get("recipientEmailAddresses", [])],
        },
        person=record and {"company": {"crm": [record]}},
        properties=merge_properties(event=body.get("customProperties", {}), crm=unknown_record),
    )


def read_view(body: Body) -> dict[str, Any]:
    """Read the body of a view."""
    progress = _progress(body)
    extras = omit_empty(viewDuration=body.get("viewDuration"))
    if progress is None or "percentageViewed" in body:
        extras |= omit_empty(pagesViewed=body.get("pagesViewed"), totalPages=body.get("totalPages"))
    return omit_empty(
        type=EventType.CONTENT_VIEW,
        occurred_at=body["eventTimestamp"],
        content=_content(body, progress=progress, properties=extras),
        person={"email": body["viewerEmailAddress"]},
        properties=body.get("customProperties"),
    )


def read_action(body: Body) -> dict[str, Any]:
    """Read the body of a custom action."""
    action = omit_empty(target=body.get("targetEmailAddress"), details=body.get("actionDetails"))
    return omit_empty(
        type=EventType.CUSTOM,
        occurred_at=body["eventTimestamp"],
        action=body["actionName"],
        content={"title": body["actionName"]},
        person={"email": body["actorEmailAddress"]},
        properties=merge_properties(event=body.get("customProperties", {}), action=action),
    )


def read_interaction(body: Body) -> dict[str, Any]:
    """Read the body of an interaction.

    The event is about the buyer: the sender of an inbound message, or the first recipient of an outbound one.
    """
    buyer = _find_buyer(body)
    noun = _NOUNS.get(body["interactionType"], "interaction")
    return omit_empty(
        type=EventType.CUSTOM,
        occurred_at=body["timestamp"],
        action=f"{noun} {_VERBS.get(body.get('direction', ''), 'exchanged')}",
        content={"title": body.get("subject") or f"{noun} interaction"},
        person=omit_empty(email=buyer.get("emailAddress"), name=buyer.get("name")),
        workspace_id=body.get("workspaceId"),
        properties=_other_participants(body, buyer),
    )


def find_losses(body: Body) -> Iterator[Problem]:
    """Yield a warning for each part of the body that an event has no field for."""
    if "body" in body:
        yield dropped_warning(
            "body", "the text of a message should not be visible to every seller; Gong reads email itself"
        )


def use_gong_wording(call: Call) -> Call:
    """Adjust a digital interaction to Gong's own samples, in the two places that an event cannot express."""
    if call.operation is not Operation.DIGITAL_INTERACTION:
        return call
    content = call.body["content"]
    fields = [
        {**field, "dataType": "DURATION"} if field["name"] == "viewDuration" else field
        for field in content.get("contentCustomFields", [])
    ]
    changes = {
        "eventType": call.body["eventType"].lower(),
        "content": content | omit_empty(contentCustomFields=fields),
    }
    return replace(call, body={**call.body, **changes})


def _content(body: Body, **more: Any) -> dict[str, Any]:
    return omit_empty(title=body["contentTitle"], url=body.get("contentUrl"), **more)


def _progress(body: Body) -> dict[str, Any] | None:
    if "percentageViewed" in body:
        return {"kind": "percentage", "value": round(body["percentageViewed"])}
    if "pagesViewed" in body and body.get("totalPages"):
        return {"kind": "other", "from": 0, "to": body["totalPages"], "value": body["pagesViewed"]}
    return None


def _find_buyer(body: Body) -> Body:
    role = "Recipient" if body.get("direction") == "Outbound" else "Sender"
    candidates = [
        participant
        for participant in body["participants"]
        if participant.get("role", role) == role and participant.keys() & {"emailAddress", "name"}
    ]
    if candidates:
        best: Body = max(
            candidates, key=lambda participant: ("role" in participant, "emailAddress" in participant)
        )
        return best
    message = f"must have a {role} with emailAddress or name: Gong shows an interaction under its person"
    raise ValidationFailed([Problem("participants", ErrorCode.REQUIRED, message)])


def _other_participants(body: Body, buyer: Body) -> dict[str, str]:
    """Return the names of all other participants, by role."""
    names_by_role: dict[str, list[str]] = {}
    for participant in body["participants"]:
        name = participant.get("emailAddress") or participant.get("name")
        if name and participant != buyer:
            names_by_role.setdefault(_ROLES.get(participant.get("role"), "participants"), []).append(name)
    return {role: truncate(", ".join(names), TEXT_MAX) for role, names in names_by_role.items()}
