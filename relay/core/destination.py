"""Destinations: the Gong accounts that events are delivered to, with their credentials and limits."""

from dataclasses import dataclass, field

from relay.core.call import Dialect
from relay.core.secret import WithheldSecret

MAIN_STORE = "main"
"""The store of RELAY_REDIS_URL. It holds what belongs to no company, and every destination without a `store`."""


@dataclass(frozen=True, slots=True)
class BasicCredentials:
    """A Gong API key. `repr` never shows the secret."""

    access_key: str | WithheldSecret
    access_key_secret: str | WithheldSecret = field(repr=False)


@dataclass(frozen=True, slots=True)
class OAuthCredentials:
    """A customer's consent. Its tokens are encrypted in the store, under the destination's name."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many calls Gong accepts from one company, across all keys and applications: per second and per 24 hours."""

    per_second: int = 3
    per_day: int = 10_000
    daily_share: float = 1.0
    high_priority_share: float = 0.1

    @property
    def daily_budget(self) -> int:
        """Calls per 24 hours that the relay may make of the company's."""
        return int(self.per_day * self.daily_share)

    @property
    def high_priority_reserve(self) -> int:
        """Calls of the budget that are reserved for events of priority high."""
        return int(self.daily_budget * self.high_priority_share)


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """One Gong account."""

    name: str
    company: str
    """The unit of Gong's limits. Destinations may share one."""
    credentials: BasicCredentials | OAuthCredentials
    base_url: str = "https://api.gong.io"
    limits: Limits = Limits()
    dialect: Dialect = Dialect.GONG
    source_system_name: str | None = None
    internal_domains: frozenset[str] = frozenset()
    account: str | None = None
    """What payloads call the customer, if it was connected with such a name."""
    store: str = MAIN_STORE
    """The store that holds everything of its company."""
