"""How often somebody may fail to sign in: guessing is slow, and a flood locks nobody out for long."""

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
from tests.web.access_world import OURS, SEAL, relay
from tests.web.conftest import ADMIN

WRONG = "a-key-that-nobody-ever-had"


def attempt(client: FlaskClient, key: str, address: str, **headers: str) -> int:
    answer = client.post(
        "/ops/sign-in", data={"key": key}, headers=OURS | headers, environ_base={"REMOTE_ADDR": address}
    )
    return answer.status_code


def test_fifty_failures_hold_up_their_own_address_for_a_minute_and_no_other(redis: Redis):
    client = relay(redis)
    told = [attempt(client, WRONG, "192.0.2.1") for _ in range(50)]
    answer = client.post(
        "/ops/sign-in", data={"key": ADMIN}, headers=OURS, environ_base={"REMOTE_ADDR": "192.0.2.1"}
    )

    assert told == [401] * MAX_ATTEMPTS_PER_ADDRESS + [429] * (50 - MAX_ATTEMPTS_PER_ADDRESS)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, str(WINDOW_SECONDS))
    assert attempt(relay(redis), ADMIN, "192.0.2.2") == 303
    assert all(0 < redis.ttl(key) <= WINDOW_SECONDS for key in redis.scan_iter("relay:sign_ins:*"))


def test_a_flood_from_everywhere_leaves_everybody_one_attempt(redis: Redis):
    for number in range(MAX_ATTEMPTS_TOTAL + 5):
        count_sign_in_attempt(redis, f"flood {number}")
    client = relay(redis)

    assert attempt(client, WRONG, "192.0.2.1") == 401
    assert attempt(client, ADMIN, "192.0.2.1") == 429
    assert attempt(relay(redis), ADMIN, "192.0.2.2") == 303


def test_who_signs_in_has_their_attempts_back(redis: Redis):
    client = relay(redis)
    for _ in range(3):
        told = [attempt(client, WRONG, "192.0.2.1") for _ in range(MAX_ATTEMPTS_PER_ADDRESS - 1)]
        assert (set(told), attempt(client, ADMIN, "192.0.2.1")) == ({401}, 303)


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
def test_an_address_is_what_the_last_trusted_proxy_heard(
    redis: Redis, hops: int, forwarded: list[str], *, same: bool
):
    client = relay(redis, settings=Settings(admin_key=ADMIN, secret_keys=(SEAL,), proxy_hops=hops))
    for _ in range(MAX_ATTEMPTS_PER_ADDRESS):
        assert attempt(client, WRONG, "10.0.0.2", **{"X-Forwarded-For": forwarded[0]}) == 401

    expected = 429 if same else 303
    assert attempt(client, ADMIN, "10.0.0.2", **{"X-Forwarded-For": forwarded[1]}) == expected
