"""The whole of what the configuration says, checked: destinations, sources, and how sources' own payloads are taken."""

from dataclasses import dataclass, field

from relay.core.destination import Destination
from relay.core.hook import Hook
from relay.core.source import Source


@dataclass(frozen=True, slots=True)
class Config:
    """Every destination, source and hook, by name. A hook's name is its source's; a source without one has no webhook."""

    destinations: dict[str, Destination]
    sources: dict[str, Source]
    hooks: dict[str, Hook] = field(default_factory=dict)
