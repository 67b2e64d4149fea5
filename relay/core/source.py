"""Sources: the systems that send events, with their API keys and options."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from relay.core.call import SendAs
from relay.core.event.model import EventType
from relay.core.priority import Priority
from relay.core.secret import WithheldSecret
from relay.core.visit_session import AggregateOptions

_PRIORITIES: Mapping[EventType, Priority] = {
    EventType.CONTENT_SHARE: Priority.HIGH,
    EventType.DOCUMENT_SIGN: Priority.HIGH,
    EventType.PAGE_VIEW: Priority.LOW,
}
"""Default priorities: high for what a seller acts on at once, low for what is frequent. All others are normal."""


def key_id(digest: str) -> str:
    """Return the name of an API key for pages and logs: the first digits of its SHA-256."""
    return digest[:8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A configured sender."""

    name: str
    destination: str
    """A destination's name, or a template that gives the name for each item."""
    key_digests: frozenset[str] | WithheldSecret = frozenset()
    """Hex SHA-256 of its API keys."""
    send_as: SendAs = SendAs.DIGITAL_INTERACTION
    priorities: Mapping[EventType, Priority] = field(default_factory=dict)
    """Overrides the default priorities of types."""
    aggregate: Mapping[EventType, AggregateOptions] = field(default_factory=dict)
    """Types whose events of one session are sent as one call."""

    def priority(self, event_type: EventType) -> Priority:
        """Return the priority of the source's events of this type."""
        return self.priorities.get(event_type) or _PRIORITIES.get(event_type, Priority.NORMAL)
