"""All connections of a web process: how many each client has, and which are closed to make room for a new one."""

from collections import Counter
from collections.abc import Callable
from enum import IntEnum, auto
from typing import Protocol

from relay.core.errors import Unavailable
from relay.web.server.limits import MIN_AGE_SECONDS, RESERVED_CONNECTIONS, SMALL_BODY_BYTES, ServerLimits

_RETRY_SECONDS = 5


class Phase(IntEnum):
    """What a connection does, in the order in which connections are closed to make room."""

    IDLE = auto()
    """No byte of a request has arrived."""
    HEAD = auto()
    """A part of a request's head has arrived."""
    BUSY = auto()
    """A request is being received, processed or answered."""
    EVICTED = auto()
    """It was chosen to be closed, and no longer counts."""


class TableEntry(Protocol):
    """What the table needs to know about a connection."""

    phase: Phase
    since: float
    """When it entered the phase."""
    client: "ClientUsage"
    body_bytes: int
    waits_for_client: bool
    """True while it receives a body or sends a response; False while the client waits for the relay."""
    is_reserved: bool
    """True if it is above the maximum number, so that only health checks are answered on it."""

    def shut_down(self) -> None:
        """End every wait for the client."""


class ClientUsage:
    """The connections of one client address, by phase, each in the order in which they entered it."""

    def __init__(self, *, is_proxy: bool = False) -> None:
        self.is_proxy = is_proxy
        self.by_phase: dict[Phase, dict[TableEntry, None]] = {phase: {} for phase in Phase}
        self.body_bytes = 0

    @property
    def count(self) -> int:
        return sum(len(self.by_phase[phase]) for phase in (Phase.IDLE, Phase.HEAD, Phase.BUSY))


class ConnectionTable:
    """Counts connections and the bytes of bodies."""

    def __init__(self, limits: ServerLimits, now: Callable[[], float]) -> None:
        """now: seconds, never going back."""
        self._limits, self._now = limits, now
        self._clients: dict[str, ClientUsage] = {}
        self._all = ClientUsage()
        self._counts: Counter[str] = Counter()

    def open(self, entry: TableEntry, address: str) -> bool:
        """Add a new connection, and close others if there are too many. Returns False if there is no room for it.

        address: of the client; empty if it has none.
        """
        # Connections over a Unix socket have no address: they come from a proxy.
        entry.client = self._clients.setdefault(address, ClientUsage(is_proxy=not address))
        maximum = self._limits.client_connections
        is_above = self._close_old(entry.client, maximum) if maximum and not entry.client.is_proxy else False
        if self._all.count >= self._limits.connections and not (
            is_above and self._evict(entry.client, min_age=0.0)
        ):
            self._evict(self._all, min_age=0.0)
        if self._all.count >= self._limits.connections + RESERVED_CONNECTIONS:
            self._counts["no_room"] += 1
            self._forget(address)
            return False
        entry.is_reserved = self._all.count >= self._limits.connections
        self._add(entry, Phase.IDLE)
        return True

    def _close_old(self, client: ClientUsage, maximum: int) -> bool:
        """Close old connections of a client with too many. Returns True if it still has the maximum."""
        # A client that opens many at once is about to use them, so that younger ones are closed only in a full process.
        while client.count >= maximum:
            if not self._evict(client, min_age=MIN_AGE_SECONDS):
                return True
        return False

    def move(self, entry: TableEntry, phase: Phase) -> None:
        """Record what a connection does now. One that was chosen to be closed stays so."""
        if entry.phase is not Phase.EVICTED:
            self._remove(entry)
            self._add(entry, phase)

    def close(self, entry: TableEntry, address: str) -> None:
        """Remove a connection."""
        self.release_body(entry)
        self._remove(entry)
        self._forget(address)

    def take_counts(self) -> dict[str, int]:
        """Return how many connections were closed since the last call, by reason."""
        counts, self._counts = self._counts, Counter()
        return dict(counts)

    def idle(self) -> list[TableEntry]:
        """Return the connections that wait for a request."""
        return list(self._all.by_phase[Phase.IDLE])

    def hold_body(self, entry: TableEntry, count: int) -> None:
        """Count bytes of a body. Raises Unavailable if bodies use all of their memory."""
        for owner in (entry, entry.client, self._all):
            owner.body_bytes += count
        maximum = self._limits.bodies_bytes if entry.client.is_proxy else self._limits.client_bodies_bytes
        is_full = self._all.body_bytes > self._limits.bodies_bytes or entry.client.body_bytes > maximum
        if is_full and entry.body_bytes > SMALL_BODY_BYTES:
            raise busy("The relay is receiving too many large bodies. Send the request again later.")

    def release_body(self, entry: TableEntry) -> None:
        """Uncount the body of a request that ended."""
        for owner in (entry.client, self._all):
            owner.body_bytes -= entry.body_bytes
        entry.body_bytes = 0

    def _evict(self, group: ClientUsage, *, min_age: float) -> bool:
        """Close the connection of a group that waits for its client longest. Returns False if there is none of that age."""
        victim = self._victim(group)
        if victim is None or self._now() - victim.since < min_age:
            return False
        self._counts["made_room"] += 1
        self.move(victim, Phase.EVICTED)
        victim.shut_down()
        return True

    @staticmethod
    def _victim(group: ClientUsage) -> TableEntry | None:
        for phase in (Phase.IDLE, Phase.HEAD):
            for entry in group.by_phase[phase]:
                return entry
        # The oldest request that waits for its client; never one whose client waits for the relay.
        return next((entry for entry in group.by_phase[Phase.BUSY] if entry.waits_for_client), None)

    def _add(self, entry: TableEntry, phase: Phase) -> None:
        entry.phase, entry.since = phase, self._now()
        self._all.by_phase[phase][entry] = None
        entry.client.by_phase[phase][entry] = None

    def _remove(self, entry: TableEntry) -> None:
        del self._all.by_phase[entry.phase][entry]
        del entry.client.by_phase[entry.phase][entry]

    def _forget(self, address: str) -> None:
        usage = self._clients[address]
        if not any(usage.by_phase.values()):
            del self._clients[address]


def busy(detail: str) -> Unavailable:
    """Return the error for a request that the process has no room for."""
    return Unavailable("server_busy", detail, retry_after=_RETRY_SECONDS)
