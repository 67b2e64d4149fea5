"""Taking a call in that was meant for Gong: its body, one atomic step in the store, and what its client is told."""

from dataclasses import dataclass

from relay.core.call import Operation
from relay.core.errors import Forbidden
from relay.core.gong_compat.dispatch import map_request
from relay.core.gong_compat.parse import CATALOG_OPERATIONS, find_operation
from relay.core.personal_data import find_people
from relay.ingest.accept_events import IngestContext, IngestRequest, build_events
from relay.ingest.parse_items import read_json_value
from relay.ingest.persist import persist
from relay.ingest.prepare import PreparedEvent, assign_sessions
from relay.store.accept import Receipt

_ROUTED = (
    "Events of this source go where a value in them says, and bodies of Gong's name no customer: send them to "
    "/v1/events, or with the key of a source that has one destination."
)


@dataclass(frozen=True, slots=True)
class GongCallResult:
    """What became of a call. `repeated`: this source has reported this eventId before, and `event_id` is the first one's."""

    operation: Operation
    event_id: str
    repeated: bool
    events: int


def ingest_gong_call(intake: IngestContext, arrival: IngestRequest, *, path: str) -> GongCallResult:
    """Keep the event of a call to one of Gong's paths.

    Raises Invalid with all that Gong would refuse (nothing is kept), Forbidden for a source that routes, and what
    `read_json_value` and `persist` raise.
    """
    if arrival.source.name in intake.config.routes:
        raise Forbidden("source_uses_routing", _ROUTED)
    now = intake.now()
    value = read_json_value(arrival.raw, arrival.content_type)
    operation = find_operation(path, value)
    destination = intake.config.destinations[arrival.source.destination]
    found = map_request(operation, value, route=(arrival.source, destination), now=now)
    mapped, people = found.mapped, find_people(arrival.raw)
    item = PreparedEvent(
        0,
        found.type,
        found.event_id,
        mapped.calls,
        mapped.warnings,
        mapped.filter_reason,
        destination,
        dedupe_name=found.dedupe_name,
        priority=arrival.source.priority(found.type),
        sessions=assign_sessions(arrival.source, found.type, mapped.calls),
        happened_at=mapped.calls[0].happened_at if mapped.calls else None,
        people=people,
    )
    receipt_id, events = build_events(arrival.source, [item], now=now)
    receipt = Receipt(
        id=receipt_id,
        source=arrival.source.name,
        raw=arrival.raw,
        content_type=arrival.content_type,
        key_id=arrival.key_id,
        people=people,
    )
    accepted = persist(intake.stores, receipt, events, now=now, retention=intake.retention)
    # The catalogue knows no 409, and Gong gives none to a body without an id: there the first answer is given again.
    tells = found.has_sender_id and operation not in CATALOG_OPERATIONS
    repeated = tells and all(verdict.duplicate for verdict in accepted.verdicts)
    return GongCallResult(operation, accepted.verdicts[0].id, repeated, len(events))
