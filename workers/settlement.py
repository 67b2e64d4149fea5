"""What becomes of an event after an attempt: from an outcome to the step in the store that settles it."""

import random
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

import orjson

from relay.core.backoff import RetrySchedule, rate_limit_pause
from relay.core.destination import Limits
from relay.core.lifecycle import DeadLetterReason, State
from relay.core.outcome import (
    AlreadyReported,
    Blocked,
    Delivered,
    Failed,
    Outcome,
    RateLimited,
    Rejected,
    outcome_code,
)
from relay.log import log_event
from relay.store.accept import Retention
from relay.store.delivery import (
    LeasedEvent,
    Retry,
    Settlement,
    dead_letter,
    end_event,
    freeze_company,
    hold_event,
    retry_later,
)

_MOST_LOCKOUTS = 3
_OF_THE_WAY = frozenset({408, 425, 502, 503, 504, *range(520, 531)})
"""Answers of what stands before Gong, or of a Gong that is not up: no event is to blame for them."""


@dataclass(frozen=True, slots=True)
class SettlementOptions:
    """How outcomes are settled. Times in seconds."""

    schedule: RetrySchedule = field(default_factory=RetrySchedule)
    retention: Retention = field(default_factory=Retention)
    probe_interval: float = 300.0


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at making a call, as it is recorded. `seconds` is how long the answer took, `limits` its company's."""

    taken: LeasedEvent
    outcome: Outcome
    worker: str
    started_at: datetime
    seconds: float
    limits: Limits = Limits()  # noqa: RUF009 - frozen, and the same for all

    def record(self) -> bytes:
        """The attempt as JSON: what an operator is shown. Never a body, never a header."""
        outcome = self.outcome
        told = {
            "number": self.taken.try_number,
            "started_at": self.started_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "seconds": round(self.seconds, 3),
            "worker": self.worker,
            "outcome": outcome_code(outcome),
            "status": outcome.status,
            "request_id": outcome.request_id,
            "code": getattr(outcome, "code", None) or getattr(outcome, "cause", None),
            "errors": list(getattr(outcome, "errors", ())),
            "retry_after": getattr(outcome, "seconds", None),
        }
        return orjson.dumps({name: value for name, value in told.items() if value not in (None, [])})


def settle(attempt: Attempt, rules: SettlementOptions) -> Settlement:
    """What becomes of the event. Waiting is not failing: only an answer that judged the event spends an attempt."""
    taken, outcome, record = attempt.taken, attempt.outcome, attempt.record()
    keep = rules.retention
    match outcome:
        case Delivered():
            return end_event(State.DELIVERED, outcome.request_id, record=record, keep_seconds=keep.delivered)
        case AlreadyReported():
            state = State.DELIVERED if taken.ambiguous else State.DUPLICATE
            return end_event(state, outcome.request_id, record=record, keep_seconds=keep.delivered)
        case RateLimited():
            seconds = rate_limit_pause(outcome.seconds, taken.consecutive_429s)
            return freeze_company(seconds, per_day=attempt.limits.per_day, record=record)
        case Failed():
            return _again(attempt, outcome, rules)
        case Rejected():
            text = "; ".join(outcome.errors) or f"HTTP {outcome.status}"
            return dead_letter(
                DeadLetterReason.REJECTED, text, record=record, keep_seconds=keep.dead, status=outcome.status
            )
        case Blocked():
            return _lock(taken, outcome, record=record, rules=rules)
        case _:
            assert_never(outcome)


def _again(attempt: Attempt, outcome: Failed, rules: SettlementOptions) -> Settlement:
    """A call that only tries whether a Gong that was down is up again spends no attempt of its event."""
    taken, text = attempt.taken, "; ".join(outcome.errors) or outcome.code
    spent = not taken.is_trial_call
    age = (attempt.started_at - taken.received_at).total_seconds()
    luck = random.random()  # noqa: S311 - jitter is no secret
    seconds = rules.schedule.delay(taken.attempts + spent, age, luck)
    if seconds is None:
        keep = rules.retention.dead
        return dead_letter(
            DeadLetterReason.RETRIES_EXHAUSTED,
            text,
            record=attempt.record(),
            keep_seconds=keep,
            status=outcome.status,
        )
    gong_at_fault = outcome.status is None or outcome.status in _OF_THE_WAY or outcome.code == "not_gong"
    again = Retry(max(seconds, outcome.seconds or 0.0), outcome.ambiguous, spent, gong_at_fault, text)
    return retry_later(again, record=attempt.record())


def _lock(taken: LeasedEvent, outcome: Blocked, *, record: bytes, rules: SettlementOptions) -> Settlement:
    text = "; ".join(outcome.errors) or (f"HTTP {outcome.status}" if outcome.status else "")
    if taken.blocked_count + 1 >= _MOST_LOCKOUTS and outcome.status:
        keep = rules.retention.dead
        return dead_letter(
            DeadLetterReason.BLOCKED, text, record=record, keep_seconds=keep, status=outcome.status
        )
    return hold_event(outcome.cause, text, record=record, probe_seconds=rules.probe_interval)


def log_attempt(attempt: Attempt, settlement: Settlement, *, settled: bool) -> None:
    """One line for each attempt. `settled`: False when the event was no longer this worker's."""
    taken, outcome = attempt.taken, attempt.outcome
    log_event(
        "delivery.attempted",
        id=taken.id,
        event_id=taken.event_id,
        destination=taken.destination,
        company=taken.company,
        operation=taken.operation,
        number=taken.try_number,
        outcome=outcome_code(outcome),
        status=outcome.status,
        request_id=outcome.request_id,
        seconds=round(attempt.seconds, 3),
        settled=settlement.verb if settled else "lease_lost",
        worker=attempt.worker,
    )
