"""Where events come from: what the configuration says of a source."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from relay.core.call import SendAs
from relay.core.event.model import EventType
from relay.core.lane import Lane
from relay.core.visit_session import Collapse

_LANES: Mapping[EventType, Lane] = {
    EventType.CONTENT_SHARE: Lane.HIGH,
    EventType.DOCUMENT_SIGN: Lane.HIGH,
    EventType.PAGE_VIEW: Lane.LOW,
}
"""A seller acts on some at once, and of others there are many. The rest is normal."""


def key_id(digest: str) -> str:
    """What an API key is called wherever it is shown or logged: the first digits of its SHA-256."""
    return digest[:8]


@dataclass(frozen=True, slots=True)
class Source:
    """A configured sender. `key_digests` are the hex SHA-256 of its API keys.

    `destination` is a name, or the template that tells one of each item. `lanes` overrules where a type belongs.
    `collapse` are the types of which the events of one session become one call.
    """

    name: str
    destination: str
    key_digests: frozenset[str] = frozenset()
    send_as: SendAs = SendAs.DIGITAL_INTERACTION
    lanes: Mapping[EventType, Lane] = field(default_factory=dict)
    collapse: Mapping[EventType, Collapse] = field(default_factory=dict)

    def lane(self, event_type: EventType) -> Lane:
        """Where its events of this type wait."""
        return self.lanes.get(event_type) or _LANES.get(event_type, Lane.NORMAL)
