"""Converts bodies of Gong's own API to canonical events, for a destination that uses another dialect."""

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

# Not content_share: it needs recipients, and a digital interaction has none.
_TYPES_BY_PHRASE = {
    phrase: event_type
    for event_type, phrase in ACTION_PHRASES.items()
    if event_type is not EventType.CONTENT_SHARE
}

_ENGAGEMENT_PATHS = {
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
        **_ENGAGEMENT_PATHS,
        "share.recipients": "recipients",
        "action": "actionName",
    },
    Operation.CONTENT_VIEWED: {**_ENGAGEMENT_PATHS, "person": "viewer", "action": "viewActionTitle"},
    Operation.CUSTOM_ACTION: {**_ENGAGEMENT_PATHS, "person": "actor", "action": "actionName"},
}
"""For each operation, paths of the event and the matching paths in the body. Errors show the latter."""


def parse_event_type(event_type: str) -> EventType:
    """Return the type for one of Gong's own phrases, or `custom` for any other."""
    return _TYPES_BY_PHRASE.get(event_type.lower(), EventType.CUSTOM)


def read_interaction(body: Body) -> dict[str, Any]:
    """Read the body of a digital interaction."""
    return omit_empty(
        type=parse_event_type(body["eventType"]),
        occurred_at=body["timestamp"],
        action=body["eventType"],
        content=_read_content(body["content"]),
        person=_read_person(get_object(body, "person")),
        tracking_id=body.get("trackingId"),
        session_id=body.get("sessionId"),
        device=body.get("device"),
        properties=merge_properties(
            event=_read_properties(body.get("customFields")),
            system=omit_empty(sourceSystemName=body.get("sourceSystemName")),
        ),
    )


def read_share(body: Body) -> dict[str, Any]:
    """Read the body of content-shared."""
    company_records = _read_crm_records(body.get("crmContext"))
    share = omit_empty(
        id=body.get("shareId"),
        sharer=_rename_keys(get_object(body, "sharer"), gong_user_id="id", email="email", name="name"),
        recipients=[
            _rename_keys(item, email="email", name="name") for _, item in iter_objects(body.get("recipients"))
        ],
        subject=body.get("sharingMessageSubject"),
        message=body.get("sharingMessageBody"),
    )
    event = _read_engagement(EventType.CONTENT_SHARE, body, title_key="actionName", info_key="shareInfoUrl")
    return event | omit_empty(share=share, person=company_records and {"company": {"crm": company_records}})


def read_view(body: Body) -> dict[str, Any]:
    """Read the body of content-viewed."""
    event = _read_engagement(
        EventType.CONTENT_VIEW, body, title_key="viewActionTitle", info_key="viewInfoUrl"
    )
    return event | omit_empty(
        person=_read_actor(get_object(body, "viewer"), body),
        tracking_id=body.get("trackingId"),
        share=omit_empty(id=body.get("shareId")),
    )


def read_action(body: Body) -> dict[str, Any]:
    """Read the body of custom-action."""
    event = _read_engagement(EventType.CUSTOM, body, title_key="actionName", info_key="eventInfoUrl")
    action = event.get("action", ACTION_PHRASES[EventType.CUSTOM])
    content = {"title": action} | event.get("content", {})
    return event | omit_empty(
        action=action, content=content, person=_read_actor(get_object(body, "actor"), body)
    )


def find_losses(body: Body) -> Iterator[Problem]:
    """Yield a warning for each part of the body that an event has no field for."""
    for index, recipient in iter_objects(body.get("recipients")):
        for key in sorted(recipient.keys() - {"email", "name"}):
            yield dropped_warning(
                f"recipients[{index}].{key}", "a recipient has only a name and an email address"
            )
    for key in ("viewer", "actor"):
        if len(_read_crm_records(get_object(body, key).get("context"))) > 1:
            yield dropped_warning(f"{key}.context", "a person has one CRM record; the first is sent")


def _read_engagement(kind: EventType, body: Body, *, title_key: str, info_key: str) -> dict[str, Any]:
    """Read the keys that all three engagement calls have."""
    content = _rename_keys(body, id="contentId", title="contentTitle", url="contentUrl", info_url=info_key)
    return omit_empty(
        type=kind,
        occurred_at=body["eventTimestamp"],
        action=body.get(title_key),
        content=content | omit_empty(properties=_read_properties(body.get("contentProperties"))),
        user_agent=body.get("userAgent"),
        workspace_id=body.get("workspaceId"),
        properties=merge_properties(
            event=_read_properties(body.get("eventProperties")),
            agent=_rename_keys(
                body,
                reportingSystem="reportingSystem",
                agentPlatform="agentPlatform",
                mobileAppId="mobileAppId",
            ),
        ),
    )


def _read_content(content: Body) -> dict[str, Any]:
    search = {"kind": "objectType", "name": "name", "domain": "domain", "id": "objectId", "url": "url"}
    return _rename_keys(
        content,
        id="contentId",
        title="contentTitle",
        labels="contentLabel",
        url="contentUrl",
        info_url="contentAdditionalInfoUrl",
    ) | omit_empty(
        progress=_read_progress(get_object(content, "numericContentDetails")),
        step=_rename_keys(get_object(content, "stepContentDetails"), value="value", all="availableSteps"),
        search=_rename_keys(get_object(content, "searchObjectDetails"), **search),
        properties=_read_properties(content.get("contentCustomFields")),
    )


def _read_progress(details: Body) -> dict[str, Any]:
    names = {"value": "value", "from": "rangeFrom", "to": "rangeTo", "kind": "numericType"}
    return _rename_keys(details, **names)


def _read_person(person: Body) -> dict[str, Any]:
    company = get_object(person, "company")
    records = [
        _read_record(item, "systemName") for _, item in iter_objects(company.get("companyBusinessContexts"))
    ]
    own = get_object(person, "personBusinessContext")
    return _rename_keys(
        person, email="email", name="name", phone="phoneNumber", id="personId", location="location"
    ) | omit_empty(
        crm=own and _read_record(own, "systemName"),
        company=_rename_keys(company, id="companyId", name="name", domain="domain") | omit_empty(crm=records),
        properties=_read_properties(person.get("personCustomFields")),
    )


def _read_actor(actor: Body, body: Body) -> dict[str, Any]:
    own, company = _read_crm_records(actor.get("context")), _read_crm_records(body.get("crmContext"))
    person = _rename_keys(actor, email="email", name="name", title="title")
    return person | omit_empty(crm=own[0] if own else None, company=omit_empty(crm=company)) if person else {}


def _read_crm_records(contexts: object) -> list[dict[str, Any]]:
    return list(_iter_crm_records(contexts))


def _iter_crm_records(contexts: object) -> Iterator[dict[str, Any]]:
    for _, context in iter_objects(contexts):
        for _, record in iter_objects(context.get("objects")):
            yield _read_record({**record, **context}, "system")


def _read_record(record: Body, system_key: str) -> dict[str, Any]:
    return _rename_keys(record, type="objectType", id="objectId", system=system_key)


def _read_properties(fields: object) -> dict[str, str]:
    """Read a list of names and values."""
    # The types are ignored: the catalog dialect has only strings.
    return {field["name"]: field["value"] for _, field in iter_objects(fields)}


def _rename_keys(body: Body, **names: str) -> dict[str, Any]:
    """Return the values of the keys that are present, under the event's names."""
    return omit_empty(**{event_key: body.get(gong_key) for event_key, gong_key in names.items()})
