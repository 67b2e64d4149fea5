"""Where events come from: what the configuration says of a source."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from relay.core.call import SendAs
from relay.core.event.model import EventType
from relay.core.priority import Priority
from relay.core.visit_session import AggregateOptions

_PRIORITIES: Mapping[EventType, Priority] = {
    EventType.CONTENT_SHARE: Priority.HIGH,
    EventType.DOCUMENT_SIGN: Priority.HIGH,
    EventType.PAGE_VIEW: Priority.LOW,
}
"""A seller acts on some at once, and of others there are many. The rest is normal."""


def key_id(digest: str) -> str:
    """What an API key is called wherever it is shown or logged: the first digits of its SHA-256."""
    return digest[:8]


@dataclass(frozen=True, slots=True)
class Source:
    """A configured sender. `key_digests` are the hex SHA-256 of its API keys.

    `destination` is a name, or the template that tells one of each item. `priorities` overrules where a type belongs.
    `aggregate` are the types of which the events of one session become one call.
    """

    name: str
    destination: str
    key_digests: frozenset[str] = frozenset()
    send_as: SendAs = SendAs.DIGITAL_INTERACTION
    priorities: Mapping[EventType, Priority] = field(default_factory=dict)
    aggregate: Mapping[EventType, AggregateOptions] = field(default_factory=dict)

    def priority(self, event_type: EventType) -> Priority:
        """Where its events of this type wait."""
        return self.priorities.get(event_type) or _PRIORITIES.get(event_type, Priority.NORMAL)
