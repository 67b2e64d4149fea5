"""Acceptance in the store: deduplication, idempotency keys, filtered events and a full store."""

import pytest
from redis import Redis

from relay.core.errors import Conflict, Unavailable
from relay.store.engine import keys
from relay.store.engine.connection import ClientOptions, open_redis
from relay.store.engine.scripts import Scripts
from tests.store_world import accept_events, event, new_id, receipt


def test_an_accepted_event_is_queued_once_with_its_record_its_job_and_its_indexes(
    scripts: Scripts, redis: Redis
):
    accepted = accept_events(scripts, event("1"))

    [verdict] = accepted.verdicts
    assert (verdict.status, verdict.duplicate) == ("queued", False)
    assert redis.lrange("rq:queue:gong:acme:web", 0, -1) == [verdict.id.encode()]
    assert redis.hget(keys.EVENT + verdict.id, "event_id") == b"web:1"
    assert (
        redis.zcard(keys.EVENTS)
        == redis.zcard(keys.BY_SOURCE + "web")
        == redis.zcard(keys.BY_STATE + "acme:queued")
        == 1
    )


def test_a_repeated_event_is_a_duplicate_with_the_id_of_the_first(scripts: Scripts, redis: Redis):
    first = accept_events(scripts, event("1")).verdicts[0]
    again = accept_events(scripts, event("1")).verdicts[0]

    assert (again.id, again.duplicate, again.status) == (first.id, True, "queued")
    assert redis.llen("rq:queue:gong:acme:web") == 1


def test_a_duplicate_inside_one_receipt_is_recognized(scripts: Scripts):
    verdicts = accept_events(scripts, event("1"), event("1")).verdicts

    assert [verdict.duplicate for verdict in verdicts] == [False, True]
    assert verdicts[0].id == verdicts[1].id


def test_a_repeated_accept_changes_nothing_and_returns_the_same_result(scripts: Scripts, redis: Redis):
    on, events = receipt(), [event("1"), event("2")]
    first = accept_events(scripts, *events, on=on)
    size = redis.dbsize()
    again = accept_events(scripts, *events, on=on)

    assert again.verdicts == first.verdicts
    assert redis.dbsize() == size
    assert redis.llen("rq:queue:gong:acme:web") == 2


def test_a_repeated_idempotency_key_returns_the_first_result(scripts: Scripts):
    first = accept_events(scripts, event("1"), on=receipt(idempotency_key="k1", rejections=b"[1]"))
    again = accept_events(scripts, event("1"), on=receipt(idempotency_key="k1"))

    assert (again.verdicts, again.repeated, again.rejections) == (first.verdicts, True, b"[1]")
    assert again.receipt == first.receipt


def test_an_idempotency_key_with_another_body_is_a_conflict(scripts: Scripts):
    accept_events(scripts, event("1"), on=receipt(b"one", idempotency_key="k1"))

    with pytest.raises(Conflict) as caught:
        accept_events(scripts, event("2"), on=receipt(b"two", idempotency_key="k1"))
    assert caught.value.code == "idempotency_key_reused"


def test_an_idempotency_key_belongs_to_its_source(scripts: Scripts):
    accept_events(scripts, event("1"), on=receipt(b"one", idempotency_key="k1"))
    other = accept_events(scripts, event("2"), on=receipt(b"two", idempotency_key="k1", source="shop"))

    assert not other.repeated


def test_a_filtered_event_is_stored_but_not_queued(scripts: Scripts, redis: Redis):
    [verdict] = accept_events(scripts, event("1", filtered=True)).verdicts

    assert verdict.status == "filtered"
    assert redis.exists("rq:queue:gong:acme:web", keys.RQ_JOB + verdict.id) == 0
    assert redis.hget(keys.EVENT + verdict.id, "detail") == b"internal"
    assert redis.zscore(keys.EXPIRY, verdict.id) is not None


def test_the_rq_job_contains_the_id_of_the_event_and_nothing_else(scripts: Scripts, redis: Redis):
    [verdict] = accept_events(scripts, event("secret-native-id")).verdicts

    job = redis.hgetall(keys.RQ_JOB + verdict.id)
    assert job[b"data"] == f'["workers.deliver.deliver",null,["{verdict.id}"],{{}}]'.encode()
    assert b"secret-native-id" not in b" ".join(job.values())


def test_events_are_accepted_after_the_server_lost_its_scripts(scripts: Scripts, redis: Redis):
    accept_events(scripts, event("1"))
    redis.script_flush()

    assert accept_events(scripts, event("2")).verdicts[0].status == "queued"


def test_a_full_store_refuses_the_whole_receipt(scripts: Scripts, redis: Redis):
    accept_events(scripts, event("0"))
    used = redis.info("memory")["used_memory"]
    redis.config_set("maxmemory", used // 2)
    try:
        with pytest.raises(Unavailable) as caught:
            accept_events(scripts, event("1"), event("2"))
    finally:
        redis.config_set("maxmemory", 0)

    assert caught.value.code == "store_full"
    assert redis.zcard(keys.EVENTS) == 1


def test_an_unreachable_store_is_unavailable():
    unreachable = Scripts(
        open_redis("unix:///nowhere/at/all", ClientOptions(command_timeout=0.2, connect_timeout=0.2))
    )

    with pytest.raises(Unavailable) as caught:
        accept_events(unreachable, event("1"))
    assert (caught.value.code, caught.value.retry_after) == ("store_unavailable", 2)


def test_ids_of_one_receipt_sort_in_the_order_of_its_items(scripts: Scripts, redis: Redis):
    events = [event(str(number)) for number in range(5)]
    accept_events(scripts, *events)

    assert redis.zrange(keys.EVENTS, 0, -1) == [new_event.id.encode() for new_event in events]


def test_the_ids_of_the_tests_have_the_right_length():
    assert len(new_id()) == 26
