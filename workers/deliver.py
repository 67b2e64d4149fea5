"""The job: make one event's call, and judge what came back."""

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
from relay.core.outcome import Blocked, HttpResponse, NoResponse, Outcome, classify_response, outcome_code
from relay.core.visit_session import aggregate_body
from relay.store.delivery import LeasedEvent
from relay.tracing.spans import SpanRole, annotate, span
from workers.credentials import CredentialStore
from workers.gong_client import Credentials, GongClient
from workers.latency import LatencyEstimator
from workers.rate_gate import RateGate


def deliver(event_id: str) -> NoReturn:
    """The function that RQ's jobs name. Only `PacedWorker` may serve them: a stock worker knows no limits.

    Should one get hold of a job, it fails here before anything is sent; `rq requeue` brings the event back.
    """
    message = f"event {event_id} must be sent by `gong-relay worker`, not by a stock RQ worker"
    raise RuntimeError(message)


@dataclass(frozen=True, slots=True)
class CallResult:
    """A call that was made, and what it meant. `seconds` is what Gong took, without the wait for its turn.

    `arrived_at` is the latest moment, by `time.monotonic`, at which it can have been at Gong; None if it was not, or
    cannot be told. `base_url` is "" where no call was made.
    """

    outcome: Outcome
    limits: Limits = Limits()  # noqa: RUF009 - frozen, and the same for all
    seconds: float = 0.0
    base_url: str = ""
    arrived_at: float | None = None


_Call = Callable[[Credentials, Callable[[], None]], HttpResponse | NoResponse]


def _is_unauthorized(outcome: Outcome) -> bool:
    """Whether Gong does not take the credentials themselves. A 401 that names a scope is another matter."""
    return isinstance(outcome, Blocked) and outcome.cause is HoldCause.INVALID_CREDENTIALS


class Deliverer:
    """Makes calls for a worker. `find` gives the destination of a name; None = there is none such, now."""

    def __init__(
        self,
        find: Callable[[str], Destination | None],
        accesses: CredentialStore,
        gong: GongClient,
        gate: RateGate,
    ) -> None:
        self._find = find
        self._accesses = accesses
        self._gong = gong
        self._gate = gate
        self._travel = LatencyEstimator()

    def attempt(self, taken: LeasedEvent, now: Callable[[], datetime]) -> CallResult:
        """Make the call and judge the answer."""
        destination = self._find(taken.destination)
        if destination is None:
            return CallResult(Blocked(0, None, HoldCause.NOT_CONFIGURED, ()))
        body = _body(taken)

        def send(access: Credentials, turn: Callable[[], None]) -> HttpResponse | NoResponse:
            return self._gong.send(access, Operation(taken.operation), body, turn=turn)

        return self._call(destination, send, now)

    def probe(self, name: str, now: Callable[[], datetime]) -> Outcome | None:
        """What Gong says to this destination's credentials; None when it is not configured."""
        destination = self._find(name)
        if destination is None:
            return None

        def probe(access: Credentials, turn: Callable[[], None]) -> HttpResponse | NoResponse:
            return self._gong.probe(access, destination.dialect, turn=turn)

        return self._call(destination, probe, now).outcome

    def _call(self, destination: Destination, call: _Call, now: Callable[[], datetime]) -> CallResult:
        """Make a call with what the destination proves itself with; a token that Gong does not take is renewed, once."""
        access = self._accesses.of(destination)
        if isinstance(access, Blocked):
            return CallResult(access, destination.limits)
        made = self._timed(destination, access, partial(call, access), now)
        if not (isinstance(destination.credentials, OAuthCredentials) and _is_unauthorized(made.outcome)):
            return made
        fresh = self._accesses.renewed(destination, access)
        if isinstance(fresh, Blocked):
            return replace(made, outcome=fresh)
        made = self._timed(destination, fresh, partial(call, fresh), now)
        if isinstance(made.outcome, Blocked) and _is_unauthorized(made.outcome):
            made = replace(made, outcome=replace(made.outcome, cause=HoldCause.REAUTHORIZATION_REQUIRED))
        return made

    def _timed(
        self,
        destination: Destination,
        access: Credentials,
        call: Callable[[Callable[[], None]], HttpResponse | NoResponse],
        now: Callable[[], datetime],
    ) -> CallResult:
        written = time.monotonic()

        def turn() -> None:
            nonlocal written
            self._gate.wait(destination.company, destination.limits.per_second)
            written = time.monotonic()

        with span("call Gong", SpanRole.CLIENT):
            answer = call(turn)
            seconds = time.monotonic() - written
            outcome = classify_response(answer, now())
            _tell(outcome, destination, seconds)
        arrived = None
        if isinstance(answer, HttpResponse):
            arrived = written + self._travel.estimate_delay(access.base_url, seconds)
        return CallResult(outcome, destination.limits, seconds, destination.base_url, arrived)


def _tell(outcome: Outcome, destination: Destination, seconds: float) -> None:
    """What a trace says of a call. `seconds` runs from its first byte: the span began with the wait for its turn."""
    annotate(
        relay__base_url=destination.base_url,
        relay__outcome=outcome_code(outcome),
        relay__call_seconds=round(seconds, 3),
        http__response__status_code=outcome.status,
        gong__request_id=outcome.request_id,
    )


def _body(taken: LeasedEvent) -> bytes:
    """What is sent: the event's own body, or that of the session that it stands for."""
    if taken.aggregate is None:
        return taken.body
    return orjson.dumps(aggregate_body(taken.operation, orjson.loads(taken.body), taken.aggregate))
