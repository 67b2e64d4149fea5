"""Which destination an item goes to: its source's one, or the one that a value in the item tells."""

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

UNROUTED: Final = Destination("unrouted", "unrouted", OAuthCredentials())
"""Stands in the place of the destination that an event has not. No destination may be called so."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where an item goes: `account` is the value that told it, `problem` why it goes nowhere."""

    destination: Destination = UNROUTED
    account: str | None = None
    problem: Problem | None = None


Router: TypeAlias = Callable[[Mapping[str, Any], StepCounter], Route]
"""Where the item in a scope goes. Never raises."""


@dataclass(frozen=True, slots=True)
class Routing:
    """How a source finds each item's destination.

    `text` is the template as the configuration has it, `accounts` names the destinations of values that are neither
    a connected account nor a destination's name, `dialect` is what the source's rules are made for.
    """

    text: str
    template: Template
    accounts: Mapping[str, str]
    dialect: Dialect = Dialect.GONG


class DestinationLookup(Protocol):
    """Where destinations are found."""

    def find(self, name: str) -> Destination | None: ...

    def by_account(self, account: str) -> Destination | None: ...


def fixed_router(destination: Destination) -> Router:
    """Every item goes to the one."""
    everywhere = Route(destination)
    return lambda _scope, _meter: everywhere


def build_router(routing: Routing, finder: DestinationLookup, *, dialect: Dialect | None = None) -> Router:
    """Each item goes where its value says. With a `dialect`, only to a destination that speaks it."""

    def route(scope: Mapping[str, Any], meter: StepCounter) -> Route:
        try:
            value = routing.template.evaluate(scope, meter)
        except NoValue as error:
            return _unroutable(routing, f"has no value for this item: {error}")
        except WorkLimitExceeded:
            return _unroutable(routing, "needs more work than one event may: look at fewer elements")
        account = _account(value)
        if account is None:
            return _unroutable(
                routing,
                f"tells no destination: in this item it is no text of 1 to {ACCOUNT_MAX} characters, nor a whole number",
            )
        found = _find(routing, finder, account)
        if found is None:
            why = f"is '{printable_key(account)}', which no destination answers to. {_REMEDY}"
            return _unroutable(routing, why, account)
        if dialect is not None and found.dialect is not dialect:
            why = _FOREIGN.format(account=printable_key(account), found=found, dialect=dialect)
            return _unroutable(routing, why, account)
        return Route(found, account)

    return route


_REMEDY = "Connect it under this account, or name it in the source's accounts; then replay"
_FOREIGN = (
    "is '{account}', which leads to {found.name}: it speaks {found.dialect}, and this source's rules are made for "
    "{dialect}. Give it a source of its own; then replay"
)


def _find(routing: Routing, finder: DestinationLookup, account: str) -> Destination | None:
    named = routing.accounts.get(account)
    if named is not None:
        return finder.find(named)
    return finder.by_account(account) or finder.find(account)


def _account(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    account = format_scalar(value).strip()
    return account if 0 < len(account) <= ACCOUNT_MAX else None


def _unroutable(routing: Routing, why: str, account: str | None = None) -> Route:
    problem = Problem("destination", EventProblemCode.NO_DESTINATION, f"{routing.text} {why}")
    return Route(account=account, problem=problem)


def dedupe_key(source: str, account: str | None, event_id: str) -> str | None:
    """What an event is deduplicated by where its source routes: two customers may use one id. None: by its eventId."""
    return None if account is None else f"{source}@{account}:{event_id}"
