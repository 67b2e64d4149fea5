"""All destinations: those of the configuration file, and those that customers connected at run time."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from redis import Redis

from relay.core.call import Dialect
from relay.core.compute import call_here
from relay.core.destination import Destination, Limits, OAuthCredentials
from relay.core.errors import Unavailable
from relay.core.timestamps import format_timestamp, parse_timestamp
from relay.store.delivery import publish_limits
from relay.store.engine import keys
from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.engine.scripts import Scripts

_REFRESH_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedDestination:
    """A destination that was connected at run time, without its tokens.

    If the configuration file has a destination with the same name, that one applies, with the `base_url` and `account` from
    here. If the file has destinations of the same company, their limits apply.
    """

    name: str
    company: str
    base_url: str
    connected_at: datetime
    account: str | None = None
    """What payloads call the customer."""
    limits: Limits = Limits()  # noqa: RUF009 - frozen, and the same for all
    dialect: Dialect = Dialect.GONG
    source_system_name: str | None = None
    internal_domains: frozenset[str] = frozenset()


def save_connected_destination(scripts: Scripts, connected: ConnectedDestination) -> bool:
    """Save the destination and publish its company's limits. True if the name was not connected before.

    If other destinations belong to the company, the limits must be those of `DestinationDirectory.limits_of`: Gong counts the
    calls of a company together.
    """
    with redis_errors_as_unavailable():
        # Limits first: a worker that sees the new destination finds them.
        publish_limits(scripts, {connected.name: _destination(connected)})
        return not scripts.run("connect", connected.name, _json(connected))


def read_connected_destinations(redis: Redis) -> dict[str, ConnectedDestination]:
    """Return all destinations that were connected at run time, by name."""
    with redis_errors_as_unavailable():
        rows: Any = redis.hgetall(keys.CONNECTED)
    return {name.decode(): _parse(text) for name, text in sorted(rows.items())}


class DestinationDirectory:
    """Finds destinations by name or account.

    Destinations that another process connects appear within a second. While the store does not answer, the last known
    destinations stay.
    """

    def __init__(
        self,
        configured: Mapping[str, Destination],
        redis: Redis,
        clock: Callable[[], float],
        *,
        run: Callable[[Callable[[], None]], None] = call_here,
    ) -> None:
        """`clock` counts seconds and never goes back. `run` calls what reads the store, in the thread of its connections."""
        self._configured = configured
        self._redis = redis
        self._clock, self._run = clock, run
        self._version: Any = b"0"
        self._refreshed_at = self._forced_refresh_at = float("-inf")
        self._all: Mapping[str, Destination] = dict(configured)
        self._accounts: Mapping[str, Destination] = {}

    def all(self) -> Mapping[str, Destination]:
        """Return every destination, by name."""
        self._refresh_if_due()
        return self._all

    def find(self, name: str) -> Destination | None:
        """Return the destination with this name, or None if there is none."""
        self._refresh_if_due()
        return self._all.get(name) or (self._all.get(name) if self._force_refresh() else None)

    def find_by_account(self, account: str) -> Destination | None:
        """Return the destination of the customer that payloads call `account`, or None if there is none."""
        self._refresh_if_due()
        return self._accounts.get(account) or (self._accounts.get(account) if self._force_refresh() else None)

    def limits_of(self, company: str) -> Limits:
        """Return the limits of a company: those of its destinations, or the defaults if it has none."""
        destinations = self.all().values()
        # All destinations of a company have the same limits.
        limits = (destination.limits for destination in destinations if destination.company == company)
        return next(limits, Limits())

    def _refresh_if_due(self) -> None:
        if self._clock() - self._refreshed_at >= _REFRESH_SECONDS:
            self._refresh()

    def _force_refresh(self) -> bool:
        """Refresh early because a name is unknown: it may just have been connected. False if that was done a second ago."""
        # Senders may use any name, so unknown names must not cost a read each.
        if self._clock() - self._forced_refresh_at < _REFRESH_SECONDS:
            return False
        self._forced_refresh_at = self._clock()
        self._refresh()
        return True

    def _refresh(self) -> None:
        # Set before the read, so that one thread of the process reads and the others use what is known.
        self._refreshed_at = self._clock()
        self._run(self._read)

    def _read(self) -> None:
        try:
            with redis_errors_as_unavailable():
                # The version is one small read. The whole hash is read only after a change.
                version: Any = self._redis.get(keys.CONNECTED_VERSION) or b"0"
            if version != self._version:
                self._merge(read_connected_destinations(self._redis))
                self._version = version
        except Unavailable:
            return

    def _merge(self, connected: Mapping[str, ConnectedDestination]) -> None:
        configured = self._configured
        limits = {destination.company: destination.limits for destination in configured.values()}
        at_run_time = {
            name: replace(_destination(record), limits=limits.get(record.company, record.limits))
            for name, record in connected.items()
        }
        from_file = {
            name: _with_connected_address(destination, at_run_time.get(name))
            for name, destination in configured.items()
        }
        # New mappings replace the old ones, which other threads may be reading.
        self._all = at_run_time | from_file
        self._accounts = {
            destination.account: destination
            for destination in self._all.values()
            if destination.account is not None
        }


def _with_connected_address(configured: Destination, connected: Destination | None) -> Destination:
    """Return a destination of the file, with the base URL and account from its connection if it uses OAuth."""
    # Gong names the base URL of a customer's account only when the customer connects.
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


def _json(connected: ConnectedDestination) -> bytes:
    """Return the stored form. Its limits have the same names as in the configuration file."""
    fields = asdict(connected)
    fields["connected_at"] = format_timestamp(connected.connected_at)
    fields["internal_domains"] = sorted(connected.internal_domains)
    return orjson.dumps(fields)


def _parse(text: bytes) -> ConnectedDestination:
    fields: dict[str, Any] = orjson.loads(text)
    fields["connected_at"] = parse_timestamp(fields["connected_at"])
    fields["limits"] = Limits(**fields["limits"])
    fields["dialect"] = Dialect(fields["dialect"])
    fields["internal_domains"] = frozenset(fields["internal_domains"])
    return ConnectedDestination(**fields)
