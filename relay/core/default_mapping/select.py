"""From an event to its calls: which operation of Gong's says it best, and what was lost on the way."""

from dataclasses import dataclass, replace

from relay.core.call import Call, Dialect, SendAs
from relay.core.default_mapping import catalog, engagement, interaction
from relay.core.default_mapping.ids_and_titles import make_event_id
from relay.core.default_mapping.people import EventPeople, find_people
from relay.core.destination import Destination
from relay.core.errors import Problem, ValidationFailed
from relay.core.event.event import Event
from relay.core.gong.problems import ErrorCode
from relay.core.source import Source


@dataclass(frozen=True, slots=True)
class MappedCalls:
    """The calls of one event; warnings by the event's own paths; or why Gong is not told of it at all."""

    calls: tuple[Call, ...] = ()
    warnings: tuple[Problem, ...] = ()
    filter_reason: str | None = None


def build_calls(event: Event, source: Source, destination: Destination) -> MappedCalls:
    """What to send for an event. Invalid when the destination's dialect cannot say it in any way."""
    people = find_people(event, destination)
    if people.filter_reason:
        return MappedCalls(filter_reason=people.filter_reason)
    event_id = make_event_id(source.name, event.id)
    if destination.dialect is Dialect.CATALOG:
        mapped = _by_catalog(event, people, source.send_as, event_id=event_id)
    else:
        system_name = destination.source_system_name or source.name
        mapped = _by_gong(event, people, source.send_as, event_id=event_id, system_name=system_name)
    return replace(mapped, warnings=people.warnings + mapped.warnings) if people.warnings else mapped


def _by_gong(
    event: Event, people: EventPeople, send_as: SendAs, *, event_id: str, system_name: str
) -> MappedCalls:
    blocked = engagement.find_obstacle(event, people) if send_as is SendAs.ENGAGEMENT else None
    if send_as is SendAs.ENGAGEMENT and blocked is None:
        call = engagement.build_call(event, people, event_id=event_id, system_name=system_name)
        return MappedCalls((call,), tuple(engagement.find_losses(event, people)))
    calls = interaction.build_calls(event, people, event_id=event_id, system_name=system_name)
    return MappedCalls(calls, (*_told(blocked), *interaction.find_losses(event)))


def _by_catalog(event: Event, people: EventPeople, send_as: SendAs, *, event_id: str) -> MappedCalls:
    blocked = catalog.find_obstacle(event, people) if send_as is SendAs.ENGAGEMENT else None
    if send_as is SendAs.ENGAGEMENT and blocked is None:
        call = catalog.build_engagement(event, people, event_id=event_id)
        return MappedCalls((call,), tuple(catalog.find_engagement_losses(event, people)))
    if not any(person.email for person in people.persons):
        message = "is required: the catalogue dialect knows people by e-mail address only"
        raise ValidationFailed([Problem("person.email", ErrorCode.REQUIRED, message)])
    call = catalog.build_interaction(event, people, event_id=event_id)
    return MappedCalls((call,), (*_told(blocked), *catalog.find_interaction_losses(event, people)))


def _told(blocked: Problem | None) -> tuple[Problem, ...]:
    return (blocked,) if blocked else ()
