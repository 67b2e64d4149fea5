"""Bodies of the catalogue dialect as canonical events, for a destination that speaks Gong's own."""

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
"""Where the parts of an event stand in each body, so that an error names what its sender wrote."""

_CRM_TYPES = {"deal": "opportunity", "opportunity": "opportunity", "account": "account"}
_NOUNS = {"Email": "email", "Chat": "chat message", "SMS": "sms", "SocialMedia": "social post"}
_VERBS = {"Inbound": "received", "Outbound": "sent"}
_ROLES = {"Sender": "sender", "Recipient": "recipients", "CC": "cc", "BCC": "bcc"}


def read_share(body: Body) -> dict[str, Any]:
    crm = get_object(body, "crmContext")
    kind = _CRM_TYPES.get(crm.get("objectType", "").lower())
    record = omit_empty(type=kind, id=crm.get("objectId")) if kind and crm.get("objectId") else None
    unread = (
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
        properties=merge_properties(event=body.get("customProperties", {}), crm=unread),
    )


def read_view(body: Body) -> dict[str, Any]:
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
    own = omit_empty(target=body.get("targetEmailAddress"), details=body.get("actionDetails"))
    return omit_empty(
        type=EventType.CUSTOM,
        occurred_at=body["eventTimestamp"],
        action=body["actionName"],
        content={"title": body["actionName"]},
        person={"email": body["actorEmailAddress"]},
        properties=merge_properties(event=body.get("customProperties", {}), action=own),
    )


def read_interaction(body: Body) -> dict[str, Any]:
    """Whoever is on the buyer's side did it: the sender of what came in, the first recipient of what went out."""
    who = _buyer(body)
    noun = _NOUNS.get(body["interactionType"], "interaction")
    return omit_empty(
        type=EventType.CUSTOM,
        occurred_at=body["timestamp"],
        action=f"{noun} {_VERBS.get(body.get('direction', ''), 'exchanged')}",
        content={"title": body.get("subject") or f"{noun} interaction"},
        person=omit_empty(email=who.get("emailAddress"), name=who.get("name")),
        workspace_id=body.get("workspaceId"),
        properties=_others(body, who),
    )


def find_losses(body: Body) -> Iterator[Problem]:
    """What an event has no place for."""
    if "body" in body:
        yield dropped_warning(
            "body", "the text of a message is not shown to every seller; Gong reads mail by itself"
        )


def use_gong_wording(call: Call) -> Call:
    """A digital interaction as Gong's own samples write it, where an event cannot say so."""
    if call.operation is not Operation.DIGITAL_INTERACTION:
        return call
    content = call.body["content"]
    fields = [
        {**field, "dataType": "DURATION"} if field["name"] == "viewDuration" else field
        for field in content.get("contentCustomFields", [])
    ]
    words = {
        "eventType": call.body["eventType"].lower(),
        "content": content | omit_empty(contentCustomFields=fields),
    }
    return replace(call, body={**call.body, **words})


def _content(body: Body, **more: Any) -> dict[str, Any]:
    return omit_empty(title=body["contentTitle"], url=body.get("contentUrl"), **more)


def _progress(body: Body) -> dict[str, Any] | None:
    if "percentageViewed" in body:
        return {"kind": "percentage", "value": round(body["percentageViewed"])}
    if "pagesViewed" in body and body.get("totalPages"):
        return {"kind": "other", "from": 0, "to": body["totalPages"], "value": body["pagesViewed"]}
    return None


def _buyer(body: Body) -> Body:
    role = "Recipient" if body.get("direction") == "Outbound" else "Sender"
    able = [
        participant
        for participant in body["participants"]
        if participant.get("role", role) == role and participant.keys() & {"emailAddress", "name"}
    ]
    if able:
        best: Body = max(able, key=lambda participant: ("role" in participant, "emailAddress" in participant))
        return best
    message = f"must hold a {role} with emailAddress or name: Gong shows an interaction by the person"
    raise ValidationFailed([Problem("participants", ErrorCode.REQUIRED, message)])


def _others(body: Body, who: Body) -> dict[str, str]:
    """Everybody else, by role."""
    named: dict[str, list[str]] = {}
    for participant in body["participants"]:
        name = participant.get("emailAddress") or participant.get("name")
        if name and participant != who:
            named.setdefault(_ROLES.get(participant.get("role"), "participants"), []).append(name)
    return {role: truncate(", ".join(names), TEXT_MAX) for role, names in named.items()}
