"""Where each of Gong's bodies keeps what the relay itself fills in or looks at: the id, the sending system, the people."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from relay.core.call import Operation


@dataclass(frozen=True, slots=True)
class Places:
    """`id` and `system` are the keys the relay fills, `one` and `several` hold those whom the event is about."""

    id: str | None = None
    system: str | None = None
    one: str | None = None
    several: str | None = None


PLACES: Final[Mapping[Operation, Places]] = {
    Operation.DIGITAL_INTERACTION: Places("eventId", "sourceSystemName", one="person"),
    Operation.CONTENT_SHARED: Places("eventId", "reportingSystem", several="recipients"),
    Operation.CONTENT_VIEWED: Places("eventId", "reportingSystem", one="viewer"),
    Operation.CUSTOM_ACTION: Places("eventId", "reportingSystem", one="actor"),
    Operation.CATALOG_INTERACTION: Places("clientUniqueId"),
    Operation.CATALOG_SHARE: Places(),
    Operation.CATALOG_VIEW: Places(),
    Operation.CATALOG_ACTION: Places(),
}
