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


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLimits:
    """What one source may use, so that no source can fill a store or keep it busy for the others."""

    store_share: float = 0.5
    """The part of each store's memory (its `maxmemory`) that the source's events may use, above 0 and up to 1."""
    events_per_minute: int = 60_000
    """In each store. After a silence, a source may send the events of one minute at once."""
    daily_share: float | None = None
    """The part of each company's daily budget that its events may use, above 0 and up to 1. None: the default."""
    max_priority: Priority = Priority.HIGH
    """No event of the source has a higher priority, whatever its type or its rule says."""

    def share_bytes(self, store_bytes: int | None) -> int | None:
        """Return what the source may use of a store with this `maxmemory`, in bytes. None: the store has no limit."""
        return int(self.store_share * store_bytes) if store_bytes else None


DEFAULT_LIMITS = SourceLimits()
"""A partner that sends what buyers do never comes near them."""


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
    limits: SourceLimits = DEFAULT_LIMITS

    def cap_priority(self, priority: Priority) -> Priority:
        """Return this priority, or the source's `max_priority` if that is lower."""
        return priority.capped(self.limits.max_priority)

    def priority(self, event_type: EventType) -> Priority:
        """Return the priority of the source's events of this type."""
        return self.cap_priority(
            self.priorities.get(event_type) or _PRIORITIES.get(event_type, Priority.NORMAL)
        )
