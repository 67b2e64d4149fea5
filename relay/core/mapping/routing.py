"""Routing: finds the destination of each item, either the source's only one or by a value in the item."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias

from relay.core.call import Dialect
from relay.core.default_mapping.properties import format_scalar
from relay.core.destination import Destination, OAuthCredentials
from relay.core.errors import Problem
from relay.core.gong.problems import printable_key
from relay.core.mapping.problems import EventProblemCode
from relay.core.mapping.templates import Template
from relay.core.mapping.work_limit import NoValue, StepCounter, WorkLimitExceeded

ACCOUNT_MAX: Final = 200
"""The longest value, in characters, that can name a destination."""

UNROUTED: Final = Destination(name="unrouted", company="unrouted", credentials=OAuthCredentials())
"""The destination of events that have none. Its name is reserved."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where one item goes."""

    destination: Destination = UNROUTED
    account: str | None = None
    """The value that the item was routed by."""
    problem: Problem | None = None
    """Why the item has no destination."""


Router: TypeAlias = Callable[[Mapping[str, Any], StepCounter], Route]
"""Finds the route of the item in a scope. Never raises."""


@dataclass(frozen=True, slots=True)
class Routing:
    """How a source's configuration says to find each item's destination."""

    text: str
    """The template as written."""
    template: Template
    accounts: Mapping[str, str]
    """Destinations by value, for values that are neither a connected account nor a destination's name."""
    dialect: Dialect = Dialect.GONG
    """The dialect that the source's rules are written for."""


class DestinationLookup(Protocol):
    """Finds destinations, both configured ones and those connected by OAuth."""

    def find(self, name: str) -> Destination | None: ...

    def find_by_account(self, account: str) -> Destination | None: ...


def build_fixed_router(destination: Destination) -> Router:
    """Return a router that sends every item to `destination`."""
    route = Route(destination)
    return lambda _scope, _counter: route


def build_router(routing: Routing, lookup: DestinationLookup, *, dialect: Dialect | None = None) -> Router:
    """Return a router that evaluates the routing's template for each item.

    With a `dialect`, an item whose destination speaks another one gets no route.
    """

    def route(scope: Mapping[str, Any], counter: StepCounter) -> Route:
        try:
            value = routing.template.evaluate(scope, counter)
        except NoValue as error:
            return _make_dead_route(routing, f"has no value for this item: {error}")
        except WorkLimitExceeded:
            return _make_dead_route(routing, "takes more steps than one event may: read fewer elements")
        account = _read_account(value)
        if account is None:
            return _make_dead_route(
                routing, f"must be text of 1 to {ACCOUNT_MAX} characters or a whole number in every item"
            )
        destination = _find_destination(routing, lookup, account)
        if destination is None:
            reason = f"is '{printable_key(account)}', which leads to no destination. {_CONNECT_OR_NAME}"
            return _make_dead_route(routing, reason, account)
        if dialect is not None and destination.dialect is not dialect:
            reason = (
                f"is '{printable_key(account)}', which leads to {destination.name}. That destination speaks the "
                f"{destination.dialect} dialect, and this source's rules are written for {dialect}. "
                "Create a separate source for it, then replay"
            )
            return _make_dead_route(routing, reason, account)
        return Route(destination, account)

    return route


_CONNECT_OR_NAME = "Connect the account, or add it to the source's accounts, then replay"


def _find_destination(routing: Routing, lookup: DestinationLookup, account: str) -> Destination | None:
    # The operator's own table comes first, so that it can override a connected account.
    name = routing.accounts.get(account)
    if name is not None:
        return lookup.find(name)
    return lookup.find_by_account(account) or lookup.find(account)


def _read_account(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    account = format_scalar(value).strip()
    return account if 0 < len(account) <= ACCOUNT_MAX else None


def _make_dead_route(routing: Routing, reason: str, account: str | None = None) -> Route:
    problem = Problem("destination", EventProblemCode.NO_DESTINATION, f"{routing.text} {reason}")
    return Route(account=account, problem=problem)


def make_dedupe_key(source: str, account: str | None, event_id: str) -> str | None:
    """Return the key that a routed event is deduplicated by. None if the eventId alone is enough."""
    # One source may carry several customers' events, and two customers may use the same ids.
    return None if account is None else f"{source}@{account}:{event_id}"
