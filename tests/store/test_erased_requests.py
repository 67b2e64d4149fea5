"""An erasure removes the raw request if it contains the person's data, and keeps what other events need."""

from relay.core.lifecycle import State
from relay.store.engine import keys
from relay.store.erasures import read_remaining_ids
from relay.store.events import discard_event, read_event, read_receipt, replay_event
from relay.store.stores import Store
from tests.store.erasure_world import (
    JANE,
    JOES_RAW,
    RAW,
    accept_request,
    erase,
    event_about,
    make_dead,
    state_of,
)
from tests.store_world import NOW, sweep_now, take_events, text_of_the_store


def test_another_event_of_the_request_keeps_its_call_and_loses_the_raw_request(store: Store):
    raw = b"[%s,%s]" % (RAW, JOES_RAW)
    jane, joe = accept_request(
        store, event_about("1"), event_about("2", "joe@globex.example"), raw=raw
    ).verdicts

    erase(store)

    assert (state_of(store, jane.id), state_of(store, joe.id)) == (State.ERASED, State.QUEUED)
    [leased] = take_events(store.scripts)
    assert b"joe@globex.example" in leased.body
    on = read_receipt(store.redis, read_event(store.redis, joe.id)["receipt"].decode())
    assert "raw" not in on
    assert "erased_at" in on
    assert JANE not in text_of_the_store(store.redis)


def test_a_raw_request_is_erased_if_the_person_is_in_none_of_its_events(store: Store):
    [joe] = accept_request(
        store, event_about("2", "joe@globex.example"), raw=b"[%s,%s]" % (RAW, JOES_RAW)
    ).verdicts

    erase(store)

    assert JANE not in text_of_the_store(store.redis)
    [leased] = take_events(store.scripts)
    assert leased.id == joe.id
    assert b"joe@globex.example" in leased.body


def test_the_raw_request_of_a_repeated_event_is_erased_too(store: Store):
    accept_request(store, event_about("1"))
    accept_request(
        store, event_about("1"), event_about("2", "joe@globex.example"), raw=b"[%s,%s]" % (RAW, JOES_RAW)
    )

    erase(store)

    assert JANE not in text_of_the_store(store.redis)


def test_the_raw_request_is_not_stored_if_all_its_events_are_repeated(store: Store):
    accept_request(store, event_about("1"))
    on = accept_request(store, event_about("1")).receipt

    assert "raw" not in read_receipt(store.redis, on)


def test_a_raw_request_that_outlives_the_persons_event_is_erased(store: Store):
    jane, _ = accept_request(
        store, event_about("1"), event_about("2", "joe@globex.example"), raw=b"[%s,%s]" % (RAW, JOES_RAW)
    ).verdicts
    discard_event(store.scripts, jane.id, keep_seconds=0)
    assert sweep_now(store.scripts, store.redis).pruned == 1
    assert JANE in text_of_the_store(store.redis)

    erase(store)

    assert JANE not in text_of_the_store(store.redis)


def test_headers_and_url_parameters_are_erased(store: Store):
    accept_request(
        store,
        event_about("2", "joe@globex.example"),
        raw=JOES_RAW,
        query='{"e": "jane.doe%40globex.example"}',
    )

    erase(store)

    assert "jane.doe" not in text_of_the_store(store.redis)


def test_a_remapped_event_is_found_by_every_person_in_it(store: Store):
    make_dead(store)
    [event_id] = [name.decode() for name in store.redis.zrange(keys.EVENTS, 0, -1)]
    joe = store.people.mark("joe@globex.example")

    replay_event(
        store.scripts, event_id, now=NOW, fields={"body": b'{"to": "joe@globex.example"}', "marks": joe}
    )

    for mark in (joe, store.people.mark(JANE)):
        assert read_remaining_ids(store.redis, mark, after="", most=9) == [event_id]
    erase(store, "joe@globex.example")
    assert "globex" not in text_of_the_store(store.redis)
