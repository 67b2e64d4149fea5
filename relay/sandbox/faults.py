"""Faults that can be armed at run time: which calls they strike, and how often."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from enum import StrEnum
from random import Random
from typing import Any, Final

from relay.sandbox.routes import BY_NAME

OAUTH: Final = "oauth"
EXCHANGE: Final = "oauth-exchange"
REFRESH: Final = "oauth-refresh"
_ROUTES: Final = (*BY_NAME, OAUTH, EXCHANGE, REFRESH)


class FaultKind(StrEnum):
    """What goes wrong."""

    STATUS = "status"
    DELAY = "delay"
    HANG_AFTER_ACCEPT = "hang_after_accept"
    RESET_BEFORE = "reset_before"
    TRUNCATE_JSON = "truncate_json"
    SLOW_BODY = "slow_body"
    REDIRECT = "redirect"
    STORM = "429_storm"
    DAY_QUOTA_SPENT = "day_quota_spent"
    IP_BLOCKED = "ip_blocked"
    SCOPE_REMOVED = "scope_removed"
    WRONG_REGION = "wrong_region"
    REVOKE = "revoke"
    CLOUDFLARE_HTML = "cloudflare_html"
    GZIP = "gzip"
    EXPIRED = "token_expired_now"
    REFRESH_LOST = "refresh_lost"


class Content(StrEnum):
    """What body a `status` fault sends."""

    JSON = "json"
    HTML = "html"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A kind, what it strikes (all that is given must match), and what the kind needs to know."""

    kind: FaultKind
    company: str | None = None
    route: str | None = None
    event_id: re.Pattern[str] | None = None
    nth: int | None = None
    probability: float = 1.0
    seed: int | None = None
    count: int | None = None
    status: int = 500
    body: Content = Content.JSON
    seconds: float = 1.0
    location: str = "https://elsewhere.api.gong.localhost/"

    def as_dict(self) -> dict[str, Any]:
        shown = {option.name: getattr(self, option.name) for option in fields(self)}
        return shown | {"event_id": self.event_id and self.event_id.pattern}


@dataclass(slots=True)
class Armed:
    """A fault in force. `matched` counts the calls it was meant for, `fired` those it struck."""

    fault: Fault
    random: Random
    matched: int = 0
    fired: int = 0


@dataclass(frozen=True, slots=True)
class Target:
    """What a fault may look at in a call."""

    company: str
    routes: tuple[str, ...]
    event_id: str | None


@dataclass(slots=True)
class Faults:
    armed: list[Armed] = field(default_factory=list)

    def arm(self, fault: Fault) -> None:
        self.armed.append(Armed(fault, Random(fault.seed)))

    def striking(self, target: Target) -> list[Fault]:
        """The faults that strike this call, in the order in which they were armed."""
        return [armed.fault for armed in self.armed if _is_meant(armed.fault, target) and _fires(armed)]


def parse(given: object) -> Fault:
    """A fault from JSON. ValueError says which key is wrong, and the remedy."""
    if not isinstance(given, dict):
        raise ValueError('write a fault as an object, such as {"kind": "status", "status": 503}')  # noqa: TRY004
    if "kind" not in given:
        raise ValueError(f"kind: missing; write one of {', '.join(FaultKind)}")
    _check_names(given)
    return Fault(**{name: _value(name, value) for name, value in given.items()})


def _is_meant(fault: Fault, target: Target) -> bool:
    return (
        fault.company in {None, target.company}
        and _is_on_route(fault, target.routes)
        and (fault.event_id is None or fault.event_id.search(target.event_id or "") is not None)
    )


def _is_on_route(fault: Fault, routes: tuple[str, ...]) -> bool:
    """Without a route a fault is of the API, and leaves the token endpoint alone: that is another host of Gong's."""
    if fault.kind is FaultKind.REFRESH_LOST:
        return REFRESH in routes
    return OAUTH not in routes if fault.route is None else fault.route in routes


def _fires(armed: Armed) -> bool:
    fault = armed.fault
    armed.matched += 1
    fires = (
        fault.nth in {None, armed.matched}
        and (fault.count is None or armed.fired < fault.count)
        and armed.random.random() < fault.probability
    )
    armed.fired += fires
    return fires


def _check_names(given: Mapping[str, object]) -> None:
    names = [option.name for option in fields(Fault)]
    for name in given:
        if name not in names:
            near = get_close_matches(name, names, n=1)
            raise ValueError(f"{name}: no such key" + (f"; did you mean {near[0]}?" if near else ""))


def _value(name: str, value: Any) -> Any:
    try:
        read = _READERS[name](value)
    except (ValueError, TypeError, re.error) as error:
        raise ValueError(f"{name}: {error}") from error
    return read


def _route(name: str) -> str:
    if name not in _ROUTES:
        raise ValueError(f"write one of {', '.join(_ROUTES)}")
    return name


def _in_range(least: float, most: float, value: float) -> float:
    if not least <= value <= most:
        raise ValueError(f"write a number from {least:g} to {most:g}")
    return value


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "kind": FaultKind,
    "company": str,
    "route": _route,
    "event_id": re.compile,
    "nth": lambda value: int(_in_range(1, 1e9, int(value))),
    "probability": lambda value: _in_range(0, 1, float(value)),
    "seed": int,
    "count": lambda value: int(_in_range(1, 1e9, int(value))),
    "status": lambda value: int(_in_range(200, 999, int(value))),
    "body": Content,
    "seconds": lambda value: _in_range(0, 86_400, float(value)),
    "location": str,
}
