"""Maps an event to calls of the catalog dialect, a third party's description of Gong that some gateways follow."""

from collections.abc import Iterator, Mapping
from typing import Any

from relay.core.call import Call, Operation
from relay.core.default_mapping import properties
from relay.core.default_mapping.engagement import OPERATIONS
from relay.core.default_mapping.ids_and_titles import action_phrase, action_title
from relay.core.default_mapping.losses import dropped_warning, dropped_warnings, fallback_warning
from relay.core.default_mapping.people import EventPeople
from relay.core.default_mapping.properties import merge_properties, omit_empty, render_text_map
from relay.core.errors import Problem
from relay.core.event.event import Event
from relay.core.event.model import Company, CrmRecord, EventType, Person, Properties
from relay.core.gong.limits import CUSTOM_FIELDS_MAX
from relay.core.timestamps import format_timestamp

_CATALOG_OPERATIONS: Mapping[Operation, Operation] = {
    Operation.CONTENT_SHARED: Operation.CATALOG_SHARE,
    Operation.CONTENT_VIEWED: Operation.CATALOG_VIEW,
    Operation.CUSTOM_ACTION: Operation.CATALOG_ACTION,
}
_CRM_TYPES = {"opportunity": "Deal", "account": "Account"}


def find_obstacle(event: Event, people: EventPeople) -> Problem | None:
    """Return a warning if no engagement call of this dialect can represent the event, or None."""
    path, reason = _find_obstacle(event, people)
    return fallback_warning(path, reason, Operation.CATALOG_INTERACTION) if reason else None


def _find_obstacle(event: Event, people: EventPeople) -> tuple[str, str]:
    if event.type not in OPERATIONS:
        return "type", f"no engagement call represents {event.type}"
    operation = _CATALOG_OPERATIONS[OPERATIONS[event.type]]
    if operation is Operation.CATALOG_SHARE and not _find_sharer_email(event):
        return "share.sharer.email", f"{operation} needs the sharer's email address"
    if operation is not Operation.CATALOG_SHARE and not (people.single and people.single.email):
        return "person.email", f"{operation} needs an email address"
    if len(_collect_properties(event, people, event_id="")) > CUSTOM_FIELDS_MAX:
        return "properties", f"{operation} accepts at most {CUSTOM_FIELDS_MAX} properties in total"
    return "", ""


def build_engagement(event: Event, people: EventPeople, *, event_id: str) -> Call:
    """Build the engagement call of an event for which find_obstacle() returned None."""
    operation = _CATALOG_OPERATIONS[OPERATIONS[event.type]]
    body = omit_empty(
        eventTimestamp=format_timestamp(event.occurred_at),
        customProperties=render_text_map(_collect_properties(event, people, event_id=event_id)),
    )
    return Call(operation, event_id, body | _RENDERERS[operation](event, people))


def build_interaction(event: Event, people: EventPeople, *, event_id: str) -> Call:
    """Build an interaction, which looks like an email with a subject and participants.

    At least one person must have an email address.
    """
    is_share = event.type is EventType.CONTENT_SHARE
    body = omit_empty(
        interactionType="Other",
        subject=f"{action_phrase(event)}: {event.content.title}",
        timestamp=format_timestamp(event.occurred_at),
        direction="Outbound" if is_share else "Inbound",
        participants=_render_participants(event, people),
        workspaceId=event.workspace_id,
        clientUniqueId=event_id,
    )
    return Call(Operation.CATALOG_INTERACTION, event_id, body)


def find_engagement_losses(event: Event, people: EventPeople) -> Iterator[Problem]:
    """Yield a warning for each part of the event that its engagement call leaves out."""
    if event.share and event.share.message:
        yield dropped_warning("share.message", "the catalog dialect has no field for a message")
    if event.share and event.share.recipients and event.type is not EventType.CONTENT_SHARE:
        yield dropped_warning("share.recipients", f"{event.type} is about the person who did it")
    for path, url in _property_urls(event):
        if url and not properties.url_within_limit(url):
            yield dropped_warning(path, "it is too long for a property")
    if len(people.persons) > 1:
        for person in people.persons:
            yield from dropped_warnings(
                "person", person, "a share contains only email addresses", keep=("email", "company")
            )


def find_interaction_losses(event: Event, people: EventPeople) -> Iterator[Problem]:
    """Yield a warning for each part of the event that its interaction leaves out."""
    reason = "the catalog dialect's interaction has no field for it"
    yield from dropped_warnings("content", event.content, reason, keep=("title",))
    for person in people.persons:
        yield from dropped_warnings("person", person, reason, keep=("email", "name"))
    share_parts = ("sharer", "recipients") if event.type is EventType.CONTENT_SHARE else ()
    yield from dropped_warnings("share", event.share, reason, keep=share_parts)
    for name in ("session_id", "device", "user_agent", "properties"):
        if getattr(event, name):
            yield dropped_warning(name, reason)


def _render_share(event: Event, people: EventPeople) -> dict[str, Any]:
    company = _find_company(people)
    return omit_empty(
        contentTitle=event.content.title,
        contentUrl=event.content.url,
        senderEmailAddress=_find_sharer_email(event),
        recipientEmailAddresses=[person.email for person in people.persons],
        contentType=event.content.labels[0] if event.content.labels else None,
        crmContext=_render_crm_context(company.crm) if company else None,
    )


def _render_view(event: Event, people: EventPeople) -> dict[str, Any]:
    progress = event.content.progress
    return omit_empty(
        contentTitle=event.content.title,
        contentUrl=event.content.url,
        viewerEmailAddress=people.persons[0].email,
        percentageViewed=progress.value if progress and progress.kind == "percentage" else None,
    )


def _render_action(event: Event, people: EventPeople) -> dict[str, Any]:
    return omit_empty(
        actionName=action_title(event),
        actorEmailAddress=people.persons[0].email,
        actionDetails=event.content.title,
    )


_RENDERERS = {
    Operation.CATALOG_SHARE: _render_share,
    Operation.CATALOG_VIEW: _render_view,
    Operation.CATALOG_ACTION: _render_action,
}


def _collect_properties(event: Event, people: EventPeople, *, event_id: str) -> Properties:
    """Collect every value that these small bodies have no field for."""
    content, person = event.content, people.single
    is_action = OPERATIONS[event.type] is Operation.CUSTOM_ACTION
    return merge_properties(
        event=event.properties,
        content=content.properties,
        person=person.properties if person else {},
        # The engagement calls of this dialect have no field for the event id.
        identity=omit_empty(eventId=event_id, action=None if is_action else event.action),
        content_details=properties.content_properties(content),
        links=omit_empty(
            contentId=content.id,
            contentUrl=properties.url_within_limit(content.url) if is_action else None,
            contentInfoUrl=properties.url_within_limit(content.info_url),
        ),
        person_details=properties.person_properties(person),
        names=omit_empty(personName=person.name, personTitle=person.title) if person else {},
        crm=properties.crm_properties(_find_crm_records(people)),
        visit=properties.visit_properties(event),
        agent=omit_empty(userAgent=event.user_agent, workspaceId=event.workspace_id),
        share=properties.share_properties(event.share),
    )


def _property_urls(event: Event) -> Iterator[tuple[str, str | None]]:
    """Yield the path and value of every URL that becomes a property."""
    yield "content.info_url", event.content.info_url
    if event.content.search:
        yield "content.search.url", event.content.search.url
    if OPERATIONS[event.type] is Operation.CUSTOM_ACTION:
        yield "content.url", event.content.url


def _find_crm_records(people: EventPeople) -> tuple[CrmRecord, ...]:
    company = _find_company(people)
    person_record = people.single.crm if people.single else None
    return (*((person_record,) if person_record else ()), *(company.crm if company else ()))


def _find_company(people: EventPeople) -> Company | None:
    return next((person.company for person in people.persons if person.company), None)


def _render_crm_context(records: tuple[CrmRecord, ...]) -> dict[str, str] | None:
    # The dialect accepts one record. Prefer the deal, which is more specific than its account.
    ranked = sorted(records, key=lambda record: record.type != "opportunity")
    return {"objectType": _CRM_TYPES[ranked[0].type], "objectId": ranked[0].id} if ranked else None


def _find_sharer_email(event: Event) -> str | None:
    return event.share.sharer.email if event.share and event.share.sharer else None


def _render_participants(event: Event, people: EventPeople) -> list[dict[str, Any]]:
    if event.type is not EventType.CONTENT_SHARE:
        return [_render_participant(person, "Sender") for person in people.persons if person.email]
    sharer = event.share.sharer if event.share else None
    # A share goes from the seller to the buyers. In every other event, the buyer acts.
    senders = (
        [_render_participant(Person(email=sharer.email, name=sharer.name), "Sender")]
        if sharer and sharer.email
        else []
    )
    return senders + [_render_participant(person, "Recipient") for person in people.persons]


def _render_participant(person: Person, role: str) -> dict[str, Any]:
    return omit_empty(emailAddress=person.email, name=person.name, role=role)
