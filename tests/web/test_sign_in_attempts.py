"""The limit on sign-in attempts: guessing is slow, and a flood does not lock out users for long."""

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.settings import Settings
from relay.store.sign_in import (
    MAX_ATTEMPTS_PER_ADDRESS,
    MAX_ATTEMPTS_TOTAL,
    WINDOW_SECONDS,
    count_sign_in_attempt,
)
from tests.web.access_world import SAME_ORIGIN, SEAL, relay
from tests.web.conftest import ADMIN

WRONG = "a-key-that-does-not-exist"


def attempt(client: FlaskClient, key: str, address: str, **headers: str) -> int:
    response = client.post(
        "/ops/sign-in",
        data={"key": key},
        headers=SAME_ORIGIN | headers,
        environ_base={"REMOTE_ADDR": address},
    )
    return response.status_code


def test_too_many_failures_block_their_own_address_for_a_minute(redis: Redis):
    client = relay(redis)
    statuses = [attempt(client, WRONG, "192.0.2.1") for _ in range(50)]
    response = client.post(
        "/ops/sign-in", data={"key": ADMIN}, headers=SAME_ORIGIN, environ_base={"REMOTE_ADDR": "192.0.2.1"}
    )

    assert statuses == [401] * MAX_ATTEMPTS_PER_ADDRESS + [429] * (50 - MAX_ATTEMPTS_PER_ADDRESS)
    assert (response.status_code, response.headers["Retry-After"]) == (429, str(WINDOW_SECONDS))
    assert attempt(relay(redis), ADMIN, "192.0.2.2") == 303
    assert all(0 < redis.ttl(key) <= WINDOW_SECONDS for key in redis.scan_iter("relay:sign_ins:*"))


def test_during_a_flood_each_address_has_one_attempt(redis: Redis):
    for number in range(MAX_ATTEMPTS_TOTAL + 5):
        count_sign_in_attempt(redis, f"flood {number}")
    client = relay(redis)

    assert attempt(client, WRONG, "192.0.2.1") == 401
    assert attempt(client, ADMIN, "192.0.2.1") == 429
    assert attempt(relay(redis), ADMIN, "192.0.2.2") == 303


def test_signing_in_resets_the_attempts(redis: Redis):
    client = relay(redis)
    for _ in range(3):
        statuses = [attempt(client, WRONG, "192.0.2.1") for _ in range(MAX_ATTEMPTS_PER_ADDRESS - 1)]
        assert (set(statuses), attempt(client, ADMIN, "192.0.2.1")) == ({401}, 303)


@pytest.mark.parametrize(
    ("hops", "forwarded", "same"),
    [
        (0, ["203.0.113.1", "203.0.113.2"], True),
        (1, ["203.0.113.1", "203.0.113.2"], False),
        (1, ["203.0.113.1, 203.0.113.9", "203.0.113.2, 203.0.113.9"], True),
        (2, ["198.51.100.1, 203.0.113.1, 10.0.0.1", "198.51.100.2, 203.0.113.1, 10.0.0.1"], True),
        (1, ["2001:db8:1:1::1", "2001:db8:1:1:ffff::2"], True),
        (1, ["2001:db8:1:1::1", "2001:db8:1:2::1"], False),
        (1, ["::ffff:203.0.113.1", "203.0.113.1"], True),
        (1, ["<script>", "nonsense"], True),
    ],
)
def test_the_address_is_the_one_that_the_trusted_proxies_report(
    redis: Redis, hops: int, forwarded: list[str], *, same: bool
):
    client = relay(redis, settings=Settings(admin_key=ADMIN, secret_keys=(SEAL,), proxy_hops=hops))
    for _ in range(MAX_ATTEMPTS_PER_ADDRESS):
        assert attempt(client, WRONG, "10.0.0.2", **{"X-Forwarded-For": forwarded[0]}) == 401

    expected = 429 if same else 303
    assert attempt(client, ADMIN, "10.0.0.2", **{"X-Forwarded-For": forwarded[1]}) == expected
