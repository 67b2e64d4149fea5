"""A source and a destination of either dialect, and what a body comes to between them."""

from datetime import UTC, datetime
from typing import Any

from relay.core.call import Call, Dialect, Operation, SendAs
from relay.core.destination import BasicCredentials, Destination
from relay.core.gong_compat.dispatch import MappedRequest, map_request
from relay.core.source import Source

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def understood(
    operation: Operation,
    body: Any,
    dialect: Dialect = Dialect.GONG,
    send_as: SendAs = SendAs.DIGITAL_INTERACTION,
) -> MappedRequest:
    """As a destination whose own people are at vendor.com gets it."""
    credentials = BasicCredentials("key", "secret")
    destination = Destination(
        "acme", "acme", credentials, dialect=dialect, internal_domains=frozenset({"vendor.com"})
    )
    source = Source("web", "acme", send_as=send_as)
    return map_request(operation, body, route=(source, destination), now=NOW)


def calls(*arguments: Any, **named: Any) -> tuple[Call, ...]:
    return understood(*arguments, **named).mapped.calls


def only_call(*arguments: Any, **named: Any) -> Call:
    [call] = calls(*arguments, **named)
    return call
