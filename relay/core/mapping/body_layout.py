"""Where each of Gong's bodies keeps what the relay itself fills in or looks at: the id, the sending system, the people."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from relay.core.call import Operation


@dataclass(frozen=True, slots=True)
class BodyLayout:
    """`id_key` and `system_key` are the keys the relay fills, `person_key` and `people_key` hold those whom the event is about."""

    id_key: str | None = None
    system_key: str | None = None
    person_key: str | None = None
    people_key: str | None = None


BODY_LAYOUTS: Final[Mapping[Operation, BodyLayout]] = {
    Operation.DIGITAL_INTERACTION: BodyLayout("eventId", "sourceSystemName", person_key="person"),
    Operation.CONTENT_SHARED: BodyLayout("eventId", "reportingSystem", people_key="recipients"),
    Operation.CONTENT_VIEWED: BodyLayout("eventId", "reportingSystem", person_key="viewer"),
    Operation.CUSTOM_ACTION: BodyLayout("eventId", "reportingSystem", person_key="actor"),
    Operation.CATALOG_INTERACTION: BodyLayout("clientUniqueId"),
    Operation.CATALOG_SHARE: BodyLayout(),
    Operation.CATALOG_VIEW: BodyLayout(),
    Operation.CATALOG_ACTION: BodyLayout(),
}
