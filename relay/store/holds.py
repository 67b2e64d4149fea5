"""Holds of destinations: start one, end it, probe whether it can end, and read past ones."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from redis import Redis

from relay.core.destination import Destination
from relay.core.lifecycle import HoldCause
from relay.store.engine import keys
from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.engine.redis_time import SECOND, read_store_time, to_datetime
from relay.store.engine.scripts import Scripts

_MAX_MOVED_PER_STEP = 1000
_WEEK = 7 * 24 * 3600
_MAX_DETAIL_LENGTH = 500


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """Why to put a destination on hold.

    With `probe_seconds`, the credentials are probed after that time, and the hold ends if the probe passes. With None, only
    an operator ends it.
    """

    cause: HoldCause
    detail: str
    probe_seconds: float | None


def hold_destination(scripts: Scripts, destination: Destination, hold: HoldRequest) -> bool:
    """Put a destination on hold, or change the cause of its hold. True if it was not on hold before."""
    probe = "" if hold.probe_seconds is None else int(hold.probe_seconds * SECOND)
    with redis_errors_as_unavailable():
        return bool(
            scripts.run("hold", destination.name, destination.company, hold.cause, hold.detail, probe)
        )


def resume_destination(scripts: Scripts, name: str, *, probed: bool = False) -> tuple[bool, int]:
    """End a hold. Returns whether there was one, and how many events went back to their queues, in their order.

    `probed`: Gong has just accepted the credentials. If it blocks an event now, the cause is that event.
    """
    was_on_hold, moved = False, 0
    # In several steps: one script that moves a million events would block Redis.
    while True:
        with redis_errors_as_unavailable():
            ended_now, moved_now, left = scripts.run("resume", name, _MAX_MOVED_PER_STEP, int(probed))
        was_on_hold, moved = was_on_hold or bool(ended_now), moved + moved_now
        if not left:
            return was_on_hold, moved


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """The result of a probe.

    `outcome` is `passed`, the outcome of the call, or `not_configured`. `cause` is the hold cause that the outcome implies.
    """

    outcome: str
    status: int | None = None
    detail: str = ""
    cause: HoldCause | None = None


def request_probe(redis: Redis, destination: Destination) -> None:
    """Have a destination's credentials probed as soon as its budget allows, whether or not it is on hold."""
    with redis_errors_as_unavailable():
        # Only requested here: the probe is a call to Gong, and only workers make those.
        redis.hset(keys.PROBE_REQUESTS, destination.name, destination.company)


def save_probe_result(redis: Redis, name: str, result: ProbeResult) -> None:
    """Keep the result of a probe for a week."""
    fields: dict[Any, Any] = {
        "at": read_store_time(redis),
        "outcome": result.outcome,
        "status": result.status or 0,
        # A proxy may have answered with a whole HTML page.
        "detail": result.detail[:_MAX_DETAIL_LENGTH],
        "cause": result.cause or "",
    }
    with redis.pipeline() as pipeline:
        pipeline.hset(keys.PROBE_RESULT + name, mapping=fields)
        pipeline.expire(keys.PROBE_RESULT + name, _WEEK)
        pipeline.execute()


def freeze_after_probe(scripts: Scripts, name: str, seconds: float, *, rate_limited: bool = True) -> None:
    """Stop the calls of a company for a while, because the response to a probe of its destination asks to wait.

    `rate_limited`: it was a 429, not a failure with Retry-After.
    """
    field = "frozen_until" if rate_limited else "retry_after_until"
    scripts.run("freeze_company", name, int(seconds * SECOND), field)


def read_probe_result(redis: Redis, name: str) -> tuple[datetime, ProbeResult] | None:
    """Return the time and the result of a destination's last probe, or None if there was none within a week."""
    with redis_errors_as_unavailable():
        row: Any = redis.hgetall(keys.PROBE_RESULT + name)
    if not row:
        return None
    fields = {field.decode(): value.decode() for field, value in row.items()}
    cause = HoldCause(fields["cause"]) if fields.get("cause") else None
    result = ProbeResult(fields["outcome"], int(fields["status"]) or None, fields["detail"], cause)
    return to_datetime(fields["at"]), result


@dataclass(frozen=True, slots=True)
class PastHold:
    """A hold that has ended. `detail` is Gong's own message."""

    since: datetime
    until: datetime
    cause: str
    detail: str


def read_past_holds(redis: Redis, destination: str) -> list[PastHold]:
    """Return the last fifty ended holds of a destination, newest first."""
    with redis_errors_as_unavailable():
        lines: Any = redis.lrange(keys.HOLD_HISTORY + destination, 0, -1)
    return [_past_hold(line.decode("utf-8", "replace")) for line in lines]


def _past_hold(line: str) -> PastHold:
    since, until, cause, detail = line.split("|", 3)  # the detail may contain the separator
    return PastHold(to_datetime(since), to_datetime(until), cause, detail)
