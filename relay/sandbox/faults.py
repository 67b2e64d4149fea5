"""Faults that can be armed at run time: what goes wrong, for which calls, and how often."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from enum import StrEnum
from random import Random
from typing import Any, Final

from relay.sandbox.routes import ROUTES_BY_NAME

OAUTH: Final = "oauth"
EXCHANGE: Final = "oauth-exchange"
REFRESH: Final = "oauth-refresh"
_ROUTES: Final = (*ROUTES_BY_NAME, OAUTH, EXCHANGE, REFRESH)


class FaultKind(StrEnum):
    """What goes wrong."""

    STATUS = "status"
    DELAY = "delay"
    HANG_AFTER_ACCEPT = "hang_after_accept"
    RESET_BEFORE = "reset_before"
    TRUNCATE_JSON = "truncate_json"
    SLOW_BODY = "slow_body"
    REDIRECT = "redirect"
    RATE_LIMIT_STORM = "429_storm"
    DAY_QUOTA_SPENT = "day_quota_spent"
    IP_BLOCKED = "ip_blocked"
    SCOPE_REMOVED = "scope_removed"
    WRONG_REGION = "wrong_region"
    REVOKE = "revoke"
    CLOUDFLARE_HTML = "cloudflare_html"
    GZIP = "gzip"
    TOKEN_EXPIRED = "token_expired_now"  # noqa: S105 - the name of a fault, not a secret
    REFRESH_LOST = "refresh_lost"


class FaultBody(StrEnum):
    """The body that a `status` fault sends."""

    JSON = "json"
    OTHER_JSON = "other_json"
    """JSON of a gateway, without a requestId."""
    HTML = "html"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A kind of fault, the calls that it applies to, and the parameters of the kind."""

    kind: FaultKind
    # Which calls: each condition that is set must match.
    company: str | None = None
    route: str | None = None
    event_id: re.Pattern[str] | None = None
    nth: int | None = None
    """Only the nth matching call, counted from 1."""

    probability: float = 1.0
    seed: int | None = None
    count: int | None = None
    """How often the fault fires at most."""

    # Parameters of some kinds; the others ignore them.
    status: int = 500
    body: FaultBody = FaultBody.JSON
    seconds: float = 1.0
    location: str = "https://elsewhere.api.gong.localhost/"
    retry_after: str | None = None
    """The Retry-After header of a `status` fault."""

    def as_dict(self) -> dict[str, Any]:
        values = {option.name: getattr(self, option.name) for option in fields(self)}
        return values | {"event_id": self.event_id and self.event_id.pattern}


@dataclass(slots=True)
class ArmedFault:
    """An armed fault with its counters."""

    fault: Fault
    random: Random
    matched: int = 0
    """Calls that met the fault's conditions."""

    fired: int = 0
    """Calls that the fault was applied to."""


@dataclass(frozen=True, slots=True)
class FaultTarget:
    """The properties of a call that a fault can match."""

    company: str
    routes: tuple[str, ...]
    event_id: str | None


@dataclass(slots=True)
class Faults:
    armed: list[ArmedFault] = field(default_factory=list)

    def arm(self, fault: Fault) -> None:
        self.armed.append(ArmedFault(fault, Random(fault.seed)))

    def trigger(self, target: FaultTarget) -> list[Fault]:
        """Count this call and return the faults to apply to it, in the order in which they were armed."""
        return [armed.fault for armed in self.armed if _matches(armed.fault, target) and _fires(armed)]


def parse_fault(body: object) -> Fault:
    """Build a fault from JSON. Raises ValueError with the key that is wrong and what to write instead."""
    if not isinstance(body, dict):
        raise ValueError(  # noqa: TRY004 - a ValueError becomes a 400
            'a fault must be an object, such as {"kind": "status", "status": 503}'
        )
    if "kind" not in body:
        raise ValueError(f"kind: missing; use one of {', '.join(FaultKind)}")
    _check_keys(body)
    return Fault(**{name: _parse_value(name, value) for name, value in body.items()})


def _matches(fault: Fault, target: FaultTarget) -> bool:
    return (
        fault.company in {None, target.company}
        and _is_on_route(fault, target.routes)
        and (fault.event_id is None or fault.event_id.search(target.event_id or "") is not None)
    )


def _is_on_route(fault: Fault, routes: tuple[str, ...]) -> bool:
    # A fault without a route applies to the API only: at Gong the token endpoint is on another host.
    if fault.kind is FaultKind.REFRESH_LOST:
        return REFRESH in routes
    return OAUTH not in routes if fault.route is None else fault.route in routes


def _fires(armed: ArmedFault) -> bool:
    fault = armed.fault
    # Count before deciding: `nth` refers to matching calls, whether or not the fault applied to them.
    armed.matched += 1
    fires = (
        fault.nth in {None, armed.matched}
        and (fault.count is None or armed.fired < fault.count)
        and armed.random.random() < fault.probability
    )
    armed.fired += fires
    return fires


def _check_keys(body: Mapping[str, object]) -> None:
    names = [option.name for option in fields(Fault)]
    for name in body:
        if name not in names:
            matches = get_close_matches(name, names, n=1)
            raise ValueError(f"{name}: unknown key" + (f"; did you mean {matches[0]}?" if matches else ""))


def _parse_value(name: str, value: Any) -> Any:
    try:
        parsed = _PARSERS[name](value)
    except (ValueError, TypeError, re.error) as error:
        raise ValueError(f"{name}: {error}") from error
    return parsed


def _parse_route(name: str) -> str:
    if name not in _ROUTES:
        raise ValueError(f"must be one of {', '.join(_ROUTES)}")
    return name


def _check_range(minimum: float, maximum: float, value: float) -> float:
    if not minimum <= value <= maximum:
        raise ValueError(f"must be a number from {minimum:g} to {maximum:g}")
    return value


_PARSERS: Mapping[str, Callable[[Any], Any]] = {
    "kind": FaultKind,
    "company": str,
    "route": _parse_route,
    "event_id": re.compile,
    "nth": lambda value: int(_check_range(1, 1e9, int(value))),
    "probability": lambda value: _check_range(0, 1, float(value)),
    "seed": int,
    "count": lambda value: int(_check_range(1, 1e9, int(value))),
    "status": lambda value: int(_check_range(200, 999, int(value))),
    "body": FaultBody,
    "seconds": lambda value: _check_range(0, 86_400, float(value)),
    "location": str,
    "retry_after": str,
}
