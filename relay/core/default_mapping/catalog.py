"""An event as the catalogue dialect says it: a third party's description of Gong that some gateways follow."""

from collections.abc import Iterator, Mapping
from typing import Any

from relay.core.call import Call, Operation
from relay.core.default_mapping import properties
from relay.core.default_mapping.engagement import OPERATIONS
from relay.core.default_mapping.ids_and_titles import phrase_of, title_of
from relay.core.default_mapping.losses import all_dropped, dropped, fallback
from relay.core.default_mapping.people import People
from relay.core.default_mapping.properties import gathered, text_map, told
from relay.core.errors import Problem
from relay.core.event.event import Event
from relay.core.event.model import Company, CrmRecord, EventType, Person, Properties
from relay.core.gong.limits import CUSTOM_FIELDS_MAX
from relay.core.timestamps import render_instant

_TWINS: Mapping[Operation, Operation] = {
    Operation.CONTENT_SHARED: Operation.CATALOG_SHARE,
    Operation.CONTENT_VIEWED: Operation.CATALOG_VIEW,
    Operation.CUSTOM_ACTION: Operation.CATALOG_ACTION,
}
_CRM_TYPES = {"opportunity": "Deal", "account": "Account"}


def obstacle(event: Event, people: People) -> Problem | None:
    """Why this event goes as an interaction, if no engagement call of this dialect can say it."""
    path, why = _obstacle(event, people)
    return fallback(path, why, Operation.CATALOG_INTERACTION) if why else None


def _obstacle(event: Event, people: People) -> tuple[str, str]:
    if event.type not in OPERATIONS:
        return "type", f"no engagement call says {event.type}"
    operation = _TWINS[OPERATIONS[event.type]]
    if operation is Operation.CATALOG_SHARE and not _sharer_email(event):
        return "share.sharer.email", f"{operation} needs the sharer's e-mail address"
    if operation is not Operation.CATALOG_SHARE and not (people.only and people.only.email):
        return "person.email", f"{operation} needs an e-mail address"
    if len(_properties(event, people, event_id="")) > CUSTOM_FIELDS_MAX:
        return "properties", f"{operation} takes at most {CUSTOM_FIELDS_MAX} properties of all kinds together"
    return "", ""


def engagement(event: Event, people: People, *, event_id: str) -> Call:
    """The one call, for an event without an obstacle. The dialect has no event id there, so it is a property."""
    operation = _TWINS[OPERATIONS[event.type]]
    body = told(
        eventTimestamp=render_instant(event.occurred_at),
        customProperties=text_map(_properties(event, people, event_id=event_id)),
    )
    return Call(operation, event_id, body | _OWN[operation](event, people))


def interaction(event: Event, people: People, *, event_id: str) -> Call:
    """Mail-shaped: a subject and participants. Needs somebody's e-mail address."""
    shared = event.type is EventType.CONTENT_SHARE
    body = told(
        interactionType="Other",
        subject=f"{phrase_of(event)}: {event.content.title}",
        timestamp=render_instant(event.occurred_at),
        direction="Outbound" if shared else "Inbound",
        participants=_participants(event, people),
        workspaceId=event.workspace_id,
        clientUniqueId=event_id,
    )
    return Call(Operation.CATALOG_INTERACTION, event_id, body)


def engagement_losses(event: Event, people: People) -> Iterator[Problem]:
    if event.share and event.share.message:
        yield dropped("share.message", "the catalogue dialect has no place for a message")
    if event.share and event.share.recipients and event.type is not EventType.CONTENT_SHARE:
        yield dropped("share.recipients", f"{event.type} is about the one who did it")
    for path, url in _urls(event):
        if url and not properties.fitting(url):
            yield dropped(path, "it is longer than a property may be")
    if len(people.known) > 1:
        for person in people.known:
            yield from all_dropped("person", person, "a share names addresses only", but=("email", "company"))


def interaction_losses(event: Event, people: People) -> Iterator[Problem]:
    why = "the catalogue's interaction has no place for it"
    yield from all_dropped("content", event.content, why, but=("title",))
    for person in people.known:
        yield from all_dropped("person", person, why, but=("email", "name"))
    said = ("sharer", "recipients") if event.type is EventType.CONTENT_SHARE else ()
    yield from all_dropped("share", event.share, why, but=said)
    for name in ("session_id", "device", "user_agent", "properties"):
        if getattr(event, name):
            yield dropped(name, why)


def _shared(event: Event, people: People) -> dict[str, Any]:
    company = _company(people)
    return told(
        contentTitle=event.content.title,
        contentUrl=event.content.url,
        senderEmailAddress=_sharer_email(event),
        recipientEmailAddresses=[person.email for person in people.known],
        contentType=event.content.labels[0] if event.content.labels else None,
        crmContext=_crm_context(company.crm) if company else None,
    )


def _viewed(event: Event, people: People) -> dict[str, Any]:
    progress = event.content.progress
    return told(
        contentTitle=event.content.title,
        contentUrl=event.content.url,
        viewerEmailAddress=people.known[0].email,
        percentageViewed=progress.value if progress and progress.kind == "percentage" else None,
    )


def _acted(event: Event, people: People) -> dict[str, Any]:
    return told(
        actionName=title_of(event),
        actorEmailAddress=people.known[0].email,
        actionDetails=event.content.title,
    )


_OWN = {
    Operation.CATALOG_SHARE: _shared,
    Operation.CATALOG_VIEW: _viewed,
    Operation.CATALOG_ACTION: _acted,
}


def _properties(event: Event, people: People, *, event_id: str) -> Properties:
    """Everything that these small bodies have no field for."""
    content, person = event.content, people.only
    is_action = OPERATIONS[event.type] is Operation.CUSTOM_ACTION
    return gathered(
        event=event.properties,
        content=content.properties,
        person=person.properties if person else {},
        identity=told(eventId=event_id, action=None if is_action else event.action),
        of_content=properties.of_content(content),
        links=told(
            contentId=content.id,
            contentUrl=properties.fitting(content.url) if is_action else None,
            contentInfoUrl=properties.fitting(content.info_url),
        ),
        of_person=properties.of_person(person),
        names=told(personName=person.name, personTitle=person.title) if person else {},
        crm=properties.of_crm(_records(people)),
        visit=properties.of_visit(event),
        agent=told(userAgent=event.user_agent, workspaceId=event.workspace_id),
        share=properties.of_share(event.share),
    )


def _urls(event: Event) -> Iterator[tuple[str, str | None]]:
    """The URLs that become properties."""
    yield "content.info_url", event.content.info_url
    if event.content.search:
        yield "content.search.url", event.content.search.url
    if OPERATIONS[event.type] is Operation.CUSTOM_ACTION:
        yield "content.url", event.content.url


def _records(people: People) -> tuple[CrmRecord, ...]:
    company = _company(people)
    own = people.only.crm if people.only else None
    return (*((own,) if own else ()), *(company.crm if company else ()))


def _company(people: People) -> Company | None:
    return next((person.company for person in people.known if person.company), None)


def _crm_context(records: tuple[CrmRecord, ...]) -> dict[str, str] | None:
    """The dialect takes one record. The deal says more than its account."""
    ranked = sorted(records, key=lambda record: record.type != "opportunity")
    return {"objectType": _CRM_TYPES[ranked[0].type], "objectId": ranked[0].id} if ranked else None


def _sharer_email(event: Event) -> str | None:
    return event.share.sharer.email if event.share and event.share.sharer else None


def _participants(event: Event, people: People) -> list[dict[str, Any]]:
    if event.type is not EventType.CONTENT_SHARE:
        return [_participant(person, "Sender") for person in people.known if person.email]
    sharer = event.share.sharer if event.share else None
    senders = [_participant(Person(sharer.email, sharer.name), "Sender")] if sharer and sharer.email else []
    return senders + [_participant(person, "Recipient") for person in people.known]


def _participant(person: Person, role: str) -> dict[str, Any]:
    return told(emailAddress=person.email, name=person.name, role=role)
