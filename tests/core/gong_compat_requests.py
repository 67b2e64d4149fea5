"""Maps a body from a source to a destination of either dialect."""

from datetime import UTC, datetime
from typing import Any

from relay.core.call import Call, Dialect, Operation, SendAs
from relay.core.destination import BasicCredentials, Destination
from relay.core.gong_compat.dispatch import MappedRequest, map_request
from relay.core.source import Source

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def map_body(
    operation: Operation,
    body: Any,
    dialect: Dialect = Dialect.GONG,
    send_as: SendAs = SendAs.DIGITAL_INTERACTION,
) -> MappedRequest:
    """Map the body for a destination whose internal domain is vendor.com."""
    credentials = BasicCredentials("key", "secret")
    destination = Destination(
        name="acme",
        company="acme",
        credentials=credentials,
        dialect=dialect,
        internal_domains=frozenset({"vendor.com"}),
    )
    source = Source(name="web", destination="acme", send_as=send_as)
    return map_request(operation, body, route=(source, destination), now=NOW)


def map_to_calls(*args: Any, **kwargs: Any) -> tuple[Call, ...]:
    return map_body(*args, **kwargs).mapped.calls


def map_to_one_call(*args: Any, **kwargs: Any) -> Call:
    [call] = map_to_calls(*args, **kwargs)
    return call
