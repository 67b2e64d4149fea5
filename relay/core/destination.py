"""Where events go: what the configuration says of a destination."""

from dataclasses import dataclass, field

from relay.core.call import Dialect

MAIN_STORE = "main"
"""The store that RELAY_REDIS_URL names. It holds what belongs to no company, and every destination that names no other."""


@dataclass(frozen=True, slots=True)
class BasicCredentials:
    """A Gong API key. The secret is kept out of every rendering."""

    access_key: str
    access_key_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OAuthCredentials:
    """A customer's consent. Its tokens lie sealed in the store, under the destination's name."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What Gong lets one company send, across every key and application: calls a second and calls in 24 hours."""

    per_second: int = 3
    per_day: int = 10_000
    daily_share: float = 1.0
    high_priority_share: float = 0.1

    @property
    def day_budget(self) -> int:
        """How many of the company's calls a day are ours to spend."""
        return int(self.per_day * self.daily_share)

    @property
    def high_priority_reserve(self) -> int:
        """How many of those are kept for events of priority high."""
        return int(self.day_budget * self.high_priority_share)


@dataclass(frozen=True, slots=True)
class Destination:
    """One Gong account. `company` is what Gong counts limits by; two destinations may share one.

    `account` is what payloads call the customer, where it was connected under such a name. `store` is the one that holds
    everything of its company.
    """

    name: str
    company: str
    credentials: BasicCredentials | OAuthCredentials
    base_url: str = "https://api.gong.io"
    limits: Limits = Limits()
    dialect: Dialect = Dialect.GONG
    source_system_name: str | None = None
    internal_domains: frozenset[str] = frozenset()
    account: str | None = None
    store: str = MAIN_STORE
