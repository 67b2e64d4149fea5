"""The keys of each Gong body that the relay itself fills in or reads: id, reporting system and people."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from relay.core.call import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyLayout:
    """Names of keys in one operation's body. None: the body has no such key."""

    id_key: str | None = None
    """Filled in by the relay."""
    system_key: str | None = None
    """The reporting system. Filled in by the relay if the map does not."""
    person_key: str | None = None
    """Holds the one person that the event is about."""
    people_key: str | None = None
    """Holds a list of people."""


BODY_LAYOUTS: Final[Mapping[Operation, BodyLayout]] = {
    Operation.DIGITAL_INTERACTION: BodyLayout(
        id_key="eventId", system_key="sourceSystemName", person_key="person"
    ),
    Operation.CONTENT_SHARED: BodyLayout(
        id_key="eventId", system_key="reportingSystem", people_key="recipients"
    ),
    Operation.CONTENT_VIEWED: BodyLayout(id_key="eventId", system_key="reportingSystem", person_key="viewer"),
    Operation.CUSTOM_ACTION: BodyLayout(id_key="eventId", system_key="reportingSystem", person_key="actor"),
    # The catalog's bodies carry their people in flat keys, which internal_people reads by name.
    Operation.CATALOG_INTERACTION: BodyLayout(id_key="clientUniqueId"),
    Operation.CATALOG_SHARE: BodyLayout(),
    Operation.CATALOG_VIEW: BodyLayout(),
    Operation.CATALOG_ACTION: BodyLayout(),
}
