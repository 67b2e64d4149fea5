"""An event as Gong's digital interaction: what one person, or one tracking id, did with some content."""

from collections.abc import Iterator
from typing import Any

from relay.core.call import Call, Operation
from relay.core.default_mapping.ids_and_titles import phrase_of, recipient_event_id
from relay.core.default_mapping.losses import dropped
from relay.core.default_mapping.people import People, unique_recipients
from relay.core.default_mapping.properties import custom_fields, gathered, of_share, told
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
from relay.core.timestamps import render_instant


def interactions(event: Event, people: People, *, event_id: str, system_name: str) -> tuple[Call, ...]:
    """One call, or for a share one for each recipient: a digital interaction has one person and no sharer."""
    if event.type is not EventType.CONTENT_SHARE:
        return (_call(event, people.only, event_id=event_id, system_name=system_name),)
    if len(unique_recipients(event)) == 1:
        return (_call(event, people.known[0], event_id=event_id, system_name=system_name),)
    return tuple(
        _call(
            event, person, event_id=recipient_event_id(event_id, person.email or ""), system_name=system_name
        )
        for person in people.known
    )


def losses(event: Event) -> Iterator[Problem]:
    """What a digital interaction cannot say."""
    if event.workspace_id:
        yield dropped("workspace_id", "a digital interaction has no workspace")
    if event.share and event.share.message:
        yield dropped("share.message", "a digital interaction has no place for a message")
    if event.share and event.share.recipients and event.type is not EventType.CONTENT_SHARE:
        yield dropped("share.recipients", f"{event.type} is about the one who did it")


def _call(event: Event, person: Person | None, *, event_id: str, system_name: str) -> Call:
    extras = gathered(
        event=event.properties, share=of_share(event.share), visit=told(userAgent=event.user_agent)
    )
    body = told(
        eventId=event_id,
        timestamp=render_instant(event.occurred_at),
        eventType=phrase_of(event),
        sourceSystemName=system_name,
        sessionId=event.session_id,
        device=event.device and event.device.upper(),
        content=_content(event.content),
        person=person and _person(person),
        trackingId=event.tracking_id,
        customFields=custom_fields(extras),
    )
    return Call(Operation.DIGITAL_INTERACTION, event_id, body)


def _content(content: Content) -> dict[str, Any]:
    return told(
        contentId=content.id,
        contentTitle=content.title,
        contentLabel=list(content.labels),
        contentUrl=content.url,
        contentAdditionalInfoUrl=content.info_url,
        numericContentDetails=content.progress and _numeric(content.progress),
        stepContentDetails=content.step and _step(content.step),
        searchObjectDetails=content.search and _search(content.search),
        contentCustomFields=custom_fields(content.properties),
    )


def _numeric(progress: Progress) -> dict[str, Any]:
    return told(
        value=progress.value,
        rangeFrom=progress.low,
        rangeTo=progress.high,
        numericType=progress.kind and progress.kind.upper(),
    )


def _step(step: Step) -> dict[str, Any]:
    return {"value": step.value, "availableSteps": list(step.steps)}


def _search(search: Search) -> dict[str, Any]:
    return told(
        name=search.name,
        objectType=search.kind.upper(),
        domain=search.domain,
        objectId=search.id,
        url=search.url,
    )


def _person(person: Person) -> dict[str, Any]:
    return told(
        name=person.name,
        email=person.email,
        phoneNumber=person.phone,
        personId=person.id,
        personBusinessContext=person.crm and _crm(person.crm),
        location=person.location and _location(person.location),
        company=person.company and _company(person.company),
        personCustomFields=custom_fields(gathered(person=person.properties, job=told(title=person.title))),
    )


def _crm(record: CrmRecord) -> dict[str, Any]:
    return told(objectType=record.type.upper(), objectId=record.id, systemName=record.system)


def _location(location: Location) -> dict[str, Any]:
    return told(country=location.country, state=location.state, region=location.region, city=location.city)


def _company(company: Company) -> dict[str, Any]:
    return told(
        companyId=company.id,
        name=company.name,
        domain=company.domain,
        companyBusinessContexts=[_crm(record) for record in company.crm],
    )
