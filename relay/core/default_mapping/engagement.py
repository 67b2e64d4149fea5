"""An event as one of Gong's three engagement calls: content shared, content viewed, custom action."""

from collections.abc import Iterator, Mapping
from typing import Any

from relay.core.call import Call, Operation
from relay.core.default_mapping import properties
from relay.core.default_mapping.ids_and_titles import content_id_of, title_of
from relay.core.default_mapping.losses import dropped, fallback
from relay.core.default_mapping.people import People
from relay.core.default_mapping.properties import gathered, generic_properties, told
from relay.core.errors import Problem
from relay.core.event.event import Event
from relay.core.event.model import CrmRecord, EventType, Person, Properties, Sharer
from relay.core.gong.limits import CUSTOM_FIELDS_MAX
from relay.core.gong.problems import WarningCode
from relay.core.timestamps import render_instant

OPERATIONS: Mapping[EventType, Operation] = {
    EventType.CONTENT_SHARE: Operation.CONTENT_SHARED,
    EventType.PAGE_VIEW: Operation.CONTENT_VIEWED,
    EventType.CONTENT_VIEW: Operation.CONTENT_VIEWED,
    EventType.VIDEO_WATCH: Operation.CONTENT_VIEWED,
    EventType.LINK_CLICK: Operation.CUSTOM_ACTION,
    EventType.CUSTOM: Operation.CUSTOM_ACTION,
    EventType.DOCUMENT_SIGN: Operation.CUSTOM_ACTION,
    EventType.FORM_SUBMIT: Operation.CUSTOM_ACTION,
    EventType.SURVEY_ANSWER: Operation.CUSTOM_ACTION,
    EventType.COURSE_STEP: Operation.CUSTOM_ACTION,
}
"""What each type becomes. Nothing compares products here."""

_SYSTEMS = {
    "salesforce": "Salesforce",
    "hubspot": "HubSpot",
    "microsoftdynamic": "MicrosoftDynamic",
    "microsoftdynamics": "MicrosoftDynamic",
    "generic": "Generic",
}


def obstacle(event: Event, people: People) -> Problem | None:
    """Why this event goes as a digital interaction, if no engagement call can say it."""
    path, why = _obstacle(event, people)
    return fallback(path, why, Operation.DIGITAL_INTERACTION) if why else None


def _obstacle(event: Event, people: People) -> tuple[str, str]:
    operation = OPERATIONS.get(event.type)
    if operation is None:
        return "type", f"no engagement call says {event.type}"
    if operation is not Operation.CUSTOM_ACTION and not event.content.url:
        return "content.url", f"{operation} needs the URL of the content"
    if operation is Operation.CUSTOM_ACTION and event.tracking_id:
        return "tracking_id", f"{operation} needs a person"
    if not event.tracking_id and not all(person.email for person in people.known):
        return "person.email", f"{operation} needs an e-mail address"
    if (
        max(len(_content_properties(event)), len(_event_properties(event, people, operation)))
        > CUSTOM_FIELDS_MAX
    ):
        return "properties", f"{operation} takes at most {CUSTOM_FIELDS_MAX} properties of all kinds together"
    return "", ""


def engagement(event: Event, people: People, *, event_id: str, system_name: str) -> Call:
    """The one call, for an event without an obstacle."""
    operation = OPERATIONS[event.type]
    content = event.content
    company = next((person.company for person in people.known if person.company), None)
    body = told(
        reportingSystem=system_name,
        eventTimestamp=render_instant(event.occurred_at),
        eventId=event_id,
        contentId=content_id_of(content),
        contentUrl=content.url,
        contentTitle=content.title,
        crmContext=_contexts(company.crm) if company else None,
        contentProperties=generic_properties(_content_properties(event)),
        eventProperties=generic_properties(_event_properties(event, people, operation)),
        workspaceId=event.workspace_id,
    )
    return Call(operation, event_id, body | _OWN[operation](event, people))


def losses(event: Event, people: People) -> Iterator[Problem]:
    """What this event's engagement call cannot say, or says otherwise."""
    share = event.share
    if share and event.type is not EventType.CONTENT_SHARE:
        if share.message:
            yield dropped("share.message", "only content-shared has a message")
        if share.recipients:
            yield dropped("share.recipients", f"{event.type} is about the one who did it")
    search = event.content.search
    if search and search.url and not properties.fitting(search.url):
        yield dropped("content.search.url", "it is longer than a property may be")
    records = [record for person in people.known for record in _records(person)]
    if any(_system(record) == "Generic" and (record.system or "").lower() != "generic" for record in records):
        message = (
            "names no CRM that Gong knows here, so that its records are sent as Generic; send Salesforce"
        )
        yield Problem("person.crm.system", WarningCode.CRM_SYSTEM, message)


def _shared(event: Event, people: People) -> dict[str, Any]:
    share = event.share
    return told(
        actionName=title_of(event),
        shareInfoUrl=event.content.info_url,
        shareId=share and share.id,
        sharingMessageSubject=share and share.subject,
        sharingMessageBody=share and share.message,
        sharer=share and share.sharer and _sharer(share.sharer),
        recipients=[_actor(person) for person in people.known],
    )


def _viewed(event: Event, people: People) -> dict[str, Any]:
    return told(
        viewActionTitle=title_of(event),
        viewInfoUrl=event.content.info_url,
        shareId=event.share and event.share.id,
        viewer=people.only and _actor(people.only),
        trackingId=event.tracking_id,
        userAgent=event.user_agent,
    )


def _acted(event: Event, people: People) -> dict[str, Any]:
    return told(
        actionName=title_of(event),
        eventInfoUrl=event.content.info_url,
        actor=people.only and _actor(people.only),
        userAgent=event.user_agent,
    )


_OWN = {
    Operation.CONTENT_SHARED: _shared,
    Operation.CONTENT_VIEWED: _viewed,
    Operation.CUSTOM_ACTION: _acted,
}


def _content_properties(event: Event) -> Properties:
    return gathered(properties=event.content.properties, content=properties.of_content(event.content))


def _event_properties(event: Event, people: People, operation: Operation) -> Properties:
    shared = operation is Operation.CONTENT_SHARED
    share = properties.of_share(event.share, with_id=operation is Operation.CUSTOM_ACTION)
    return gathered(
        event=event.properties,
        person=people.only.properties if people.only else {},
        of_person=properties.of_person(people.only),
        visit=properties.of_visit(event),
        agent=told(userAgent=event.user_agent) if shared else {},
        share={} if shared else share,
    )


def _sharer(sharer: Sharer) -> dict[str, Any]:
    return told(id=sharer.gong_user_id, email=sharer.email, name=sharer.name)


def _actor(person: Person) -> dict[str, Any]:
    return told(
        email=person.email,
        name=person.name,
        title=person.title,
        context=_contexts((person.crm,)) if person.crm else None,
    )


def _contexts(records: tuple[CrmRecord, ...]) -> list[dict[str, Any]]:
    """Grouped by system, in the order told."""
    grouped: dict[str, list[dict[str, str]]] = {}
    for record in records:
        grouped.setdefault(_system(record), []).append(
            {"objectType": record.type.title(), "objectId": record.id}
        )
    return [{"system": system, "objects": objects} for system, objects in grouped.items()]


def _records(person: Person) -> Iterator[CrmRecord]:
    if person.crm:
        yield person.crm
    if person.company:
        yield from person.company.crm


def _system(record: CrmRecord) -> str:
    return _SYSTEMS.get((record.system or "").replace(" ", "").lower(), "Generic")
