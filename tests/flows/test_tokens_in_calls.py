"""Calls with a customer's tokens: one second try after a 401 that fresh tokens may cure, and none after any other."""

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


def deliverer(world: World, accesses: CredentialStore | None = None) -> Deliverer:
    return Deliverer(
        world.directory().find, accesses or world.credential_store(), GongClient(HttpOptions()), RateGate(0.0)
    )


def taken(event_id: str = "hub:1") -> LeasedEvent:
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


def send(world: World, accesses: CredentialStore | None = None) -> Outcome:
    return deliverer(world, accesses).attempt(taken(), now).outcome


def cause_of(outcome: Outcome) -> HoldCause:
    assert isinstance(outcome, Blocked), outcome
    return outcome.cause


def test_a_call_goes_to_the_customers_own_address_with_its_token(connected: World):
    assert isinstance(send(connected), Delivered)
    assert (connected.calls(), connected.refreshes()) == ([200], 0)


def test_a_token_that_gong_refuses_is_renewed_and_the_call_made_again_at_once(connected: World):
    connected.arm(kind="token_expired_now", company="acme", count=1)

    assert isinstance(send(connected), Delivered)
    assert (connected.calls(), connected.refreshes()) == ([401, 200], 1)


def test_a_fresh_token_that_is_refused_too_holds_the_destination_for_its_customer(connected: World):
    connected.arm(kind="token_expired_now", company="acme")

    assert cause_of(send(connected)) is HoldCause.REAUTHORIZATION_REQUIRED
    assert (connected.calls(), connected.refreshes()) == ([401, 401], 1)


def test_a_missing_scope_is_not_cured_by_a_fresh_token_and_none_is_asked_for(connected: World):
    connected.arm(kind="scope_removed", company="acme")

    assert cause_of(send(connected)) is HoldCause.MISSING_SCOPE
    assert (connected.calls(), connected.refreshes()) == ([401], 0)


def test_a_withdrawn_consent_costs_one_call_and_then_none(connected: World):
    accesses = connected.credential_store()
    assert requests.post(f"{connected.gong}/__sandbox/companies/acme/revoke", timeout=10).ok

    causes = {cause_of(send(connected, accesses)) for _ in range(5)}

    assert causes == {HoldCause.REAUTHORIZATION_REQUIRED}
    assert connected.calls() == [401]


def test_an_address_that_has_moved_is_looked_up_before_a_consent_is_doubted(connected: World, redis: Redis):
    """A token at another company's address is refused as if it had been revoked."""
    accesses = connected.credential_store()
    redis.hset(keys.TOKENS + "globex", "base_url", f"{connected.gong}/c/elsewhere")
    assert connected.credentials(accesses).base_url.endswith("/c/elsewhere")
    redis.hset(keys.TOKENS + "globex", "base_url", f"{connected.gong}/c/acme")

    assert isinstance(send(connected, accesses), Delivered)
    assert (connected.calls(), connected.refreshes()) == ([200], 0)


def test_a_destination_that_was_never_connected_makes_no_call(connected: World, redis: Redis):
    redis.delete(keys.TOKENS + "globex")

    assert cause_of(send(connected)) is HoldCause.REAUTHORIZATION_REQUIRED
    assert connected.calls() == []


def test_waiting_for_a_customer_never_makes_a_dead_letter():
    outcome = Blocked(0, None, HoldCause.REAUTHORIZATION_REQUIRED, ("gone",))
    event = LeasedEvent(
        **{name: getattr(taken(), name) for name in LeasedEvent.__slots__} | {"blocked_count": 99}
    )

    settlement = settle(
        Attempt(event=event, outcome=outcome, worker="w", started_at=now(), seconds=0.0), SettlementOptions()
    )

    assert (settlement.verb, settlement.arguments[0]) == ("hold", "reauthorization_required")


def test_a_probe_renews_too(connected: World):
    connected.arm(kind="token_expired_now", company="acme", count=1)

    assert isinstance(deliverer(connected).probe("globex", now), Rejected)
    assert connected.refreshes() == 1
