"""Deliverer: makes the call of one event, or a probe, and classifies the response."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import NoReturn

import orjson

from relay.core.call import Operation
from relay.core.destination import Destination, Limits, OAuthCredentials
from relay.core.lifecycle import HoldCause
from relay.core.outcome import (
    Blocked,
    HttpResponse,
    NoResponse,
    Outcome,
    classify_response,
    outcome_code,
)
from relay.core.visit_session import aggregate_body
from relay.store.delivery import LeasedEvent
from relay.tracing.spans import SpanRole, annotate, span
from workers.credentials import CredentialStore
from workers.gong_client import Credentials, GongClient, build_request
from workers.pacing import LatencyEstimator, RateGate


def deliver(event_id: str) -> NoReturn:
    """The function that RQ's jobs name. It always fails: only `PacedWorker` may send events, within Gong's limits.

    A stock RQ worker that takes a job fails here before it sends anything. `rq requeue` brings the event back.
    """
    message = f"event {event_id} must be sent by `gong-relay worker`, not by a stock RQ worker"
    raise RuntimeError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResult:
    """The result of one call."""

    outcome: Outcome
    limits: Limits = Limits()  # noqa: RUF009 - Limits is frozen, so one default instance can be shared
    seconds: float = 0.0
    """How long Gong took, without the wait for the rate gate."""
    base_url: str = ""
    """Empty if no call was made."""
    arrived_at: float | None = None
    """The latest `time.monotonic` at which the call can have reached Gong; None if it did not, or that is unknown."""


_Call = Callable[[Credentials, Callable[[], None]], HttpResponse | NoResponse]


def _is_invalid_token(outcome: Outcome) -> bool:
    # A 401 that names a scope is another matter: a new token would have the same scopes.
    return isinstance(outcome, Blocked) and outcome.cause is HoldCause.INVALID_CREDENTIALS


class Deliverer:
    """Makes calls for a worker. `find` returns a destination by name, None if it is not configured now."""

    def __init__(
        self,
        find: Callable[[str], Destination | None],
        credentials: CredentialStore,
        gong: GongClient,
        gate: RateGate,
    ) -> None:
        self._find = find
        self._credentials = credentials
        self._gong = gong
        self._gate = gate
        self._latency = LatencyEstimator()

    def attempt(
        self, event: LeasedEvent, now: Callable[[], datetime], until: float = float("inf")
    ) -> CallResult:
        """Make the event's call and return its outcome. Raises Unavailable if OAuth tokens cannot be read.

        The call ends by `until`, a `time.monotonic`. Raises NoTimeLeftError if there was no time to make it.
        """
        destination = self._find(event.destination)
        if destination is None:
            return CallResult(outcome=Blocked(0, None, HoldCause.NOT_CONFIGURED, ()))
        body = _build_call_body(event)

        def send(credentials: Credentials, wait: Callable[[], None]) -> HttpResponse | NoResponse:
            request = build_request(credentials, Operation(event.operation), body)
            # After a loss, a kept connection must not lose the event a second time.
            return self._gong.fetch(request, before_write=wait, until=until, fresh=event.ambiguous)

        return self._call(destination, send, now)

    def probe(self, name: str, now: Callable[[], datetime]) -> Outcome | None:
        """Test a destination's credentials; None if it is not configured. Raises Unavailable like `attempt`."""
        destination = self._find(name)
        if destination is None:
            return None

        def probe(credentials: Credentials, wait: Callable[[], None]) -> HttpResponse | NoResponse:
            return self._gong.probe(credentials, destination.dialect, before_write=wait)

        return self._call(destination, probe, now).outcome

    def _call(self, destination: Destination, call: _Call, now: Callable[[], datetime]) -> CallResult:
        """Make a call with the destination's credentials. If Gong rejects an OAuth token, renew it and call once more."""
        credentials = self._credentials.get(destination)
        if isinstance(credentials, Blocked):
            return CallResult(outcome=credentials, limits=destination.limits)
        result = self._timed_call(destination, credentials, partial(call, credentials), now)
        if not (isinstance(destination.credentials, OAuthCredentials) and _is_invalid_token(result.outcome)):
            return result
        renewed = self._credentials.renew(destination, credentials)
        if isinstance(renewed, Blocked):
            return replace(result, outcome=renewed)
        result = self._timed_call(destination, renewed, partial(call, renewed), now)
        # A fresh token that is rejected too means that the customer has withdrawn the consent.
        if isinstance(result.outcome, Blocked) and _is_invalid_token(result.outcome):
            blocked = replace(result.outcome, cause=HoldCause.REAUTHORIZATION_REQUIRED)
            result = replace(result, outcome=blocked)
        return result

    def _timed_call(
        self,
        destination: Destination,
        credentials: Credentials,
        call: Callable[[Callable[[], None]], HttpResponse | NoResponse],
        now: Callable[[], datetime],
    ) -> CallResult:
        written_at = time.monotonic()

        def wait() -> None:
            nonlocal written_at
            self._gate.wait(destination.company, destination.limits.per_second)
            written_at = time.monotonic()

        with span("call Gong", SpanRole.CLIENT):
            response = call(wait)
            seconds = time.monotonic() - written_at
            outcome = classify_response(response, now())
            _annotate_span(outcome, destination, seconds)
        # Without a response it is unknown when, or whether, the call arrived.
        arrived_at = None
        if isinstance(response, HttpResponse):
            arrived_at = written_at + self._latency.estimate_delay(credentials.base_url, seconds)
        return CallResult(
            outcome=outcome,
            limits=destination.limits,
            seconds=seconds,
            base_url=destination.base_url,
            arrived_at=arrived_at,
        )


def _annotate_span(outcome: Outcome, destination: Destination, seconds: float) -> None:
    # The span also covers the wait for the rate gate, so the call's own duration is an attribute.
    annotate(
        relay__base_url=destination.base_url,
        relay__outcome=outcome_code(outcome),
        relay__call_seconds=round(seconds, 3),
        http__response__status_code=outcome.status,
        gong__request_id=outcome.request_id,
    )


def _build_call_body(event: LeasedEvent) -> bytes:
    """Return the event's own body, or for a session's carrier the body of the whole session."""
    if event.aggregate is None:
        return event.body
    return orjson.dumps(aggregate_body(event.operation, orjson.loads(event.body), event.aggregate))
