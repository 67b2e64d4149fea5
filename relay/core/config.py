"""The whole of what the configuration says, checked: destinations, sources, and how sources' own payloads are taken."""

from dataclasses import dataclass, field

from relay.core.alerts.thresholds import AlertConfig
from relay.core.destination import Destination
from relay.core.mapping.routing import DestinationLookup, Router, Routing, build_router, fixed_router
from relay.core.oauth import OAuthApp
from relay.core.roles import Operator
from relay.core.source import Source
from relay.core.webhook import Webhook


@dataclass(frozen=True, slots=True)
class Config:
    """Every destination, source and hook, by name.

    A hook's name is its source's; a source without one has no webhook. So is a routing's; a source without one has
    one destination. `stores` are the URLs of further stores; the main one is a setting, as is the first admin's key.
    """

    destinations: dict[str, Destination]
    sources: dict[str, Source]
    hooks: dict[str, Webhook] = field(default_factory=dict)
    routes: dict[str, Routing] = field(default_factory=dict)
    oauth: OAuthApp | None = None
    stores: dict[str, str] = field(default_factory=dict, repr=False)
    operators: dict[str, Operator] = field(default_factory=dict)
    alerts: AlertConfig = field(default_factory=AlertConfig)

    def router(self, source: Source, finder: DestinationLookup, *, for_rules: bool = False) -> Router:
        """What finds the destination of each item of a source. Rules are made for one dialect; events suit any."""
        routing = self.routes.get(source.name)
        if routing is None:
            return fixed_router(self.destinations[source.destination])
        return build_router(routing, finder, dialect=routing.dialect if for_rules else None)
