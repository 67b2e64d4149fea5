"""What was erased does not come back: not by a retry, not by an older event, not under another name."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from relay.core.lifecycle import State
from relay.store.stores import Store
from tests.store.erasing_world import (
    JANE,
    about,
    erase,
    keep,
)
from tests.store_world import NOW, take_events
from tests.store_world import text_of_the_store as everything


def test_ids_that_hold_the_address_are_called_otherwise_and_still_recognized(store: Store):
    named = f"{JANE}-signed"
    [first] = keep(store, about(named)).verdicts
    assert JANE in everything(store.redis)

    erase(store)

    assert JANE not in everything(store.redis)
    [again] = keep(store, about(named)).verdicts
    assert (again.id, again.status, again.duplicate) == (first.id, State.ERASED, True)
    assert JANE not in everything(store.redis)


def test_a_late_retry_does_not_bring_it_back(store: Store):
    [first] = keep(store, about("1")).verdicts
    erase(store)

    [again] = keep(store, about("1")).verdicts

    assert (again.id, again.duplicate) == (first.id, True)
    assert JANE not in everything(store.redis)


@pytest.mark.parametrize("moment", [NOW - timedelta(days=1), None], ids=["older", "no moment"])
def test_what_happened_before_is_kept_as_a_stub_without_its_payload(store: Store, moment: datetime | None):
    erase(store)

    late = replace(about(f"{JANE}-2"), happened_at=moment)
    [verdict] = keep(store, late).verdicts

    assert verdict.status == State.ERASED
    assert JANE not in everything(store.redis)
    assert take_events(store.scripts) == []
    [again] = keep(store, late).verdicts
    assert (again.id, again.duplicate) == (verdict.id, True)


def test_what_happens_after_is_taken_as_ever(store: Store):
    erase(store)

    [verdict] = keep(
        store, replace(about("2"), happened_at=datetime.now(UTC) + timedelta(minutes=1))
    ).verdicts

    assert verdict.status == State.QUEUED
    [taken] = take_events(store.scripts)
    assert b"Jane.Doe" in taken.body or JANE.encode() in taken.body
