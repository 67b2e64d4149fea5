"""A customer connects Gong: by a link, over the consent page, to tokens that work."""

from dataclasses import replace

import pytest
from redis import Redis

from relay.core.oauth import TokenParams
from relay.store.destinations import read_connected_destinations
from relay.store.engine import keys
from relay.store.oauth_consents import read_consent
from relay.store.oauth_tokens import read_grant
from tests.flows.connecting import World, application


def test_a_customer_who_consents_is_connected(world: World):
    page = world.connect("globex", account="17", company="acme")

    assert "Gong is connected as globex." in page.text
    connected = read_connected_destinations(world.redis)["globex"]
    assert (connected.account, connected.base_url) == ("17", f"{world.gong}/c/acme")
    assert world.call(world.credentials()) == 200


@pytest.mark.parametrize("params", list(TokenParams))
def test_token_parameters_work_in_the_query_and_in_the_body(world: World, params):
    world.app = replace(world.app, token_params=params)

    assert "is connected" in world.connect("globex").text


def test_both_client_secrets_are_tried_during_a_rotation(world: World):
    secrets = {"client_secret": "ended-secret", "client_secret_next": "sandbox-client-secret"}
    world.app = application(world.gong, **secrets)

    assert "is connected" in world.connect("globex").text


def test_a_wrong_client_secret_is_reported_and_no_customer_is_connected(world: World):
    world.app = application(world.gong, client_secret="wrong-secret")

    page = world.connect("globex")

    assert "does not accept the relay&#39;s client secret" in page.text
    assert read_connected_destinations(world.redis) == {}


def test_a_base_url_that_is_not_gongs_is_rejected_and_nothing_is_stored(world: World, redis: Redis):
    tokens = replace(world.tokens(), allow_hosts=())
    world.tokens = lambda: tokens  # type: ignore[method-assign]

    page = world.connect("globex")

    assert "is not Gong&#39;s" in page.text
    assert read_grant(redis, "globex") is None
    assert read_connected_destinations(redis) == {}


def test_the_exchange_is_retried_while_gong_is_down_and_the_code_is_valid(world: World, redis: Redis):
    world.arm(kind="status", status=503, route="oauth-exchange", count=1)

    page = world.connect("globex")
    [consent_id] = redis.zrange(keys.CONSENTS, 0, -1)
    redis.zadd(keys.CONSENTS, {consent_id: 0})
    world.oauth_task().step()

    assert "being connected" in page.text
    assert "globex" in read_connected_destinations(redis)


def test_a_lost_token_response_ends_in_a_page_that_asks_for_a_new_link(world: World, redis: Redis):
    """Gong has taken the code, and what came back cannot be read: it is asked once more, and says no."""
    world.arm(kind="truncate_json", route="oauth-exchange", count=1)

    page = world.connect("globex")
    [consent_id] = redis.zrange(keys.CONSENTS, 0, -1)
    redis.zadd(keys.CONSENTS, {consent_id: 0})
    world.oauth_task().step()

    assert "being connected" in page.text
    settled = read_consent(redis, consent_id.decode())
    assert settled is not None
    assert "Ask for a new link" in settled.detail
    assert read_connected_destinations(redis) == {}


def test_an_exchange_whose_worker_died_after_saving_is_finished_by_the_next_worker(
    world: World, redis: Redis
):
    """It saved the tokens and then died: the code is spent, and must not be asked for again."""
    world.connect("globex")
    grant = read_grant(redis, "globex")
    assert grant is not None
    redis.hdel(keys.CONNECTED, "globex")
    redis.hset(keys.CONSENT + grant.consent, "status", "waiting")
    redis.zadd(keys.CONSENTS, {grant.consent: 0})

    world.oauth_task().step()

    assert "globex" in read_connected_destinations(redis)
    assert redis.hget(keys.CONSENT + grant.consent, "status") == b"connected"


def test_reconnecting_keeps_the_destinations_settings(world: World):
    world.connect("globex", account="17", source_system_name="Hub")
    world.connect("globex", company="initech")

    connected = read_connected_destinations(world.redis)["globex"]
    assert (connected.account, connected.source_system_name) == ("17", "Hub")
    assert connected.base_url == f"{world.gong}/c/initech"
