"""The key of people's marks: made once, sealed where it can be, the same for every process, one of each store."""

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


def people(redis: Redis, *secrets: str, at: float = 0.0) -> PersonMarker:
    return PersonMarker(redis, Vault(secrets), clock=lambda: at)


def test_every_process_makes_the_same_mark(redis: Redis):
    assert people(redis).mark(JANE) == people(redis).mark(JANE) != people(redis).mark("joe@globex.example")


def test_each_store_has_a_key_of_its_own(redis: Redis, second_redis: Redis):
    stores = Stores(redis, {"eu": second_redis})

    assert len({store.people.mark(JANE) for store in stores}) == 2


def test_the_key_is_sealed_where_there_are_secret_keys(redis: Redis):
    mark = people(redis, OLD).mark(JANE)

    assert not redis.get(keys.PERSON_KEY).startswith(b"plain:")
    assert people(redis, NEW, OLD).mark(JANE) == mark


def test_a_key_that_no_secret_key_opens_is_said_so_and_nothing_is_kept(redis: Redis):
    people(redis, OLD).mark(JANE)

    with pytest.raises(Unavailable) as caught:
        people(redis, NEW).mark(JANE)
    assert caught.value.code == "person_key_unreadable"


def test_the_key_is_sealed_anew_and_stays_the_same(redis: Redis):
    mark = people(redis, OLD).mark(JANE)

    assert reseal_person_key(redis, Vault([NEW, OLD])) is True
    assert reseal_person_key(redis, Vault([NEW, OLD])) is False
    assert people(redis, NEW).mark(JANE) == mark


def test_a_plain_key_is_sealed_once_there_is_a_secret_key(redis: Redis):
    mark = people(redis).mark(JANE)

    assert reseal_person_key(redis, Vault([])) is False
    assert reseal_person_key(redis, Vault([NEW])) is True
    assert people(redis, NEW).mark(JANE) == mark


def test_what_cannot_be_opened_is_not_sealed_anew(redis: Redis):
    people(redis, OLD).mark(JANE)

    assert reseal_person_key(redis, Vault([NEW])) is None


def test_there_is_nothing_to_seal_before_there_is_a_key(redis: Redis):
    assert reseal_person_key(redis, Vault([NEW])) is False


def test_a_store_that_has_lost_everything_gets_its_key_back(redis: Redis):
    moment = [0.0]
    long_running = PersonMarker(redis, Vault([]), clock=lambda: moment[0])
    mark = long_running.mark(JANE)
    redis.flushall()
    moment[0] = 61.0

    assert long_running.mark(JANE) == mark
    assert people(redis).mark(JANE) == mark


def test_a_store_that_is_away_is_asked_only_once_a_mark_is_wanted():
    away = PersonMarker(open_redis("redis://127.0.0.1:1/0", WEB), Vault([]))

    with pytest.raises(Unavailable):
        away.mark(JANE)


def test_an_alias_tells_nothing_of_the_name(redis: Redis):
    alias = people(redis).alias(f"web:{JANE}-1")

    assert alias.startswith("erased:")
    assert JANE not in alias
    assert alias == people(redis).alias(f"web:{JANE}-1")
