"""The bytes of a request go with a person whom they tell of; what others need of it stays."""

from relay.core.lifecycle import State
from relay.store.engine import keys
from relay.store.erasures import read_remaining_ids
from relay.store.events import discard_event, read_event, read_receipt, replay_event
from relay.store.stores import Store
from tests.store.erasing_world import JANE, JOES_RAW, RAW, about, erase, keep, make_dead, state_of
from tests.store_world import NOW, sweep_now, take_events
from tests.store_world import text_of_the_store as everything


def test_a_sibling_keeps_its_call_and_loses_the_bytes(store: Store):
    raw = b"[%s,%s]" % (RAW, JOES_RAW)
    jane, joe = keep(store, about("1"), about("2", "joe@globex.example"), raw=raw).verdicts

    erase(store)

    assert (state_of(store, jane.id), state_of(store, joe.id)) == (State.ERASED, State.QUEUED)
    [taken] = take_events(store.scripts)
    assert b"joe@globex.example" in taken.body
    on = read_receipt(store.redis, read_event(store.redis, joe.id)["receipt"].decode())
    assert "raw" not in on
    assert "erased_at" in on
    assert JANE not in everything(store.redis)


def test_the_bytes_go_where_the_person_is_in_no_event_of_them(store: Store):
    [joe] = keep(store, about("2", "joe@globex.example"), raw=b"[%s,%s]" % (RAW, JOES_RAW)).verdicts

    erase(store)

    assert JANE not in everything(store.redis)
    [taken] = take_events(store.scripts)
    assert taken.id == joe.id
    assert b"joe@globex.example" in taken.body


def test_the_bytes_of_a_request_that_repeats_an_event_are_found_too(store: Store):
    keep(store, about("1"))
    keep(store, about("1"), about("2", "joe@globex.example"), raw=b"[%s,%s]" % (RAW, JOES_RAW))

    erase(store)

    assert JANE not in everything(store.redis)


def test_the_bytes_of_a_request_that_only_repeats_are_not_kept(store: Store):
    keep(store, about("1"))
    on = keep(store, about("1")).receipt

    assert "raw" not in read_receipt(store.redis, on)


def test_bytes_that_outlive_the_event_they_tell_of_are_found(store: Store):
    jane, _ = keep(
        store, about("1"), about("2", "joe@globex.example"), raw=b"[%s,%s]" % (RAW, JOES_RAW)
    ).verdicts
    discard_event(store.scripts, jane.id, keep_seconds=0)
    assert sweep_now(store.scripts, store.redis).pruned == 1
    assert JANE in everything(store.redis)

    erase(store)

    assert JANE not in everything(store.redis)


def test_headers_and_parameters_of_the_url_are_found_and_erased(store: Store):
    keep(store, about("2", "joe@globex.example"), raw=JOES_RAW, query='{"e": "jane.doe%40globex.example"}')

    erase(store)

    assert "jane.doe" not in everything(store.redis)


def test_a_body_that_is_made_anew_is_found_by_all_whom_it_tells_of(store: Store):
    make_dead(store)
    [one] = [name.decode() for name in store.redis.zrange(keys.EVENTS, 0, -1)]
    joe = store.people.mark("joe@globex.example")

    replay_event(store.scripts, one, now=NOW, fields={"body": b'{"to": "joe@globex.example"}', "marks": joe})

    for mark in (joe, store.people.mark(JANE)):
        assert read_remaining_ids(store.redis, mark, after="", most=9) == [one]
    erase(store, "joe@globex.example")
    assert "globex" not in everything(store.redis)
