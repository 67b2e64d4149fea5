"""The job: make one event's call, judge what came back, and settle it."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NoReturn, assert_never

import orjson

from relay.core.call import Operation
from relay.core.config import Config
from relay.core.destination import Destination
from relay.core.lifecycle import Cause, Reason, State
from relay.core.outcome import (
    AlreadyReported,
    Delivered,
    Faltered,
    LockedOut,
    Outcome,
    Refused,
    Throttled,
    judge,
    word_for,
)
from relay.core.schedule import Schedule, freeze_seconds
from relay.store.accepting import Retention
from relay.store.delivery import Settlement, Taken, bury, done, freeze, hold, later
from workers.gate import Gate
from workers.gong import Gong

_MOST_LOCKOUTS = 3


def deliver(event_id: str) -> NoReturn:
    """The function that RQ's jobs name. Only `PacedWorker` may serve them: a stock worker knows no limits.

    Should one get hold of a job, it fails here before anything is sent; `rq requeue` brings the event back.
    """
    message = f"event {event_id} must be sent by `gong-relay worker`, not by a stock RQ worker"
    raise RuntimeError(message)


@dataclass(frozen=True, slots=True)
class Rules:
    """How outcomes are settled. Times in seconds."""

    schedule: Schedule = field(default_factory=Schedule)
    retention: Retention = field(default_factory=Retention)
    probe_every: float = 300.0


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at making a call, as it is recorded. `seconds` is how long the answer took."""

    taken: Taken
    outcome: Outcome
    worker: str
    started_at: datetime
    seconds: float

    def record(self) -> bytes:
        """The attempt as JSON: what an operator is shown. Never a body, never a header."""
        outcome = self.outcome
        told = {
            "number": self.taken.try_number,
            "started_at": self.started_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "seconds": round(self.seconds, 3),
            "worker": self.worker,
            "outcome": word_for(outcome),
            "status": outcome.status,
            "request_id": outcome.request_id,
            "code": getattr(outcome, "code", None) or getattr(outcome, "cause", None),
            "errors": list(getattr(outcome, "errors", ())),
            "retry_after": getattr(outcome, "seconds", None),
        }
        return orjson.dumps({name: value for name, value in told.items() if value not in (None, [])})


class Deliverer:
    """Makes calls for a worker. `now` tells the time, `clock` counts seconds and never goes back."""

    def __init__(self, config: Config, gong: Gong, gate: Gate, rules: Rules) -> None:
        self._config = config
        self._gong = gong
        self._gate = gate
        self.rules = rules

    def attempt(self, taken: Taken, now: Callable[[], datetime]) -> tuple[Outcome, float]:
        """Make the call and judge the answer. Returns the seconds that Gong took, without the wait for its turn."""
        destination = self._config.destinations.get(taken.destination)
        if destination is None:
            return LockedOut(0, None, Cause.NOT_CONFIGURED, ()), 0.0
        written = time.monotonic()

        def turn() -> None:
            nonlocal written
            self._wait(destination)
            written = time.monotonic()

        answer = self._gong.send(destination, Operation(taken.operation), taken.body, turn=turn)
        return judge(answer, now()), time.monotonic() - written

    def probe(self, name: str, now: Callable[[], datetime]) -> Outcome | None:
        """What Gong says to this destination's credentials; None when it is not configured."""
        destination = self._config.destinations.get(name)
        if destination is None:
            return None
        return judge(self._gong.probe(destination, turn=lambda: self._wait(destination)), now())

    def settle(self, attempt: Attempt) -> Settlement:
        """What becomes of the event. Waiting is not failing: only an answer that judged the event spends an attempt."""
        taken, outcome, record = attempt.taken, attempt.outcome, attempt.record()
        keep = self.rules.retention
        match outcome:
            case Delivered():
                return done(State.DELIVERED, outcome.request_id, record=record, keep_seconds=keep.delivered)
            case AlreadyReported():
                state = State.DELIVERED if taken.ambiguous else State.DUPLICATE
                return done(state, outcome.request_id, record=record, keep_seconds=keep.delivered)
            case Throttled():
                return freeze(freeze_seconds(outcome.seconds, taken.throttles), record=record)
            case Faltered():
                return self._again(attempt, outcome, record)
            case Refused():
                text = "; ".join(outcome.errors) or f"HTTP {outcome.status}"
                return bury(Reason.REFUSED, text, record=record, keep_seconds=keep.dead)
            case LockedOut():
                return self._lock(taken, outcome, record)
            case _:
                assert_never(outcome)

    def _again(self, attempt: Attempt, outcome: Faltered, record: bytes) -> Settlement:
        age = (attempt.started_at - attempt.taken.received_at).total_seconds()
        luck = random.random()  # noqa: S311 - jitter is no secret
        seconds = self.rules.schedule.delay(attempt.taken.attempts + 1, age, luck)
        if seconds is None:
            text = "; ".join(outcome.errors) or outcome.code
            return bury(Reason.EXHAUSTED, text, record=record, keep_seconds=self.rules.retention.dead)
        return later(max(seconds, outcome.seconds or 0.0), ambiguous=outcome.ambiguous, record=record)

    def _lock(self, taken: Taken, outcome: LockedOut, record: bytes) -> Settlement:
        text = "; ".join(outcome.errors) or (f"HTTP {outcome.status}" if outcome.status else "")
        if taken.lockouts + 1 >= _MOST_LOCKOUTS and outcome.cause is not Cause.NOT_CONFIGURED:
            return bury(Reason.LOCKED_OUT, text, record=record, keep_seconds=self.rules.retention.dead)
        return hold(outcome.cause, text, record=record, probe_seconds=self.rules.probe_every)

    def _wait(self, destination: Destination) -> None:
        self._gate.wait(destination.company, destination.limits.per_second)
