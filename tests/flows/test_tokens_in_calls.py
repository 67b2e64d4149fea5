"""Calls with a customer's tokens: a 401 is retried once with a new token if that can help."""

import orjson
import pytest
import requests
from redis import Redis

from relay.core.lifecycle import HoldCause
from relay.core.outcome import Blocked, Delivered, Outcome, Rejected
from relay.store.delivery import LeasedEvent
from relay.store.engine import keys
from tests.flows.connecting import INTERACTION, World, now
from workers.credentials import CredentialStore
from workers.deliver import Deliverer
from workers.gong_client import GongClient, HttpOptions
from workers.pacing import RateGate
from workers.settlement import Attempt, SettlementOptions, settle


@pytest.fixture
def connected(world: World) -> World:
    world.connect("globex")
    return world


def create_deliverer(world: World, store: CredentialStore | None = None) -> Deliverer:
    return Deliverer(
        world.directory().find, store or world.credential_store(), GongClient(HttpOptions()), RateGate(0.0)
    )


def build_event(event_id: str = "hub:1") -> LeasedEvent:
    body = orjson.dumps(INTERACTION | {"eventId": event_id})
    return LeasedEvent(
        company="globex",
        id="01",
        try_number=1,
        destination="globex",
        operation="digital-interaction",
        body=body,
        event_id=event_id,
        attempts=0,
        received_at=now(),
        ambiguous=False,
        blocked_count=0,
        consecutive_429s=0,
    )


def send(world: World, store: CredentialStore | None = None) -> Outcome:
    return create_deliverer(world, store).attempt(build_event(), now).outcome


def cause_of(outcome: Outcome) -> HoldCause:
    assert isinstance(outcome, Blocked), outcome
    return outcome.cause


def test_a_call_goes_to_the_customers_own_address_with_its_token(connected: World):
    assert isinstance(send(connected), Delivered)
    assert (connected.calls(), connected.refreshes()) == ([200], 0)


def test_a_rejected_token_is_refreshed_and_the_call_retried_at_once(connected: World):
    connected.arm(kind="token_expired_now", company="acme", count=1)

    assert isinstance(send(connected), Delivered)
    assert (connected.calls(), connected.refreshes()) == ([401, 200], 1)


def test_a_new_token_that_is_rejected_too_puts_the_destination_on_hold(connected: World):
    connected.arm(kind="token_expired_now", company="acme")

    assert cause_of(send(connected)) is HoldCause.REAUTHORIZATION_REQUIRED
    assert (connected.calls(), connected.refreshes()) == ([401, 401], 1)


def test_a_missing_scope_causes_no_token_refresh(connected: World):
    connected.arm(kind="scope_removed", company="acme")

    assert cause_of(send(connected)) is HoldCause.MISSING_SCOPE
    assert (connected.calls(), connected.refreshes()) == ([401], 0)


@pytest.mark.parametrize("body", ["html", "other_json", "empty"])
def test_a_401_that_is_not_gongs_causes_no_token_refresh(connected: World, body: str):
    connected.arm(kind="status", company="acme", status=401, body=body)

    assert cause_of(send(connected)) is HoldCause.NOT_GONG
    assert (connected.calls(), connected.refreshes()) == ([401], 0)


def test_a_revoked_grant_costs_one_call_and_then_none(connected: World):
    store = connected.credential_store()
    assert requests.post(f"{connected.gong}/__sandbox/companies/acme/revoke", timeout=10).ok

    causes = {cause_of(send(connected, store)) for _ in range(5)}

    assert causes == {HoldCause.REAUTHORIZATION_REQUIRED}
    assert connected.calls() == [401]


def test_a_changed_base_url_is_read_again_before_the_grant_counts_as_lost(connected: World, redis: Redis):
    """Gong rejects a token at another company's base URL as if it had been revoked."""
    store = connected.credential_store()
    redis.hset(keys.TOKENS + "globex", "base_url", f"{connected.gong}/c/elsewhere")
    assert connected.credentials(store).base_url.endswith("/c/elsewhere")
    redis.hset(keys.TOKENS + "globex", "base_url", f"{connected.gong}/c/acme")

    assert isinstance(send(connected, store), Delivered)
    assert (connected.calls(), connected.refreshes()) == ([200], 0)


def test_a_destination_that_was_never_connected_makes_no_call(connected: World, redis: Redis):
    redis.delete(keys.TOKENS + "globex")

    assert cause_of(send(connected)) is HoldCause.REAUTHORIZATION_REQUIRED
    assert connected.calls() == []


def test_an_event_that_waits_for_reauthorization_never_becomes_a_dead_letter():
    outcome = Blocked(0, None, HoldCause.REAUTHORIZATION_REQUIRED, ("revoked",))
    event = LeasedEvent(
        **{name: getattr(build_event(), name) for name in LeasedEvent.__slots__} | {"blocked_count": 99}
    )

    settlement = settle(
        Attempt(event=event, outcome=outcome, worker="w", started_at=now(), seconds=0.0), SettlementOptions()
    )

    assert (settlement.verb, settlement.arguments[0]) == ("hold", "reauthorization_required")


def test_a_probe_refreshes_a_rejected_token_too(connected: World):
    connected.arm(kind="token_expired_now", company="acme", count=1)

    assert isinstance(create_deliverer(connected).probe("globex", now), Rejected)
    assert connected.refreshes() == 1
