"""Bodies of Gong's own API as canonical events, for a destination that speaks another dialect."""

from collections.abc import Iterator, Mapping
from typing import Any

from relay.core.call import Operation
from relay.core.default_mapping.ids_and_titles import ACTION_PHRASES
from relay.core.default_mapping.losses import dropped_warning
from relay.core.default_mapping.properties import merge_properties, omit_empty
from relay.core.errors import Problem
from relay.core.event.model import EventType
from relay.core.gong.accessors import get_object, iter_objects

Body = Mapping[str, Any]

# A share is none: it needs recipients, whom a digital interaction has not.
_TYPES = {phrase: kind for kind, phrase in ACTION_PHRASES.items() if kind is not EventType.CONTENT_SHARE}

_ENGAGEMENT_PLACES = {
    "occurred_at": "eventTimestamp",
    "content.title": "contentTitle",
    "content.properties": "contentProperties",
    "properties": "eventProperties",
}
BODY_PATHS: Mapping[Operation, Mapping[str, str]] = {
    Operation.DIGITAL_INTERACTION: {
        "occurred_at": "timestamp",
        "content.title": "content.contentTitle",
        "content.properties": "content.contentCustomFields",
        "person.properties": "person.personCustomFields",
        "properties": "customFields",
    },
    Operation.CONTENT_SHARED: {
        **_ENGAGEMENT_PLACES,
        "share.recipients": "recipients",
        "action": "actionName",
    },
    Operation.CONTENT_VIEWED: {**_ENGAGEMENT_PLACES, "person": "viewer", "action": "viewActionTitle"},
    Operation.CUSTOM_ACTION: {**_ENGAGEMENT_PLACES, "person": "actor", "action": "actionName"},
}
"""Where the parts of an event stand in each body, so that an error names what its sender wrote."""


def parse_event_type(event_type: str) -> EventType:
    """What a digital interaction's eventType says, where it is one of Gong's own phrases."""
    return _TYPES.get(event_type.lower(), EventType.CUSTOM)


def read_interaction(body: Body) -> dict[str, Any]:
    return omit_empty(
        type=parse_event_type(body["eventType"]),
        occurred_at=body["timestamp"],
        action=body["eventType"],
        content=_content(body["content"]),
        person=_person(get_object(body, "person")),
        tracking_id=body.get("trackingId"),
        session_id=body.get("sessionId"),
        device=body.get("device"),
        properties=merge_properties(
            event=_named(body.get("customFields")),
            system=omit_empty(sourceSystemName=body.get("sourceSystemName")),
        ),
    )


def read_share(body: Body) -> dict[str, Any]:
    company = _crm(body.get("crmContext"))
    share = omit_empty(
        id=body.get("shareId"),
        sharer=_renamed(get_object(body, "sharer"), gong_user_id="id", email="email", name="name"),
        recipients=[
            _renamed(item, email="email", name="name") for _, item in iter_objects(body.get("recipients"))
        ],
        subject=body.get("sharingMessageSubject"),
        message=body.get("sharingMessageBody"),
    )
    event = _engagement(EventType.CONTENT_SHARE, body, title_key="actionName", info_key="shareInfoUrl")
    return event | omit_empty(share=share, person=company and {"company": {"crm": company}})


def read_view(body: Body) -> dict[str, Any]:
    event = _engagement(EventType.CONTENT_VIEW, body, title_key="viewActionTitle", info_key="viewInfoUrl")
    return event | omit_empty(
        person=_actor(get_object(body, "viewer"), body),
        tracking_id=body.get("trackingId"),
        share=omit_empty(id=body.get("shareId")),
    )


def read_action(body: Body) -> dict[str, Any]:
    event = _engagement(EventType.CUSTOM, body, title_key="actionName", info_key="eventInfoUrl")
    action = event.get("action", ACTION_PHRASES[EventType.CUSTOM])
    content = {"title": action} | event.get("content", {})
    return event | omit_empty(action=action, content=content, person=_actor(get_object(body, "actor"), body))


def find_losses(body: Body) -> Iterator[Problem]:
    """What an event has no place for: of a recipient all but name and address, of an actor all CRM records but one."""
    for place, recipient in iter_objects(body.get("recipients")):
        for key in sorted(recipient.keys() - {"email", "name"}):
            yield dropped_warning(
                f"recipients[{place}].{key}", "a recipient is known by name and address only"
            )
    for key in ("viewer", "actor"):
        if len(_crm(get_object(body, key).get("context"))) > 1:
            yield dropped_warning(f"{key}.context", "only the first of its records goes with a person")


def _engagement(kind: EventType, body: Body, *, title_key: str, info_key: str) -> dict[str, Any]:
    """What the three calls share."""
    content = _renamed(body, id="contentId", title="contentTitle", url="contentUrl", info_url=info_key)
    return omit_empty(
        type=kind,
        occurred_at=body["eventTimestamp"],
        action=body.get(title_key),
        content=content | omit_empty(properties=_named(body.get("contentProperties"))),
        user_agent=body.get("userAgent"),
        workspace_id=body.get("workspaceId"),
        properties=merge_properties(
            event=_named(body.get("eventProperties")),
            agent=_renamed(
                body,
                reportingSystem="reportingSystem",
                agentPlatform="agentPlatform",
                mobileAppId="mobileAppId",
            ),
        ),
    )


def _content(content: Body) -> dict[str, Any]:
    search = {"kind": "objectType", "name": "name", "domain": "domain", "id": "objectId", "url": "url"}
    return _renamed(
        content,
        id="contentId",
        title="contentTitle",
        labels="contentLabel",
        url="contentUrl",
        info_url="contentAdditionalInfoUrl",
    ) | omit_empty(
        progress=_numbers(get_object(content, "numericContentDetails")),
        step=_renamed(get_object(content, "stepContentDetails"), value="value", all="availableSteps"),
        search=_renamed(get_object(content, "searchObjectDetails"), **search),
        properties=_named(content.get("contentCustomFields")),
    )


def _numbers(details: Body) -> dict[str, Any]:
    names = {"value": "value", "from": "rangeFrom", "to": "rangeTo", "kind": "numericType"}
    return _renamed(details, **names)


def _person(person: Body) -> dict[str, Any]:
    company = get_object(person, "company")
    records = [
        _record(item, "systemName") for _, item in iter_objects(company.get("companyBusinessContexts"))
    ]
    own = get_object(person, "personBusinessContext")
    return _renamed(
        person, email="email", name="name", phone="phoneNumber", id="personId", location="location"
    ) | omit_empty(
        crm=own and _record(own, "systemName"),
        company=_renamed(company, id="companyId", name="name", domain="domain") | omit_empty(crm=records),
        properties=_named(person.get("personCustomFields")),
    )


def _actor(actor: Body, body: Body) -> dict[str, Any]:
    own, company = _crm(actor.get("context")), _crm(body.get("crmContext"))
    person = _renamed(actor, email="email", name="name", title="title")
    return person | omit_empty(crm=own[0] if own else None, company=omit_empty(crm=company)) if person else {}


def _crm(contexts: object) -> list[dict[str, Any]]:
    return list(_records(contexts))


def _records(contexts: object) -> Iterator[dict[str, Any]]:
    for _, context in iter_objects(contexts):
        for _, record in iter_objects(context.get("objects")):
            yield _record({**record, **context}, "system")


def _record(record: Body, system_key: str) -> dict[str, Any]:
    return _renamed(record, type="objectType", id="objectId", system=system_key)


def _named(fields: object) -> dict[str, str]:
    """Gong's lists of names and values. The catalogue has texts only, so that their types need no reading."""
    return {field["name"]: field["value"] for _, field in iter_objects(fields)}


def _renamed(part_: Body, **names: str) -> dict[str, Any]:
    """The keys that are there, under our names for them."""
    return omit_empty(**{ours: part_.get(theirs) for ours, theirs in names.items()})
