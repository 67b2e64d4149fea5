"""Where each of Gong's bodies keeps what the relay itself fills in or looks at: the id, the sending system, the people."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from relay.core.call import Operation


@dataclass(frozen=True, slots=True)
class Places:
    """`id_key` and `system_key` are the keys the relay fills, `person_key` and `people_key` hold those whom the event is about."""

    id_key: str | None = None
    system_key: str | None = None
    person_key: str | None = None
    people_key: str | None = None


PLACES: Final[Mapping[Operation, Places]] = {
    Operation.DIGITAL_INTERACTION: Places("eventId", "sourceSystemName", person_key="person"),
    Operation.CONTENT_SHARED: Places("eventId", "reportingSystem", people_key="recipients"),
    Operation.CONTENT_VIEWED: Places("eventId", "reportingSystem", person_key="viewer"),
    Operation.CUSTOM_ACTION: Places("eventId", "reportingSystem", person_key="actor"),
    Operation.CATALOG_INTERACTION: Places("clientUniqueId"),
    Operation.CATALOG_SHARE: Places(),
    Operation.CATALOG_VIEW: Places(),
    Operation.CATALOG_ACTION: Places(),
}
