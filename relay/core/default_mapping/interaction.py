"""Maps an event to Gong's digital interaction: what a person, or a tracking id, did with some content."""

from collections.abc import Iterator
from typing import Any

from relay.core.call import Call, Operation
from relay.core.default_mapping.ids_and_titles import action_phrase, make_recipient_event_id
from relay.core.default_mapping.losses import dropped_warning
from relay.core.default_mapping.people import EventPeople, unique_recipients
from relay.core.default_mapping.properties import (
    merge_properties,
    omit_empty,
    render_custom_fields,
    share_properties,
)
from relay.core.errors import Problem
from relay.core.event.event import Event
from relay.core.event.model import (
    Company,
    Content,
    CrmRecord,
    EventType,
    Location,
    Person,
    Progress,
    Search,
    Step,
)
from relay.core.timestamps import format_timestamp


def build_calls(event: Event, people: EventPeople, *, event_id: str, system_name: str) -> tuple[Call, ...]:
    """Build the call. A share becomes one call per recipient, because a digital interaction has one person and no sharer."""
    if event.type is not EventType.CONTENT_SHARE:
        return (_build_call(event, people.single, event_id=event_id, system_name=system_name),)
    # Count the internal recipients, too: the ids must not change when internal_domains does.
    if len(unique_recipients(event)) == 1:
        return (_build_call(event, people.persons[0], event_id=event_id, system_name=system_name),)
    return tuple(
        _build_call(
            event,
            person,
            event_id=make_recipient_event_id(event_id, person.email or ""),
            system_name=system_name,
        )
        for person in people.persons
    )


def find_losses(event: Event) -> Iterator[Problem]:
    """Yield a warning for each part of the event that a digital interaction leaves out."""
    if event.workspace_id:
        yield dropped_warning("workspace_id", "a digital interaction has no workspace")
    if event.share and event.share.message:
        yield dropped_warning("share.message", "a digital interaction has no field for a message")
    if event.share and event.share.recipients and event.type is not EventType.CONTENT_SHARE:
        yield dropped_warning("share.recipients", f"{event.type} is about the person who did it")


def _build_call(event: Event, person: Person | None, *, event_id: str, system_name: str) -> Call:
    extras = merge_properties(
        event=event.properties,
        share=share_properties(event.share),
        visit=omit_empty(userAgent=event.user_agent),
    )
    body = omit_empty(
        eventId=event_id,
        timestamp=format_timestamp(event.occurred_at),
        eventType=action_phrase(event),
        sourceSystemName=system_name,
        sessionId=event.session_id,
        device=event.device and event.device.upper(),
        content=_render_content(event.content),
        person=person and _render_person(person),
        trackingId=event.tracking_id,
        customFields=render_custom_fields(extras),
    )
    return Call(Operation.DIGITAL_INTERACTION, event_id, body)


def _render_content(content: Content) -> dict[str, Any]:
    return omit_empty(
        contentId=content.id,
        contentTitle=content.title,
        contentLabel=list(content.labels),
        contentUrl=content.url,
        contentAdditionalInfoUrl=content.info_url,
        numericContentDetails=content.progress and _render_progress(content.progress),
        stepContentDetails=content.step and _render_step(content.step),
        searchObjectDetails=content.search and _render_search(content.search),
        contentCustomFields=render_custom_fields(content.properties),
    )


def _render_progress(progress: Progress) -> dict[str, Any]:
    return omit_empty(
        value=progress.value,
        rangeFrom=progress.low,
        rangeTo=progress.high,
        numericType=progress.kind and progress.kind.upper(),
    )


def _render_step(step: Step) -> dict[str, Any]:
    return {"value": step.value, "availableSteps": list(step.steps)}


def _render_search(search: Search) -> dict[str, Any]:
    return omit_empty(
        name=search.name,
        objectType=search.kind.upper(),
        domain=search.domain,
        objectId=search.id,
        url=search.url,
    )


def _render_person(person: Person) -> dict[str, Any]:
    return omit_empty(
        name=person.name,
        email=person.email,
        phoneNumber=person.phone,
        personId=person.id,
        personBusinessContext=person.crm and _render_crm_record(person.crm),
        location=person.location and _render_location(person.location),
        company=person.company and _render_company(person.company),
        personCustomFields=render_custom_fields(
            merge_properties(person=person.properties, job=omit_empty(title=person.title))
        ),
    )


def _render_crm_record(record: CrmRecord) -> dict[str, Any]:
    return omit_empty(objectType=record.type.upper(), objectId=record.id, systemName=record.system)


def _render_location(location: Location) -> dict[str, Any]:
    return omit_empty(
        country=location.country, state=location.state, region=location.region, city=location.city
    )


def _render_company(company: Company) -> dict[str, Any]:
    return omit_empty(
        companyId=company.id,
        name=company.name,
        domain=company.domain,
        companyBusinessContexts=[_render_crm_record(record) for record in company.crm],
    )
