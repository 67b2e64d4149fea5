"""After an erasure nothing in the store tells of its person, in whatever state an event was, and whenever it was cut off."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from redis import Redis

from relay.core.lifecycle import DeadLetterReason, State
from relay.core.personal_data import find_people
from relay.store.delivery import dead_letter, end_event, finish
from relay.store.engine import keys
from relay.store.engine.connection import WORKER, open_redis
from relay.store.erasures import (
    EraseResult,
    erase_record,
    read_erased_events,
    read_erasure,
    rewrite_append_only_file,
    start_erasure,
)
from relay.store.events import discard_event, read_event
from relay.store.stores import Store
from tests.harness.waiting import eventually
from tests.store.erasing_world import (
    JANE,
    JOES_RAW,
    MADE,
    RAW,
    about,
    begin,
    erase,
    keep,
    make_aggregating,
    make_dead,
    make_delivered,
    make_queued,
    make_unmapped,
    run,
    settled,
    state_of,
)
from tests.store_world import NOW, sweep_now, take_events
from tests.store_world import text_of_the_store as everything


def test_an_event_of_every_state_but_two_is_made_here():
    assert set(State) - set(MADE) == {State.SENDING, State.ERASED}


@pytest.mark.parametrize("state", MADE, ids=str)
def test_nothing_is_left_of_a_person_whatever_state_the_event_was_in(store: Store, state: State):
    MADE[state](store)
    found = {state_of(store, one.decode()) for one in store.redis.zrange(keys.EVENTS, 0, -1)}
    assert state in found
    assert JANE in everything(store.redis)

    erasure = erase(store)

    assert JANE not in everything(store.redis)
    assert read_erasure(store.redis, erasure).counts[state] == 1
    assert {state_of(store, one.decode()) for one in store.redis.zrange(keys.EVENTS, 0, -1)} == {State.ERASED}
    assert store.redis.keys(f"{keys.PERSON_INDEX}*") == []


def test_a_dead_letter_that_was_never_mapped_is_erased_with_what_was_said_of_it(store: Store):
    make_unmapped(store)

    erase(store)

    assert JANE not in everything(store.redis)
    assert store.redis.keys("relay:cluster*") == []


def test_no_worker_gets_an_event_that_is_erased(store: Store):
    for make in (make_queued, make_aggregating):
        make(store)
    erase(store)
    sweep_now(store.scripts, store.redis)

    assert take_events(store.scripts) == []


def test_an_event_that_is_being_sent_is_let_finish_and_then_erased(store: Store):
    make_queued(store)
    [taken] = take_events(store.scripts)
    erasing = begin(store)

    assert run(store) == []
    assert read_erasure(store.redis, erasing.id).waiting == 1
    assert finish(
        store.scripts, taken, end_event(State.DELIVERED, "request-1", record=b"{}", keep_seconds=600)
    )
    assert run(store) == [erasing.id]

    assert JANE not in everything(store.redis)
    [gone] = read_erased_events(store.redis, erasing.id)
    assert (gone.state_before, gone.request_id, gone.destination) == (State.DELIVERED, "request-1", "acme")


def test_what_is_left_says_where_it_was_to_go_and_whether_gong_has_it(store: Store):
    make_delivered(store)
    [one] = [name.decode() for name in store.redis.zrange(keys.EVENTS, 0, -1)]

    erasure = erase(store)

    record = read_event(store.redis, one)
    assert record["state_before"] == b"delivered"
    assert record["request_id"] == b"request-1"
    assert record["erasure"].decode() == erasure
    assert not {"body", "operation", "detail", "marks", "warnings"} & set(record)


def test_an_erasure_that_was_cut_off_goes_on_where_it_stood(store: Store):
    for number in range(5):
        keep(store, about(str(number)), raw=RAW + str(number).encode())
    erasing = begin(store)
    first = store.redis.zrange(keys.EVENTS, 0, 0)[0].decode()
    assert erase_record(store.scripts, erasing, first, alias="", keep_seconds=600) is EraseResult.ERASED

    assert run(store) == [erasing.id]

    assert read_erasure(store.redis, erasing.id).counts == {State.QUEUED: 5}
    assert JANE not in everything(store.redis)


def test_an_erasure_that_is_begun_twice_is_one(store: Store):
    make_queued(store)
    erasing = begin(store)
    start_erasure(store.scripts, erasing, seen_seconds=3600, now=NOW)

    assert run(store) == [erasing.id]
    start_erasure(store.scripts, erasing, seen_seconds=3600, now=NOW)
    assert run(store) == []


def test_nobody_elses_events_are_touched(store: Store):
    [joe] = keep(store, about("2", "joe@globex.example"), raw=JOES_RAW).verdicts
    before = read_event(store.redis, joe.id)

    erase(store)

    assert read_event(store.redis, joe.id) == before


def test_a_cluster_is_told_by_a_dead_letter_that_is_left(store: Store):
    make_dead(store)
    keep(store, about("2", "joe@globex.example"), raw=JOES_RAW)
    settled(
        store,
        dead_letter(
            DeadLetterReason.REJECTED, "person.email: joe@globex.example is taken", record=b"", keep_seconds=9
        ),
    )
    [name] = store.redis.zrange(keys.CLUSTERS, 0, -1)
    store.redis.hset(keys.CLUSTER_INFO + name.decode(), "text", f"person.email: {JANE} is taken")

    erase(store)

    about_it = store.redis.hgetall(keys.CLUSTER_INFO + name.decode())
    assert about_it[b"text"] == b"person.email: joe@globex.example is taken"
    assert JANE not in everything(store.redis)


def test_a_phone_number_is_found_however_it_is_written(store: Store):
    raw = b'{"person": {"phone": "(555) 010-0199"}}'
    made = replace(about("1"), people=find_people(raw))
    keep(store, made, raw=raw)

    erase(store, "5550100199")

    assert "010-0199" not in everything(store.redis)


def test_every_event_leaves_the_index_when_it_is_pruned(store: Store):
    [verdict] = keep(store, about("1")).verdicts
    discard_event(store.scripts, verdict.id, keep_seconds=0)

    assert sweep_now(store.scripts, store.redis).pruned == 1

    assert store.redis.keys(f"{keys.PERSON_INDEX}*") == []


@pytest.fixture
def durable(redis: Redis) -> Iterator[Redis]:
    """A server with an append-only file."""
    redis.config_set("appendonly", "yes")
    eventually(lambda: not redis.info("persistence")["aof_rewrite_in_progress"], within=20)
    yield redis
    eventually(lambda: not redis.info("persistence")["aof_rewrite_in_progress"], within=20)
    redis.config_set("appendonly", "no")


def test_the_append_only_file_is_written_anew_without_the_person(store: Store, durable: Redis):
    make_queued(store)
    erasing = begin(store)

    assert run(store) == [erasing.id]

    assert durable.hget(keys.ERASURE + erasing.id, "rewrite") == b"started"


def test_an_erasure_ends_only_once_a_rewrite_from_before_is_over(store: Store, durable: Redis):
    make_queued(store)
    erasing = begin(store)
    durable.config_set("rdb-key-save-delay", "100000")
    durable.bgrewriteaof()

    assert run(store) == []
    assert JANE not in everything(store.redis)
    durable.config_set("rdb-key-save-delay", "0")
    eventually(lambda: run(store) == [erasing.id], within=30)


def test_what_a_host_forbids_is_told(durable: Redis):
    durable.execute_command(
        "ACL", "SETUSER", "relay", "reset", "on", "nopass", "~*", "+@all", "-bgrewriteaof"
    )
    limited = open_redis(f"unix://relay:x@{durable.connection_pool.connection_kwargs['path']}", WORKER)
    try:
        told = rewrite_append_only_file(limited)
    finally:
        limited.close()
        durable.execute_command("ACL", "DELUSER", "relay")

    assert told is not None
    assert "permission" in told.lower()
