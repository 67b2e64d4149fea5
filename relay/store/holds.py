"""What operators do: pause and resume destinations, replay and discard events."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from redis import Redis

from relay.core.destination import Destination
from relay.core.lifecycle import HoldCause
from relay.store.engine import keys
from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.engine.redis_time import SECOND, to_datetime
from relay.store.engine.scripts import Scripts

_AT_ONCE = 1000
_WEEK = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """Why a destination is to rest. With `probe_seconds` its credentials are tried after that long, and the hold
    ends when they pass; without, only an operator ends it.
    """

    cause: HoldCause
    detail: str
    probe_seconds: float | None


def hold_destination(scripts: Scripts, destination: Destination, hold: HoldRequest) -> bool:
    """Put a destination on hold, or change why. True when it was not on hold before."""
    probe = "" if hold.probe_seconds is None else int(hold.probe_seconds * SECOND)
    with redis_errors_as_unavailable():
        return bool(
            scripts.run("hold", destination.name, destination.company, hold.cause, hold.detail, probe)
        )


def resume_destination(scripts: Scripts, name: str, *, probed: bool = False) -> tuple[bool, int]:
    """End a hold. Returns whether there was one, and how many events went back to their queue, in their order.

    `probed`: Gong has just taken the credentials, so an event that is locked out next has itself to blame.
    """
    was_held, moved = False, 0
    while True:
        with redis_errors_as_unavailable():
            was, some, left = scripts.run("resume", name, _AT_ONCE, int(probed))
        was_held, moved = was_held or bool(was), moved + some
        if not left:
            return was_held, moved


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What came of a probe: `passed`, an outcome's word, or `not_configured`; Gong's status and words.

    `cause` is what a hold for it would be for.
    """

    outcome: str
    status: int | None = None
    detail: str = ""
    cause: HoldCause | None = None


def request_probe(redis: Redis, destination: Destination) -> None:
    """Have a destination's credentials tried as soon as its budget allows, on hold or not."""
    with redis_errors_as_unavailable():
        redis.hset(keys.PROBE_REQUESTS, destination.name, destination.company)


def save_probe_result(redis: Redis, name: str, probed: ProbeResult) -> None:
    """Keep what came of a probe, for a week."""
    seconds, microseconds = redis.time()
    told = ("at", seconds * SECOND + microseconds, "outcome", probed.outcome)
    said = ("status", probed.status or 0, "detail", probed.detail[:500], "cause", probed.cause or "")
    with redis.pipeline() as pipeline:
        pipeline.hset(keys.PROBE_RESULT + name, items=[*told, *said])
        pipeline.expire(keys.PROBE_RESULT + name, _WEEK)
        pipeline.execute()


def freeze_after_probe(scripts: Scripts, name: str, seconds: float) -> None:
    """Make no call of the company of a destination on hold for so long: its probe was answered 429."""
    scripts.run("freeze_company", name, int(seconds * SECOND))


def read_probe_result(redis: Redis, name: str) -> tuple[datetime, ProbeResult] | None:
    """When the last probe of a destination ended, and what came of it. None where there was none within a week."""
    with redis_errors_as_unavailable():
        fields: Any = redis.hgetall(keys.PROBE_RESULT + name)
    if not fields:
        return None
    told = {field.decode(): value.decode() for field, value in fields.items()}
    cause = HoldCause(told["cause"]) if told.get("cause") else None
    probed = ProbeResult(told["outcome"], int(told["status"]) or None, told["detail"], cause)
    return to_datetime(told["at"]), probed


@dataclass(frozen=True, slots=True)
class PastHold:
    """A hold that has ended: its cause in a word, Gong's own words, and from when to when it was."""

    since: datetime
    until: datetime
    cause: str
    detail: str


def read_past_holds(redis: Redis, destination: str) -> list[PastHold]:
    """The last fifty holds of a destination that have ended, newest first."""
    with redis_errors_as_unavailable():
        lines: Any = redis.lrange(keys.HOLD_HISTORY + destination, 0, -1)
    return [_past_hold(line.decode("utf-8", "replace")) for line in lines]


def _past_hold(line: str) -> PastHold:
    since, until, cause, detail = line.split("|", 3)
    return PastHold(to_datetime(since), to_datetime(until), cause, detail)
