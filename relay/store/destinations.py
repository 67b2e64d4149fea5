"""Every destination there is: those of the configuration file, and those that were connected at run time."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from redis import Redis

from relay.core.call import Dialect
from relay.core.destination import Destination, Limits, OAuthCredentials
from relay.core.errors import Unavailable
from relay.core.timestamps import format_timestamp, parse_timestamp
from relay.store.delivery import publish_limits
from relay.store.engine import keys
from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.engine.scripts import Scripts

_EVERY_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedDestination:
    """What the store knows of a destination that was connected at run time: all but its tokens.

    `account` is what payloads call the customer. Where the file holds `name` too, the file's word counts, but for the
    address and the account; and a company of the file's has the file's limits.
    """

    name: str
    company: str
    base_url: str
    connected_at: datetime
    account: str | None = None
    limits: Limits = Limits()  # noqa: RUF009 - frozen, and the same for all
    dialect: Dialect = Dialect.GONG
    source_system_name: str | None = None
    internal_domains: frozenset[str] = frozenset()


def save_connected_destination(scripts: Scripts, connected: ConnectedDestination) -> bool:
    """Keep it, and publish its company's limits. True when the name was not connected before.

    The limits must be `DestinationDirectory.limits_of` the company where others belong to it: Gong counts a company as one.
    """
    with redis_errors_as_unavailable():
        publish_limits(scripts, {connected.name: _destination(connected)})
        return not scripts.run("connect", connected.name, _written(connected))


def read_connected_destinations(redis: Redis) -> dict[str, ConnectedDestination]:
    """Everything that was connected, by name."""
    with redis_errors_as_unavailable():
        found: Any = redis.hgetall(keys.CONNECTED)
    return {name.decode(): _read(text) for name, text in sorted(found.items())}


class DestinationDirectory:
    """Finds destinations. What is connected anywhere is known here a second later, and at once where it is asked for.

    While the store is away, what is known stays.
    """

    def __init__(
        self, configured: Mapping[str, Destination], redis: Redis, clock: Callable[[], float]
    ) -> None:
        """`clock` counts seconds and never goes back."""
        self._configured = configured
        self._redis = redis
        self._clock = clock
        self._version: Any = b"0"
        self._looked_at = self._asked_at = float("-inf")
        self._all: Mapping[str, Destination] = dict(configured)
        self._accounts: Mapping[str, Destination] = {}

    def all(self) -> Mapping[str, Destination]:
        """Every destination, by name."""
        self._look()
        return self._all

    def find(self, name: str) -> Destination | None:
        """The destination of this name."""
        self._look()
        return self._all.get(name) or (self._all.get(name) if self._look_again() else None)

    def find_by_account(self, account: str) -> Destination | None:
        """The destination that was connected for what payloads call `account`."""
        self._look()
        return self._accounts.get(account) or (self._accounts.get(account) if self._look_again() else None)

    def limits_of(self, company: str) -> Limits:
        """What the company may send, as the destinations that belong to it say."""
        of_company = (each for each in self.all().values() if each.company == company)
        return next((each.limits for each in of_company), Limits())

    def _look(self) -> None:
        if self._clock() - self._looked_at >= _EVERY_SECONDS:
            self._read()

    def _look_again(self) -> bool:
        """For a name that is not known: it may have been connected just now. Whether there was another look."""
        if self._clock() - self._asked_at < _EVERY_SECONDS:
            return False
        self._asked_at = self._clock()
        self._read()
        return True

    def _read(self) -> None:
        # Before the read, so that of a process's many threads one reads and the others go on with what is known.
        self._looked_at = self._clock()
        try:
            with redis_errors_as_unavailable():
                version: Any = self._redis.get(keys.CONNECTED_VERSION) or b"0"
            if version != self._version:
                self._merge(read_connected_destinations(self._redis))
                self._version = version
        except Unavailable:
            return

    def _merge(self, connected: Mapping[str, ConnectedDestination]) -> None:
        limits = {each.company: each.limits for each in self._configured.values()}
        made = {
            name: replace(_destination(each), limits=limits.get(each.company, each.limits))
            for name, each in connected.items()
        }
        self._all = made | {name: _on_file(each, made.get(name)) for name, each in self._configured.items()}
        self._accounts = {each.account: each for each in self._all.values() if each.account is not None}


def _on_file(configured: Destination, connected: Destination | None) -> Destination:
    """The file's own, at the address that connecting it has found."""
    if connected is None or not isinstance(configured.credentials, OAuthCredentials):
        return configured
    return replace(configured, base_url=connected.base_url, account=connected.account)


def _destination(connected: ConnectedDestination) -> Destination:
    return Destination(
        name=connected.name,
        company=connected.company,
        credentials=OAuthCredentials(),
        base_url=connected.base_url,
        limits=connected.limits,
        dialect=connected.dialect,
        source_system_name=connected.source_system_name,
        internal_domains=connected.internal_domains,
        account=connected.account,
    )


def _written(connected: ConnectedDestination) -> bytes:
    """As JSON. The limits are spelt as the configuration file spells them."""
    told = asdict(connected) | {
        "connected_at": format_timestamp(connected.connected_at),
        "internal_domains": sorted(connected.internal_domains),
    }
    return orjson.dumps(told)


def _read(text: bytes) -> ConnectedDestination:
    told: dict[str, Any] = orjson.loads(text)
    return ConnectedDestination(
        **told
        | {
            "connected_at": parse_timestamp(told["connected_at"]),
            "limits": Limits(**told["limits"]),
            "dialect": Dialect(told["dialect"]),
            "internal_domains": frozenset(told["internal_domains"]),
        }
    )
