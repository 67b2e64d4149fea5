"""Maps an event to one of Gong's three engagement calls: content shared, content viewed, custom action."""

from collections.abc import Iterator, Mapping
from typing import Any

from relay.core.call import Call, Operation
from relay.core.default_mapping import properties
from relay.core.default_mapping.ids_and_titles import action_title, make_content_id
from relay.core.default_mapping.losses import dropped_warning, fallback_warning
from relay.core.default_mapping.people import EventPeople
from relay.core.default_mapping.properties import merge_properties, omit_empty, render_generic_properties
from relay.core.errors import Problem
from relay.core.event.event import Event
from relay.core.event.model import CrmRecord, EventType, Person, Properties, Sharer
from relay.core.gong.limits import CUSTOM_FIELDS_MAX
from relay.core.gong.problems import WarningCode
from relay.core.timestamps import format_timestamp

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
"""The call for each event type. No engagement call represents a product comparison."""

_CRM_SYSTEMS = {
    "salesforce": "Salesforce",
    "hubspot": "HubSpot",
    "microsoftdynamic": "MicrosoftDynamic",
    "microsoftdynamics": "MicrosoftDynamic",
    "generic": "Generic",
}


def find_obstacle(event: Event, people: EventPeople) -> Problem | None:
    """Return a warning if no engagement call can represent the event, or None."""
    path, reason = _find_obstacle(event, people)
    return fallback_warning(path, reason, Operation.DIGITAL_INTERACTION) if reason else None


def _find_obstacle(event: Event, people: EventPeople) -> tuple[str, str]:
    operation = OPERATIONS.get(event.type)
    if operation is None:
        return "type", f"no engagement call represents {event.type}"
    if operation is not Operation.CUSTOM_ACTION and not event.content.url:
        return "content.url", f"{operation} needs the URL of the content"
    if operation is Operation.CUSTOM_ACTION and event.tracking_id:
        return "tracking_id", f"{operation} needs a person"
    if not event.tracking_id and not all(person.email for person in people.persons):
        return "person.email", f"{operation} needs an email address"
    if (
        max(len(_collect_content_properties(event)), len(_collect_event_properties(event, people, operation)))
        > CUSTOM_FIELDS_MAX
    ):
        return "properties", f"{operation} accepts at most {CUSTOM_FIELDS_MAX} properties in total"
    return "", ""


def build_call(event: Event, people: EventPeople, *, event_id: str, system_name: str) -> Call:
    """Build the call of an event for which find_obstacle() returned None."""
    operation = OPERATIONS[event.type]
    content = event.content
    company = next((person.company for person in people.persons if person.company), None)
    body = omit_empty(
        reportingSystem=system_name,
        eventTimestamp=format_timestamp(event.occurred_at),
        eventId=event_id,
        contentId=make_content_id(content),
        contentUrl=content.url,
        contentTitle=content.title,
        crmContext=_render_crm_context(company.crm) if company else None,
        contentProperties=render_generic_properties(_collect_content_properties(event)),
        eventProperties=render_generic_properties(_collect_event_properties(event, people, operation)),
        workspaceId=event.workspace_id,
    )
    return Call(operation, event_id, body | _RENDERERS[operation](event, people))


def find_losses(event: Event, people: EventPeople) -> Iterator[Problem]:
    """Yield a warning for each part of the event that its engagement call leaves out or changes."""
    share = event.share
    if share and event.type is not EventType.CONTENT_SHARE:
        if share.message:
            yield dropped_warning("share.message", "only content-shared has a message")
        if share.recipients:
            yield dropped_warning("share.recipients", f"{event.type} is about the person who did it")
    search = event.content.search
    if search and search.url and not properties.url_within_limit(search.url):
        yield dropped_warning("content.search.url", "it is too long for a property")
    # Gong accepts four CRM systems here. Records of all others are sent as Generic.
    records = [record for person in people.persons for record in _iter_crm_records(person)]
    if any(
        _find_crm_system(record) == "Generic" and (record.system or "").lower() != "generic"
        for record in records
    ):
        message = "is not a CRM that Gong supports here, so its records are sent as Generic; if it is Salesforce, send Salesforce"
        yield Problem("person.crm.system", WarningCode.CRM_SYSTEM, message)


def _render_share(event: Event, people: EventPeople) -> dict[str, Any]:
    share = event.share
    return omit_empty(
        actionName=action_title(event),
        shareInfoUrl=event.content.info_url,
        shareId=share and share.id,
        sharingMessageSubject=share and share.subject,
        sharingMessageBody=share and share.message,
        sharer=share and share.sharer and _render_sharer(share.sharer),
        recipients=[_render_actor(person) for person in people.persons],
    )


def _render_view(event: Event, people: EventPeople) -> dict[str, Any]:
    return omit_empty(
        viewActionTitle=action_title(event),
        viewInfoUrl=event.content.info_url,
        shareId=event.share and event.share.id,
        viewer=people.single and _render_actor(people.single),
        trackingId=event.tracking_id,
        userAgent=event.user_agent,
    )


def _render_action(event: Event, people: EventPeople) -> dict[str, Any]:
    return omit_empty(
        actionName=action_title(event),
        eventInfoUrl=event.content.info_url,
        actor=people.single and _render_actor(people.single),
        userAgent=event.user_agent,
    )


_RENDERERS = {
    Operation.CONTENT_SHARED: _render_share,
    Operation.CONTENT_VIEWED: _render_view,
    Operation.CUSTOM_ACTION: _render_action,
}


def _collect_content_properties(event: Event) -> Properties:
    return merge_properties(
        properties=event.content.properties, content=properties.content_properties(event.content)
    )


def _collect_event_properties(event: Event, people: EventPeople, operation: Operation) -> Properties:
    is_share = operation is Operation.CONTENT_SHARED
    # content-shared has fields for the whole share, but none for the user agent. content-viewed has one for its id.
    share = properties.share_properties(event.share, with_id=operation is Operation.CUSTOM_ACTION)
    return merge_properties(
        event=event.properties,
        person=people.single.properties if people.single else {},
        person_details=properties.person_properties(people.single),
        visit=properties.visit_properties(event),
        agent=omit_empty(userAgent=event.user_agent) if is_share else {},
        share={} if is_share else share,
    )


def _render_sharer(sharer: Sharer) -> dict[str, Any]:
    return omit_empty(id=sharer.gong_user_id, email=sharer.email, name=sharer.name)


def _render_actor(person: Person) -> dict[str, Any]:
    return omit_empty(
        email=person.email,
        name=person.name,
        title=person.title,
        context=_render_crm_context((person.crm,)) if person.crm else None,
    )


def _render_crm_context(records: tuple[CrmRecord, ...]) -> list[dict[str, Any]]:
    """Group the records by CRM system, in the sender's order."""
    objects_by_system: dict[str, list[dict[str, str]]] = {}
    for record in records:
        objects_by_system.setdefault(_find_crm_system(record), []).append(
            {"objectType": record.type.title(), "objectId": record.id}
        )
    return [{"system": system, "objects": objects} for system, objects in objects_by_system.items()]


def _iter_crm_records(person: Person) -> Iterator[CrmRecord]:
    if person.crm:
        yield person.crm
    if person.company:
        yield from person.company.crm


def _find_crm_system(record: CrmRecord) -> str:
    return _CRM_SYSTEMS.get((record.system or "").replace(" ", "").lower(), "Generic")
