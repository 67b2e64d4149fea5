"""The validated configuration: destinations, sources, webhooks and everything else in relay.yaml."""

from collections.abc import Collection
from dataclasses import dataclass, field

from relay.core.alerts.thresholds import AlertConfig
from relay.core.destination import Destination
from relay.core.mapping.routing import DestinationLookup, Router, Routing, build_fixed_router, build_router
from relay.core.oauth import OAuthApp
from relay.core.roles import Operator
from relay.core.source import Source
from relay.core.webhook import Webhook

DEFAULT_DAILY_SHARE = 0.8
"""Of a company's daily budget, for each of several sources that can send to it: the rest is always left for the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The configuration, with everything by name."""

    destinations: dict[str, Destination]
    sources: dict[str, Source]
    webhooks: dict[str, Webhook] = field(default_factory=dict)
    """By the name of their source. A source without one accepts no webhooks."""
    routes: dict[str, Routing] = field(default_factory=dict)
    """By the name of their source. A source without one has a single destination."""
    oauth: OAuthApp | None = None
    stores: dict[str, str] = field(default_factory=dict, repr=False)
    """URLs of the further stores. The main store is a setting, and so is the built-in admin's key."""
    operators: dict[str, Operator] = field(default_factory=dict)
    alerts: AlertConfig = field(default_factory=AlertConfig)

    def can_reach(self, source: str, company: str) -> bool:
        """Return True if there is a source of this name and its events may go to the company."""
        # A source with a template may send to any destination, those that are connected later included.
        if source in self.routes:
            return True
        destination = (
            self.destinations.get(self.sources[source].destination) if source in self.sources else None
        )
        return destination is not None and destination.company == company

    def daily_shares(self, companies: Collection[str]) -> dict[tuple[str, str], float]:
        """Return each share of a company's day below 1, by company and source.

        The company "" stands for all that are not in `companies`.
        """
        # Such a company was connected at run time: only sources with a template reach it.
        senders: dict[str, list[Source]] = {company: [] for company in ("", *sorted(companies))}
        for source in self.sources.values():
            destination = self.destinations.get(source.destination)
            reachable = (
                senders if source.name in self.routes else ({destination.company} if destination else ())
            )
            for company in senders.keys() & set(reachable):
                senders[company].append(source)
        shares = {
            (company, source.name): _share_of(source, alone=len(sources) == 1)
            for company, sources in senders.items()
            for source in sources
        }
        return {key: share for key, share in shares.items() if share < 1}

    def router(self, source: Source, finder: DestinationLookup, *, for_rules: bool = False) -> Router:
        """Return the router that finds the destination of each item of a source.

        With `for_rules`, it finds only destinations of the dialect that the source's rules produce calls for.
        """
        routing = self.routes.get(source.name)
        if routing is None:
            return build_fixed_router(self.destinations[source.destination])
        return build_router(routing, finder, dialect=routing.dialect if for_rules else None)


def _share_of(source: Source, *, alone: bool) -> float:
    if source.limits.daily_share is not None:
        return source.limits.daily_share
    return 1.0 if alone else DEFAULT_DAILY_SHARE
