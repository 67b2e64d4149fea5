"""The limits of the HTTP server."""

from dataclasses import dataclass

from relay.settings import Settings

MAX_HEAD_BYTES = 32_768
MAX_HEAD_FIELDS = 50
MAX_LINE_BYTES = 8_190

MIN_BYTES_PER_SECOND = 1024
"""The slowest accepted sender of a body."""

SMALL_BODY_BYTES = 16_384
"""Bodies up to this size are accepted even when the memory for bodies is used up."""

MIN_AGE_SECONDS = 1.0
"""Younger connections of a client with too many are closed only if the process is full."""

RESERVED_CONNECTIONS = 100
"""Room above the maximum number of connections, for health checks only."""

DRAIN_BYTES = 65_536
"""An unread body up to this size is read and dropped, so that the connection can be used again."""

LINGER_BYTES = 8_388_608
LINGER_SECONDS = 2.0
"""How much of what the client still sends is read and dropped before the connection is closed. A client that gets a
reset while it sends would not read the response."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerLimits:
    """The limits of one web process."""

    connections: int
    """Maximum number of connections; room for health checks comes on top."""
    client_connections: int | None
    """The same for one client address; None behind a proxy, whose address all connections share."""
    receive_seconds: float
    """Seconds for a whole head, and for each further 10 KiB of a body."""
    request_seconds: float
    """Seconds for a whole body, and for a whole response."""
    idle_seconds: float
    """Seconds for which a connection may wait between two requests."""
    bodies_bytes: int
    """Bytes of all bodies that are being received or processed."""
    body_bytes: int
    """Maximum size of one body."""

    @property
    def client_bodies_bytes(self) -> int:
        """Bytes of all bodies of one client address."""
        if self.client_connections is None:
            return self.bodies_bytes
        return max(self.bodies_bytes // 4, self.body_bytes)


def read_limits(settings: Settings, *, connections: int, idle_seconds: float) -> ServerLimits:
    """Return the limits that the settings describe."""
    return ServerLimits(
        connections=connections,
        # With a proxy in front, the address of a connection is the proxy's and says nothing about the client.
        client_connections=None if settings.proxy_hops else settings.max_connections_per_client,
        receive_seconds=settings.receive_timeout_seconds,
        request_seconds=settings.request_timeout_seconds,
        idle_seconds=idle_seconds,
        bodies_bytes=max(settings.max_bodies_bytes, settings.max_body_bytes),
        body_bytes=settings.max_body_bytes,
    )
