"""What becomes of an event for each outcome: the table of the design, row by row."""

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
from workers.rate_gate import RateGate
from workers.settlement import Attempt, SettlementOptions
from workers.settlement import settle as settle_attempt

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def taken(**fields: Any) -> LeasedEvent:
    made: dict[str, Any] = {
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
    return LeasedEvent(**made | fields)


def attempt(outcome: Outcome, **fields: Any) -> Attempt:
    return Attempt(taken(**fields), outcome, "w1", NOW, 0.25)


def settle(outcome: Outcome, **fields: Any) -> Settlement:
    return settle_attempt(attempt(outcome, **fields), SettlementOptions())


def failed(**fields: Any) -> Failed:
    return Failed(
        **{
            "status": 503,
            "request_id": "r",
            "code": "gong_error",
            "errors": ("down",),
            "ambiguous": True,
            "seconds": None,
        }
        | fields
    )


def test_delivered_is_done():
    told = settle(Delivered(200, "r1"))

    assert (told.verb, told.arguments, told.keep_seconds) == ("done", ("delivered", "r1"), 72 * 3600)


@pytest.mark.parametrize(("ambiguous", "state"), [(True, "delivered"), (False, "duplicate")])
def test_already_reported_is_our_own_delivery_only_after_doubt(ambiguous: bool, state: str):  # noqa: FBT001
    told = settle(AlreadyReported(409, "r1", ()), ambiguous=ambiguous)

    assert (told.verb, told.arguments) == ("done", (state, "r1"))


@pytest.mark.parametrize(
    ("seconds", "throttles", "expected"), [(5.0, 0, 5.0), (None, 0, 1.0), (None, 3, 8.0)]
)
def test_throttled_freezes_the_company(seconds: float | None, throttles: int, expected: float):
    told = settle(RateLimited(429, "r1", (), seconds), consecutive_429s=throttles)

    assert (told.verb, told.arguments) == ("freeze", (int(expected * SECOND), 10_000))


def test_faltered_waits_and_keeps_the_doubt():
    told = settle(failed())

    assert told.verb == "later"
    delay, ambiguous, spent, gong_at_fault, said = told.arguments
    assert 1 * SECOND <= int(delay) <= 2 * SECOND
    assert (ambiguous, spent, gong_at_fault, said) == (1, 1, 1, "down")


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
def test_gong_is_blamed_for_what_no_event_can_have_caused(fields: dict[str, Any], gong_at_fault: int):
    assert settle(failed(**fields)).arguments[3] == gong_at_fault


def test_a_call_that_tried_a_gong_that_was_down_spends_no_attempt():
    told = settle(failed(), is_trial_call=True, attempts=11)

    assert (told.verb, told.arguments[2]) == ("later", 0)


def test_faltered_obeys_a_longer_retry_after():
    told = settle(failed(seconds=120.0))

    assert told.arguments[0] == 120 * SECOND


@pytest.mark.parametrize("fields", [{"attempts": 11}, {"received_at": NOW - timedelta(hours=24)}])
def test_faltered_too_often_or_too_long_is_a_dead_letter(fields: dict[str, Any]):
    told = settle(failed(), **fields)

    assert (told.verb, told.arguments[:2]) == ("bury", ("retries_exhausted", "down"))


def test_refused_is_a_dead_letter_at_once_with_gongs_words():
    told = settle(Rejected(400, "r1", ("content: must not be null", "person: must not be null")))

    assert told.verb == "bury"
    assert told.arguments[:2] == ("rejected", "content: must not be null; person: must not be null")


def test_a_dead_letter_names_the_field_at_fault_and_the_faults_it_shares():
    first, second = (settle(Rejected(400, None, (f"content.title: ev-{n} is bad",))) for n in (1, 2))

    assert first.arguments[2:] == second.arguments[2:]
    assert first.arguments[4:] == ("field", "content.title")


def test_locked_out_holds_the_destination_and_the_event_waits():
    told = settle(Blocked(401, "r1", HoldCause.INVALID_CREDENTIALS, ("revoked",)))

    assert (told.verb, told.arguments) == ("hold", ("invalid_credentials", "revoked", 300 * SECOND))


def test_an_event_that_is_locked_out_while_probes_pass_is_a_dead_letter():
    told = settle(Blocked(403, "r1", HoldCause.FORBIDDEN, ("waf",)), blocked_count=2)

    assert (told.verb, told.arguments[:2]) == ("bury", ("blocked", "waf"))


def test_an_unconfigured_destination_is_held_for_ever_rather_than_lost():
    deliverer = Deliverer(
        lambda _: None, CredentialStore(None, lambda: NOW), GongClient(HttpOptions()), RateGate(1.0)
    )

    made = deliverer.attempt(taken(destination="gone"), lambda: NOW)

    assert settle(made.outcome, blocked_count=9).arguments[0] == "not_configured"


def test_a_record_tells_the_attempt_without_body_or_header():
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


def test_a_stock_worker_is_told_what_serves_these_jobs():
    with pytest.raises(RuntimeError, match="gong-relay worker"):
        deliver("01")
