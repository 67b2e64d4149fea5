"""Settlement of each outcome: what happens to the event, to its company and to its destination."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from relay.core.lifecycle import HoldCause
from relay.core.outcome import AlreadyReported, Blocked, Delivered, Failed, Outcome, RateLimited, Rejected
from relay.store.delivery import SECOND, LeasedEvent, Settlement
from workers.credentials import CredentialStore
from workers.deliver import Deliverer, deliver
from workers.gong_client import GongClient, HttpOptions
from workers.pacing import RateGate
from workers.settlement import Attempt, SettlementOptions, summarize_probe
from workers.settlement import settle as settle_attempt

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def leased_event(**fields: Any) -> LeasedEvent:
    defaults: dict[str, Any] = {
        "company": "acme",
        "id": "01",
        "try_number": 1,
        "destination": "acme",
        "operation": "digital-interaction",
        "body": b"{}",
        "event_id": "web:1",
        "attempts": 0,
        "received_at": NOW,
        "ambiguous": False,
        "blocked_count": 0,
        "consecutive_429s": 0,
    }
    return LeasedEvent(**defaults | fields)


def attempt(outcome: Outcome, **fields: Any) -> Attempt:
    return Attempt(event=leased_event(**fields), outcome=outcome, worker="w1", started_at=NOW, seconds=0.25)


def settle(outcome: Outcome, **fields: Any) -> Settlement:
    return settle_attempt(attempt(outcome, **fields), SettlementOptions())


FAILED: dict[str, Any] = {
    "status": 503,
    "request_id": "r",
    "code": "gong_error",
    "errors": ("down",),
    "ambiguous": True,
    "retry_after": None,
}


def failed(**fields: Any) -> Failed:
    return Failed(**FAILED | fields)


def test_a_delivered_event_ends_and_is_kept_for_three_days():
    settlement = settle(Delivered(200, "r1"))

    assert (settlement.verb, settlement.arguments, settlement.keep_seconds) == (
        "end",
        ("delivered", "r1"),
        72 * 3600,
    )


@pytest.mark.parametrize(("ambiguous", "state"), [(True, "delivered"), (False, "duplicate")])
def test_already_reported_counts_as_delivered_only_after_an_attempt_without_a_response(
    ambiguous: bool,  # noqa: FBT001 - a parameter of the test
    state: str,
):
    settlement = settle(AlreadyReported(409, "r1", ()), ambiguous=ambiguous)

    assert (settlement.verb, settlement.arguments) == ("end", (state, "r1"))


@pytest.mark.parametrize(
    ("seconds", "throttles", "expected"), [(5.0, 0, 5.0), (None, 0, 1.0), (None, 3, 8.0)]
)
def test_a_429_pauses_the_company(seconds: float | None, throttles: int, expected: float):
    settlement = settle(RateLimited(429, "r1", (), seconds), consecutive_429s=throttles)

    assert (settlement.verb, settlement.arguments) == ("freeze", (int(expected * SECOND), 10_000))


def test_a_failed_attempt_is_retried_and_remembered_as_ambiguous():
    settlement = settle(failed())

    assert settlement.verb == "retry"
    delay, ambiguous, spent, gong_at_fault, error, pause = settlement.arguments
    assert 1 * SECOND <= int(delay) <= 2 * SECOND
    assert (ambiguous, spent, gong_at_fault, error, pause) == (1, 1, 1, "down", 0)


@pytest.mark.parametrize(
    ("fields", "gong_at_fault"),
    [
        ({"status": 500}, 0),
        ({"status": 502}, 1),
        ({"status": 522}, 1),
        ({"status": None, "code": "timeout"}, 1),
        ({"status": 200, "code": "not_gong"}, 1),
    ],
)
def test_failures_that_no_event_can_cause_count_for_the_circuit_breaker(
    fields: dict[str, Any], gong_at_fault: int
):
    assert settle(failed(**fields)).arguments[3] == gong_at_fault


def test_the_trial_call_of_a_circuit_breaker_spends_no_attempt():
    settlement = settle(failed(), is_trial_call=True, attempts=11)

    assert (settlement.verb, settlement.arguments[2]) == ("retry", 0)


def test_the_first_loss_of_a_kept_connection_spends_no_attempt_and_is_not_gongs_fault():
    settlement = settle(failed(status=None, code="connection_lost", reused=True), attempts=11)

    assert (settlement.verb, settlement.arguments[1:4]) == ("retry", (1, 0, 0))


def test_the_next_loss_spends_an_attempt():
    settlement = settle(failed(status=None, code="connection_lost", reused=True), ambiguous=True)

    assert settlement.arguments[1:4] == (1, 1, 1)


def test_a_longer_retry_after_is_respected():
    settlement = settle(failed(retry_after=120.0))

    assert settlement.arguments[0] == 120 * SECOND


@pytest.mark.parametrize("status", [502, 503, 504, 408, 529])
def test_the_retry_after_of_a_failure_that_no_event_can_cause_stops_the_whole_company(status: int):
    assert settle(failed(status=status, retry_after=120.0)).arguments[5] == 120 * SECOND


def test_the_retry_after_of_a_500_delays_only_its_event():
    settlement = settle(failed(status=500, retry_after=120.0))

    assert (settlement.arguments[0], settlement.arguments[5]) == (120 * SECOND, 0)


def test_the_retry_after_of_a_failure_is_obeyed_for_an_hour_at_most():
    settlement = settle(failed(retry_after=86_400.0))

    assert (settlement.arguments[0], settlement.arguments[5]) == (3600 * SECOND, 3600 * SECOND)


def test_a_429_that_is_not_gongs_pauses_the_company_and_says_nothing_about_its_limits():
    settlement = settle(RateLimited(429, None, ("slow down",), 5.0, from_gong=False))

    assert (settlement.verb, settlement.arguments) == ("freeze", (5 * SECOND, 0))


def test_an_answer_that_is_not_gongs_puts_the_destination_on_hold_and_spends_no_attempt():
    outcome = Blocked(407, None, HoldCause.NOT_GONG, ("not an answer of Gong's API: HTTP 407, text/html",))

    settlement = settle(outcome, attempts=11)

    assert (settlement.verb, settlement.arguments) == (
        "hold",
        ("not_gong", "not an answer of Gong's API: HTTP 407, text/html", 300 * SECOND),
    )


@pytest.mark.parametrize(
    ("outcome", "result"),
    [
        (Rejected(400, "r", ("eventId: must not be null",)), "passed"),
        (Blocked(400, None, HoldCause.NOT_GONG, ("page",)), "blocked"),
        (Failed(**FAILED | {"status": 200, "code": "not_gong"}), "failed"),
    ],
)
def test_a_probe_passes_only_by_an_answer_of_gong(outcome: Outcome, result: str):
    assert summarize_probe(outcome).outcome == result


@pytest.mark.parametrize("fields", [{"attempts": 11}, {"received_at": NOW - timedelta(hours=24)}])
def test_an_event_becomes_a_dead_letter_when_its_attempts_or_age_are_used_up(fields: dict[str, Any]):
    settlement = settle(failed(), **fields)

    assert (settlement.verb, settlement.arguments[:2]) == ("dead_letter", ("retries_exhausted", "down"))


def test_a_rejected_event_is_a_dead_letter_at_once_with_gongs_error_texts():
    settlement = settle(Rejected(400, "r1", ("content: must not be null", "person: must not be null")))

    assert settlement.verb == "dead_letter"
    assert settlement.arguments[:2] == ("rejected", "content: must not be null; person: must not be null")


def test_dead_letters_with_the_same_problem_share_a_cluster_and_name_the_field():
    first, second = (settle(Rejected(400, None, (f"content.title: ev-{n} is bad",))) for n in (1, 2))

    assert first.arguments[2:] == second.arguments[2:]
    assert first.arguments[4:] == ("field", "content.title")


def test_a_blocked_event_waits_and_its_destination_is_put_on_hold():
    settlement = settle(Blocked(401, "r1", HoldCause.INVALID_CREDENTIALS, ("revoked",)))

    assert (settlement.verb, settlement.arguments) == (
        "hold",
        ("invalid_credentials", "revoked", 300 * SECOND),
    )


def test_an_event_that_is_blocked_repeatedly_while_probes_pass_is_a_dead_letter():
    settlement = settle(Blocked(403, "r1", HoldCause.FORBIDDEN, ("waf",)), blocked_count=2)

    assert (settlement.verb, settlement.arguments[:2]) == ("dead_letter", ("blocked", "waf"))


def test_events_of_a_destination_that_is_not_configured_wait_and_are_not_lost():
    deliverer = Deliverer(
        lambda _: None, CredentialStore(None, lambda: NOW), GongClient(HttpOptions()), RateGate(1.0)
    )

    result = deliverer.attempt(leased_event(destination="gone"), lambda: NOW)

    assert settle(result.outcome, blocked_count=9).arguments[0] == "not_configured"


def test_the_record_of_an_attempt_holds_no_body_and_no_header():
    record = orjson.loads(attempt(RateLimited(429, "r1", ("limit",), 5.0)).record())

    assert record == {
        "number": 1,
        "started_at": "2026-11-21T10:00:00.000Z",
        "seconds": 0.25,
        "worker": "w1",
        "outcome": "rate_limited",
        "status": 429,
        "request_id": "r1",
        "errors": ["limit"],
        "retry_after": 5.0,
    }


def test_a_stock_rq_worker_fails_with_an_error_that_names_the_right_worker():
    with pytest.raises(RuntimeError, match="gong-relay worker"):
        deliver("01")
