"""Chooses the operation for an event and builds its calls."""

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
    """The calls of one event."""

    calls: tuple[Call, ...] = ()
    warnings: tuple[Problem, ...] = ()
    """Their paths are paths of the event."""
    filter_reason: str | None = None
    """Why the event is not sent to Gong, if it is not."""


def build_calls(event: Event, source: Source, destination: Destination) -> MappedCalls:
    """Build the calls for an event. Raises ValidationFailed if the destination's dialect cannot represent it."""
    people = find_people(event, destination)
    if people.filter_reason:
        return MappedCalls(filter_reason=people.filter_reason)
    event_id = make_event_id(source.name, event.id)
    if destination.dialect is Dialect.CATALOG:
        mapped = _map_to_catalog(event, people, source.send_as, event_id=event_id)
    else:
        system_name = destination.source_system_name or source.name
        mapped = _map_to_gong(event, people, source.send_as, event_id=event_id, system_name=system_name)
    return replace(mapped, warnings=people.warnings + mapped.warnings) if people.warnings else mapped


def _map_to_gong(
    event: Event, people: EventPeople, send_as: SendAs, *, event_id: str, system_name: str
) -> MappedCalls:
    obstacle = engagement.find_obstacle(event, people) if send_as is SendAs.ENGAGEMENT else None
    if send_as is SendAs.ENGAGEMENT and obstacle is None:
        call = engagement.build_call(event, people, event_id=event_id, system_name=system_name)
        return MappedCalls((call,), tuple(engagement.find_losses(event, people)))
    calls = interaction.build_calls(event, people, event_id=event_id, system_name=system_name)
    return MappedCalls(calls, (*_optional(obstacle), *interaction.find_losses(event)))


def _map_to_catalog(event: Event, people: EventPeople, send_as: SendAs, *, event_id: str) -> MappedCalls:
    obstacle = catalog.find_obstacle(event, people) if send_as is SendAs.ENGAGEMENT else None
    if send_as is SendAs.ENGAGEMENT and obstacle is None:
        call = catalog.build_engagement(event, people, event_id=event_id)
        return MappedCalls((call,), tuple(catalog.find_engagement_losses(event, people)))
    if not any(person.email for person in people.persons):
        message = "is required: the catalog dialect identifies people only by email address"
        raise ValidationFailed([Problem("person.email", ErrorCode.REQUIRED, message)])
    call = catalog.build_interaction(event, people, event_id=event_id)
    return MappedCalls((call,), (*_optional(obstacle), *catalog.find_interaction_losses(event, people)))


def _optional(obstacle: Problem | None) -> tuple[Problem, ...]:
    return (obstacle,) if obstacle else ()
