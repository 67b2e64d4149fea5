"""From an event to its calls: which operation of Gong's says it best, and what was lost on the way."""

from dataclasses import dataclass, replace

from relay.core.call import Call, Dialect, SendAs
from relay.core.default_mapping import catalog, engagement, interaction
from relay.core.default_mapping.ids_and_titles import event_id_of
from relay.core.default_mapping.people import People, people_of
from relay.core.destination import Destination
from relay.core.errors import Problem, ValidationFailed
from relay.core.event.event import Event
from relay.core.gong.problems import ErrorCode
from relay.core.source import Source


@dataclass(frozen=True, slots=True)
class Mapped:
    """The calls of one event; warnings by the event's own paths; or why Gong is not told of it at all."""

    calls: tuple[Call, ...] = ()
    warnings: tuple[Problem, ...] = ()
    filtered: str | None = None


def calls_for(event: Event, source: Source, destination: Destination) -> Mapped:
    """What to send for an event. Invalid when the destination's dialect cannot say it in any way."""
    people = people_of(event, destination)
    if people.filtered:
        return Mapped(filtered=people.filtered)
    event_id = event_id_of(source.name, event.id)
    if destination.dialect is Dialect.CATALOG:
        mapped = _by_catalog(event, people, source.send_as, event_id=event_id)
    else:
        system_name = destination.source_system_name or source.name
        mapped = _by_gong(event, people, source.send_as, event_id=event_id, system_name=system_name)
    return replace(mapped, warnings=people.warnings + mapped.warnings) if people.warnings else mapped


def _by_gong(event: Event, people: People, send_as: SendAs, *, event_id: str, system_name: str) -> Mapped:
    blocked = engagement.obstacle(event, people) if send_as is SendAs.ENGAGEMENT else None
    if send_as is SendAs.ENGAGEMENT and blocked is None:
        call = engagement.engagement(event, people, event_id=event_id, system_name=system_name)
        return Mapped((call,), tuple(engagement.losses(event, people)))
    calls = interaction.interactions(event, people, event_id=event_id, system_name=system_name)
    return Mapped(calls, (*_told(blocked), *interaction.losses(event)))


def _by_catalog(event: Event, people: People, send_as: SendAs, *, event_id: str) -> Mapped:
    blocked = catalog.obstacle(event, people) if send_as is SendAs.ENGAGEMENT else None
    if send_as is SendAs.ENGAGEMENT and blocked is None:
        call = catalog.engagement(event, people, event_id=event_id)
        return Mapped((call,), tuple(catalog.engagement_losses(event, people)))
    if not any(person.email for person in people.known):
        message = "is required: the catalogue dialect knows people by e-mail address only"
        raise ValidationFailed([Problem("person.email", ErrorCode.REQUIRED, message)])
    call = catalog.interaction(event, people, event_id=event_id)
    return Mapped((call,), (*_told(blocked), *catalog.interaction_losses(event, people)))


def _told(blocked: Problem | None) -> tuple[Problem, ...]:
    return (blocked,) if blocked else ()
