"""Each store has one key for the marks of persons. All processes share it, and it is sealed if there is a secret key."""

import pytest
from redis import Redis

from relay.core.errors import Unavailable
from relay.core.vault import Vault
from relay.store.engine import keys
from relay.store.engine.connection import WEB, open_redis
from relay.store.person_index import PersonMarker, reseal_person_key
from relay.store.stores import Stores

JANE = "jane@globex.example"
OLD, NEW = "an-old-key-of-thirty-two-characters", "a-new-key-of-thirty-two-characters!"


def person_marker(redis: Redis, *secrets: str, at: float = 0.0) -> PersonMarker:
    return PersonMarker(redis, Vault(secrets), clock=lambda: at)


def test_every_process_makes_the_same_mark(redis: Redis):
    assert (
        person_marker(redis).mark(JANE)
        == person_marker(redis).mark(JANE)
        != person_marker(redis).mark("joe@globex.example")
    )


def test_each_store_has_its_own_key(redis: Redis, second_redis: Redis):
    stores = Stores(redis, {"eu": second_redis})

    assert len({store.people.mark(JANE) for store in stores}) == 2


def test_the_key_is_sealed_if_there_are_secret_keys(redis: Redis):
    mark = person_marker(redis, OLD).mark(JANE)

    assert not redis.get(keys.PERSON_KEY).startswith(b"plain:")
    assert person_marker(redis, NEW, OLD).mark(JANE) == mark


def test_a_key_that_no_secret_key_opens_is_reported_and_makes_no_mark(redis: Redis):
    person_marker(redis, OLD).mark(JANE)

    with pytest.raises(Unavailable) as caught:
        person_marker(redis, NEW).mark(JANE)
    assert caught.value.code == "person_key_unreadable"


def test_the_key_stays_the_same_when_it_is_resealed(redis: Redis):
    mark = person_marker(redis, OLD).mark(JANE)

    assert reseal_person_key(redis, Vault([NEW, OLD])) is True
    assert reseal_person_key(redis, Vault([NEW, OLD])) is False
    assert person_marker(redis, NEW).mark(JANE) == mark


def test_a_plain_key_is_sealed_once_there_is_a_secret_key(redis: Redis):
    mark = person_marker(redis).mark(JANE)

    assert reseal_person_key(redis, Vault([])) is False
    assert reseal_person_key(redis, Vault([NEW])) is True
    assert person_marker(redis, NEW).mark(JANE) == mark


def test_a_key_that_cannot_be_opened_is_not_resealed(redis: Redis):
    person_marker(redis, OLD).mark(JANE)

    assert reseal_person_key(redis, Vault([NEW])) is None


def test_there_is_nothing_to_seal_before_there_is_a_key(redis: Redis):
    assert reseal_person_key(redis, Vault([NEW])) is False


def test_a_running_process_restores_the_key_of_a_store_that_lost_its_data(redis: Redis):
    time = [0.0]
    long_running = PersonMarker(redis, Vault([]), clock=lambda: time[0])
    mark = long_running.mark(JANE)
    redis.flushall()
    time[0] = 61.0

    assert long_running.mark(JANE) == mark
    assert person_marker(redis).mark(JANE) == mark


def test_the_key_of_an_unreachable_store_is_read_only_when_a_mark_is_needed():
    marker = PersonMarker(open_redis("redis://127.0.0.1:1/0", WEB), Vault([]))

    with pytest.raises(Unavailable):
        marker.mark(JANE)


def test_an_alias_reveals_nothing_of_the_id(redis: Redis):
    alias = person_marker(redis).alias(f"web:{JANE}-1")

    assert alias.startswith("erased:")
    assert JANE not in alias
    assert alias == person_marker(redis).alias(f"web:{JANE}-1")
