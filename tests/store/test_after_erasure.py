"""Erased data does not return: not with a retry, with an older event or under another id."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from relay.core.lifecycle import State
from relay.store.stores import Store
from tests.store.erasure_world import (
    JANE,
    accept_request,
    erase,
    event_about,
)
from tests.store_world import NOW, take_events, text_of_the_store


def test_ids_that_contain_the_address_are_replaced_and_still_recognized(store: Store):
    native_id = f"{JANE}-signed"
    [first] = accept_request(store, event_about(native_id)).verdicts
    assert JANE in text_of_the_store(store.redis)

    erase(store)

    assert JANE not in text_of_the_store(store.redis)
    [again] = accept_request(store, event_about(native_id)).verdicts
    assert (again.id, again.status, again.duplicate) == (first.id, State.ERASED, True)
    assert JANE not in text_of_the_store(store.redis)


def test_a_late_retry_does_not_restore_an_erased_event(store: Store):
    [first] = accept_request(store, event_about("1")).verdicts
    erase(store)

    [again] = accept_request(store, event_about("1")).verdicts

    assert (again.id, again.duplicate) == (first.id, True)
    assert JANE not in text_of_the_store(store.redis)


@pytest.mark.parametrize("happened_at", [NOW - timedelta(days=1), None], ids=["older", "no time"])
def test_an_event_from_before_the_erasure_is_stored_without_its_payload(
    store: Store, happened_at: datetime | None
):
    erase(store)

    late = replace(event_about(f"{JANE}-2"), happened_at=happened_at)
    [verdict] = accept_request(store, late).verdicts

    assert verdict.status == State.ERASED
    assert JANE not in text_of_the_store(store.redis)
    assert take_events(store.scripts) == []
    [again] = accept_request(store, late).verdicts
    assert (again.id, again.duplicate) == (verdict.id, True)


def test_an_event_from_after_the_erasure_is_accepted(store: Store):
    erase(store)

    [verdict] = accept_request(
        store, replace(event_about("2"), happened_at=datetime.now(UTC) + timedelta(minutes=1))
    ).verdicts

    assert verdict.status == State.QUEUED
    [leased] = take_events(store.scripts)
    assert b"Jane.Doe" in leased.body or JANE.encode() in leased.body
