"""Settlement: what happens to an event after each outcome of an attempt, and to a destination after a probe.

`relay.core.outcome` says what a response of Gong means; `settle` says what the relay does about it.
"""

import random
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, assert_never

import orjson

from relay.core.backoff import RetrySchedule, failure_pause, rate_limit_pause
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
from relay.store.holds import ProbeResult

_MAX_BLOCKED_ATTEMPTS = 3
"""An event that is blocked this often while other calls of its destination pass becomes a dead letter."""

_NOT_THE_EVENTS_FAULT = frozenset({408, 425, 502, 503, 504, *range(520, 531)})
"""Statuses of a proxy in front of Gong, or of a Gong that is down. A 500 may be caused by one body, so it is not here."""


@dataclass(frozen=True, slots=True)
class SettlementOptions:
    """How outcomes are settled."""

    schedule: RetrySchedule = field(default_factory=RetrySchedule)
    retention: Retention = field(default_factory=Retention)
    probe_interval: float = 300.0
    """Seconds between two probes of a destination on hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt to deliver an event, and its outcome."""

    event: LeasedEvent
    outcome: Outcome
    worker: str
    started_at: datetime
    seconds: float
    """How long Gong took to respond."""
    limits: Limits = Limits()  # noqa: RUF009 - Limits is frozen, so one default instance can be shared

    def record(self) -> bytes:
        """Return the attempt as JSON for the event's page. It holds no body and no header."""
        outcome = self.outcome
        # Not every outcome has each of these fields; what is missing or empty is left out.
        record: dict[str, Any] = {
            "number": self.event.try_number,
            "started_at": self.started_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "seconds": round(self.seconds, 3),
            "worker": self.worker,
            "outcome": outcome_code(outcome),
            "status": outcome.status,
            "request_id": outcome.request_id,
            "code": getattr(outcome, "code", None) or getattr(outcome, "cause", None),
            "errors": list(getattr(outcome, "errors", ())),
            "retry_after": getattr(outcome, "retry_after", None),
        }
        return orjson.dumps({name: value for name, value in record.items() if value not in (None, [])})


def settle(attempt: Attempt, options: SettlementOptions) -> Settlement:
    """Return the step in the store that settles an attempt."""
    event, outcome, record = attempt.event, attempt.outcome, attempt.record()
    retention = options.retention
    match outcome:
        case Delivered():  # 200 or 201 with a requestId: the event is in Gong
            return end_event(
                State.DELIVERED, outcome.request_id, record=record, keep_seconds=retention.delivered
            )
        case AlreadyReported():  # 409: Gong has this eventId
            # If an earlier attempt ended without a response, it was that attempt which Gong accepted.
            state = State.DELIVERED if event.ambiguous else State.DUPLICATE
            return end_event(state, outcome.request_id, record=record, keep_seconds=retention.delivered)
        case RateLimited():  # 429: the company's calls pause; the event goes back to its queue and spends no attempt
            seconds = rate_limit_pause(outcome.retry_after, event.consecutive_429s)
            per_day = attempt.limits.per_day if outcome.from_gong else 0
            return freeze_company(seconds, per_day=per_day, record=record)
        case Failed():  # 5xx, timeout, broken connection, no answer of Gong's: retry later
            return _retry_or_dead_letter(attempt, outcome, options)
        case Rejected():  # 400, 413 …: Gong will never accept this body
            text = "; ".join(outcome.errors) or f"HTTP {outcome.status}"
            return dead_letter(
                DeadLetterReason.REJECTED,
                text,
                record=record,
                keep_seconds=retention.dead,
                status=outcome.status,
            )
        case Blocked():  # 401, 403, 404, 3xx, a proxy's 4xx: no call of this destination passes
            return _hold_or_dead_letter(event, outcome, record=record, options=options)
        case _:
            assert_never(outcome)


def _retry_or_dead_letter(attempt: Attempt, outcome: Failed, options: SettlementOptions) -> Settlement:
    """Retry later, or make the event a dead letter when its attempts or its age are used up."""
    event, text = attempt.event, "; ".join(outcome.errors) or outcome.code
    # The trial call of a circuit breaker tests Gong, not the event: it spends no attempt. Neither does the first loss of a
    # kept connection, which its peer may close at any time. The next attempt gets a new connection.
    is_closed_early = outcome.reused and not event.ambiguous
    spends_attempt = not (event.is_trial_call or is_closed_early)
    age = (attempt.started_at - event.received_at).total_seconds()
    jitter = random.random()  # noqa: S311 - jitter needs no cryptographic randomness
    seconds = options.schedule.delay(event.attempts + spends_attempt, age, jitter)
    if seconds is None:
        return dead_letter(
            DeadLetterReason.RETRIES_EXHAUSTED,
            text,
            record=attempt.record(),
            keep_seconds=options.retention.dead,
            status=outcome.status,
        )
    gong_at_fault = is_gongs_fault(outcome) and not is_closed_early
    pause = failure_pause(outcome.retry_after)
    retry = Retry(
        seconds=max(seconds, pause),
        ambiguous=outcome.ambiguous,
        counts_as_attempt=spends_attempt,
        gong_at_fault=gong_at_fault,
        # Who asks everyone to wait is obeyed for the whole company, but a 500 may be about this one body.
        company_pause=pause if gong_at_fault else 0.0,
        error=text,
    )
    return retry_later(retry, record=attempt.record())


def is_gongs_fault(outcome: Failed) -> bool:
    """True if no event can have caused the failure. A plain 500 may be the fault of one body."""
    return outcome.status is None or outcome.status in _NOT_THE_EVENTS_FAULT or outcome.code == "not_gong"


def _hold_or_dead_letter(
    event: LeasedEvent, outcome: Blocked, *, record: bytes, options: SettlementOptions
) -> Settlement:
    """Put the destination on hold, or make the event a dead letter if only this event is blocked, repeatedly."""
    # Status 0 means that no call was made, such as for lack of a token. That is never the fault of one event.
    text = "; ".join(outcome.errors) or (f"HTTP {outcome.status}" if outcome.status else "")
    if event.blocked_count + 1 >= _MAX_BLOCKED_ATTEMPTS and outcome.status:
        return dead_letter(
            DeadLetterReason.BLOCKED,
            text,
            record=record,
            keep_seconds=options.retention.dead,
            status=outcome.status,
        )
    return hold_event(outcome.cause, text, record=record, probe_seconds=options.probe_interval)


def log_attempt(attempt: Attempt, settlement: Settlement, *, settled: bool) -> None:
    """Log one line for an attempt. `settled` is False if the lease had expired and the event was another worker's."""
    event, outcome = attempt.event, attempt.outcome
    log_event(
        "delivery.attempted",
        id=event.id,
        destination=event.destination,
        company=event.company,
        operation=event.operation,
        number=event.try_number,
        outcome=outcome_code(outcome),
        status=outcome.status,
        request_id=outcome.request_id,
        seconds=round(attempt.seconds, 3),
        settled=settlement.verb if settled else "lease_lost",
        worker=attempt.worker,
    )


def summarize_probe(outcome: Outcome | None) -> ProbeResult:
    """Return the result of a probe. `outcome` is None if the destination is not configured."""
    if outcome is None:
        return ProbeResult("not_configured")
    # A probe sends an empty body. Gong checks the credentials first, so a rejected body means that they passed.
    if not isinstance(outcome, Blocked | RateLimited | Failed):
        return ProbeResult("passed", outcome.status)
    cause = outcome.cause if isinstance(outcome, Blocked) else None
    return ProbeResult(outcome_code(outcome), outcome.status, "; ".join(outcome.errors), cause)
