"""After an erasure the store holds no data of the person, in whatever states the events were."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from redis import Redis

from relay.core.lifecycle import DeadLetterReason, State
from relay.core.personal_data import find_people
from relay.store.accept import EventIdInUse
from relay.store.delivery import dead_letter, end_event, finish
from relay.store.engine import keys
from relay.store.engine.connection import WORKER, open_redis
from relay.store.erasures import (
    EraseResult,
    erase_record,
    preview_erasure,
    read_erased_events,
    read_erasure,
    rewrite_append_only_file,
    start_erasure,
)
from relay.store.events import EventFilter, discard_event, list_events, read_event, replay_event
from relay.store.stores import Store
from tests.harness.waiting import eventually
from tests.store.erasure_world import (
    JANE,
    JOES_RAW,
    MAKE_EVENT,
    RAW,
    accept_request,
    begin_erasure,
    erase,
    event_about,
    make_aggregating,
    make_dead,
    make_delivered,
    make_queued,
    make_unmapped,
    run_step,
    settle,
    state_of,
)
from tests.store_world import NOW, sweep_now, take_events, text_of_the_store


def test_the_helpers_make_an_event_in_every_state_but_two():
    assert set(State) - set(MAKE_EVENT) == {State.SENDING, State.ERASED}


@pytest.mark.parametrize("state", MAKE_EVENT, ids=str)
def test_an_erasure_removes_the_person_from_an_event_in_any_state(store: Store, state: State):
    MAKE_EVENT[state](store)
    states = {state_of(store, event_id.decode()) for event_id in store.redis.zrange(keys.EVENTS, 0, -1)}
    assert state in states
    assert JANE in text_of_the_store(store.redis)

    erasure = erase(store)

    assert JANE not in text_of_the_store(store.redis)
    assert read_erasure(store.redis, erasure).counts[state] == 1
    assert {state_of(store, event_id.decode()) for event_id in store.redis.zrange(keys.EVENTS, 0, -1)} == {
        State.ERASED
    }
    assert store.redis.keys(f"{keys.PERSON_INDEX}*") == []


def test_an_unmapped_dead_letter_is_erased_with_its_errors(store: Store):
    make_unmapped(store)

    erase(store)

    assert JANE not in text_of_the_store(store.redis)
    assert store.redis.keys("relay:cluster*") == []


@pytest.mark.parametrize("state", MAKE_EVENT, ids=str)
def test_a_preview_counts_what_the_erasure_then_erases(store: Store, state: State):
    MAKE_EVENT[state](store)
    accept_request(store, event_about("3", email="joe@globex.example"), raw=JOES_RAW)
    accept_request(store, event_about("4", email="joe@globex.example"), raw=RAW)
    preview = preview_erasure(store.redis, store.people.mark(JANE))

    record = read_erasure(store.redis, erase(store))

    assert (preview.counts, preview.receipts) == (record.counts, record.receipts)
    assert preview.receipts > 0


def test_an_erasure_removes_an_id_with_the_persons_address_that_its_sender_chose(store: Store):
    accept_request(store, event_about("1", event_id=JANE, dedupe_name=f"web:{JANE}"))
    # An older version used the id itself.
    store.redis.set(f"{keys.ID_OWNER}4:acme:{JANE}", "web")

    erase(store)

    assert JANE not in text_of_the_store(store.redis)


def test_no_key_consists_of_an_id_with_an_address(store: Store):
    [verdict] = accept_request(store, event_about("1", event_id=JANE, dedupe_name=f"web:{JANE}")).verdicts
    accept_request(store, event_about(f"{JANE}-2"))

    assert store.redis.keys(f"*{JANE}*") == []
    assert store.redis.keys(f"{keys.ID_OWNER}*")
    for event_id in (JANE, f"web:{JANE}"):
        page = list_events(
            store.redis, EventFilter(event_id=event_id), limit=9, cursor=None, people=store.people
        )
        assert [event["id"] for event in page.events] == [verdict.id]


def test_an_erasure_after_the_event_was_pruned_leaves_no_id_behind(store: Store):
    accept_request(store, event_about(f"{JANE}-1", event_id=JANE, dedupe_name=f"web:{JANE}"))
    settle(store, end_event(State.DELIVERED, "r-1", record=b"{}", keep_seconds=0))
    sweep_now(store.scripts, store.redis)
    assert store.redis.keys(f"{keys.EVENT}*") == []

    erase(store)

    assert JANE not in text_of_the_store(store.redis)
    again = event_about(f"{JANE}-1", event_id=JANE, dedupe_name=f"web:{JANE}")
    assert accept_request(store, again).verdicts[0].duplicate


def test_another_source_may_not_use_an_event_id_with_an_address_in_another_case(store: Store):
    accept_request(store, event_about("1", event_id=JANE, dedupe_name=f"web:{JANE}"))
    again = event_about("2", event_id=JANE.upper(), dedupe_name=f"shop:{JANE.upper()}")

    with pytest.raises(EventIdInUse):
        accept_request(store, again, source="shop")


def test_an_id_that_a_replay_mapped_again_is_replaced(store: Store):
    [verdict] = accept_request(store, event_about("1")).verdicts
    store.redis.hset(keys.EVENT + verdict.id, "event_id", f"web:{JANE}-9")

    erase(store)

    assert JANE not in text_of_the_store(store.redis)


def test_an_event_of_an_older_version_is_still_recognized(store: Store):
    new_event = event_about(f"{JANE}-1")
    [first] = accept_request(store, new_event).verdicts
    [key] = store.redis.keys(f"{keys.DEDUPE}*")
    store.redis.rename(key, f"{keys.DEDUPE}{new_event.event_id}")

    assert accept_request(store, new_event).verdicts[0].id == first.id
    erase(store)

    assert JANE not in text_of_the_store(store.redis)
    assert accept_request(store, new_event).verdicts[0].id == first.id


def test_the_text_of_a_cluster_is_erased_that_quotes_an_event_which_has_left_it(store: Store):
    make_dead(store)
    [first] = store.redis.zrange(keys.EVENTS, 0, -1)
    accept_request(store, event_about("2", email="joe@globex.example"), raw=JOES_RAW)
    detail = "person.email: joe@globex.example is taken"
    settle(store, dead_letter(DeadLetterReason.REJECTED, detail, record=b"{}", keep_seconds=600))
    [cluster] = store.redis.keys(f"{keys.CLUSTER_INFO}*")
    store.redis.hset(cluster, "text", f"person.email: {JANE} is taken")
    replay_event(store.scripts, first.decode(), now=NOW)

    erase(store)

    assert JANE not in text_of_the_store(store.redis)
    assert "joe@globex.example" in text_of_the_store(store.redis)


def test_no_worker_leases_an_erased_event(store: Store):
    for make_event in (make_queued, make_aggregating):
        make_event(store)
    erase(store)
    sweep_now(store.scripts, store.redis)

    assert take_events(store.scripts) == []


def test_an_event_that_is_being_sent_is_erased_after_its_attempt_ends(store: Store):
    make_queued(store)
    [leased] = take_events(store.scripts)
    erasure = begin_erasure(store)

    assert run_step(store) == []
    assert read_erasure(store.redis, erasure.id).waiting == 1
    assert finish(
        store.scripts, leased, end_event(State.DELIVERED, "request-1", record=b"{}", keep_seconds=600)
    )
    assert run_step(store) == [erasure.id]

    assert JANE not in text_of_the_store(store.redis)
    [erased] = read_erased_events(store.redis, erasure.id)
    assert (erased.state_before, erased.request_id, erased.destination) == (
        State.DELIVERED,
        "request-1",
        "acme",
    )


def test_an_erased_event_records_whether_it_reached_gong(store: Store):
    make_delivered(store)
    [event_id] = [name.decode() for name in store.redis.zrange(keys.EVENTS, 0, -1)]

    erasure = erase(store)

    record = read_event(store.redis, event_id)
    assert record["state_before"] == b"delivered"
    assert record["request_id"] == b"request-1"
    assert record["erasure"].decode() == erasure
    assert not {"body", "operation", "detail", "marks", "warnings"} & set(record)


def test_an_interrupted_erasure_resumes_where_it_stopped(store: Store):
    for number in range(5):
        accept_request(store, event_about(str(number)), raw=RAW + str(number).encode())
    erasure = begin_erasure(store)
    first = store.redis.zrange(keys.EVENTS, 0, 0)[0].decode()
    assert erase_record(store.scripts, erasure, first, alias="", keep_seconds=600) is EraseResult.ERASED

    assert run_step(store) == [erasure.id]

    assert read_erasure(store.redis, erasure.id).counts == {State.QUEUED: 5}
    assert JANE not in text_of_the_store(store.redis)


def test_an_erasure_that_is_started_twice_runs_once(store: Store):
    make_queued(store)
    erasure = begin_erasure(store)
    start_erasure(store.scripts, erasure, dedupe_seconds=3600, now=NOW)

    assert run_step(store) == [erasure.id]
    start_erasure(store.scripts, erasure, dedupe_seconds=3600, now=NOW)
    assert run_step(store) == []


def test_the_events_of_other_persons_are_unchanged(store: Store):
    [joe] = accept_request(store, event_about("2", "joe@globex.example"), raw=JOES_RAW).verdicts
    before = read_event(store.redis, joe.id)

    erase(store)

    assert read_event(store.redis, joe.id) == before


def test_a_cluster_shows_the_text_of_a_dead_letter_that_remains(store: Store):
    make_dead(store)
    accept_request(store, event_about("2", "joe@globex.example"), raw=JOES_RAW)
    settle(
        store,
        dead_letter(
            DeadLetterReason.REJECTED, "person.email: joe@globex.example is taken", record=b"", keep_seconds=9
        ),
    )
    [name] = store.redis.zrange(keys.CLUSTERS, 0, -1)
    store.redis.hset(keys.CLUSTER_INFO + name.decode(), "text", f"person.email: {JANE} is taken")

    erase(store)

    info = store.redis.hgetall(keys.CLUSTER_INFO + name.decode())
    assert info[b"text"] == b"person.email: joe@globex.example is taken"
    assert JANE not in text_of_the_store(store.redis)


def test_a_phone_number_is_found_in_any_notation(store: Store):
    raw = b'{"person": {"phone": "(555) 010-0199"}}'
    new_event = replace(event_about("1"), people=find_people(raw))
    accept_request(store, new_event, raw=raw)

    erase(store, "5550100199")

    assert "010-0199" not in text_of_the_store(store.redis)


def test_a_pruned_event_leaves_the_person_index(store: Store):
    [verdict] = accept_request(store, event_about("1")).verdicts
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


def test_an_erasure_starts_a_rewrite_of_the_append_only_file(store: Store, durable: Redis):
    make_queued(store)
    erasure = begin_erasure(store)

    assert run_step(store) == [erasure.id]

    assert durable.hget(keys.ERASURE + erasure.id, "rewrite") == b"started"


def test_an_erasure_ends_only_after_an_earlier_rewrite_has_finished(store: Store, durable: Redis):
    make_queued(store)
    erasure = begin_erasure(store)
    durable.config_set("rdb-key-save-delay", "100000")
    durable.bgrewriteaof()

    assert run_step(store) == []
    assert JANE not in text_of_the_store(store.redis)
    durable.config_set("rdb-key-save-delay", "0")
    eventually(lambda: run_step(store) == [erasure.id], within=30)


def test_a_rewrite_that_the_server_forbids_is_reported(durable: Redis):
    durable.execute_command(
        "ACL", "SETUSER", "relay", "reset", "on", "nopass", "~*", "+@all", "-bgrewriteaof"
    )
    limited = open_redis(f"unix://relay:x@{durable.connection_pool.connection_kwargs['path']}", WORKER)
    try:
        error = rewrite_append_only_file(limited)
    finally:
        limited.close()
        durable.execute_command("ACL", "DELUSER", "relay")

    assert error is not None
    assert "permission" in error.lower()
