"""Pages of several stores are merged into one page, and an event is found in whichever store it is."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from relay.core.errors import Unavailable
from relay.core.lifecycle import State
from relay.store.all_stores import find_event, list_events_in_all_stores, merge_pages
from relay.store.engine.connection import WORKER, open_redis
from relay.store.events import EventFilter, EventPage
from relay.store.stores import Stores
from tests.store_world import accept_events, event

EVERYTHING = EventFilter()


@pytest.fixture
def stores(redis: Redis, second_redis: Redis) -> Stores:
    return Stores(redis, {"eu": second_redis})


def read_all_pages(read_page: Any) -> list[str]:
    """Read page after page, as a client does, and return every id."""
    ids: list[str] = []
    cursor = None
    while True:
        page = read_page(cursor)
        ids += [row["id"] for row in page.events]
        if page.cursor is None:
            return ids
        assert cursor is None or page.cursor < cursor
        cursor = page.cursor


def page_of(
    ids: Sequence[str], wanted: set[str], *, limit: int, scan_limit: int, cursor: str | None
) -> EventPage:
    """A store's page of the ids that are wanted. Like a store, it scans at most `scan_limit` ids."""
    below = [event_id for event_id in sorted(ids, reverse=True) if cursor is None or event_id < cursor]
    scanned, matches = below[:scan_limit], []
    for index, event_id in enumerate(scanned):
        if event_id in wanted:
            if len(matches) == limit:
                return EventPage(matches, scanned[index - 1])
            matches.append({"id": event_id})
    return EventPage(matches, scanned[-1] if len(below) > len(scanned) else None)


@given(
    st.sets(st.integers(0, 99), max_size=40),
    st.sets(st.integers(0, 99)),
    st.sets(st.integers(0, 99)),
    st.integers(1, 7),
    st.integers(1, 9),
)
def test_merged_pages_list_each_wanted_event_once_in_order(
    stored: set[int], in_eu: set[int], wanted: set[int], limit: int, scan_limit: int
):
    ids, chosen = {f"{number:02}" for number in stored}, {f"{number:02}" for number in wanted}
    eu = {event_id for event_id in ids if int(event_id) in in_eu}

    def read_page(cursor: str | None) -> EventPage:
        pages = [
            page_of(part, chosen, limit=limit, scan_limit=scan_limit, cursor=cursor)
            for part in (ids - eu, eu)
        ]
        return merge_pages(pages, limit=limit)

    assert read_all_pages(read_page) == sorted(ids & chosen, reverse=True)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.booleans(), max_size=14), st.integers(1, 6), st.sampled_from([None, State.QUEUED]))
def test_pages_of_two_real_stores_are_their_sorted_union(
    stores: Stores, places: list[bool], limit: int, status: State | None
):
    for store in stores:
        store.redis.flushall()
    expected = []
    for number, in_eu in enumerate(places):
        new = event(f"ev-{number}", destination="globex" if in_eu else "acme", filtered=number % 3 == 0)
        accept_events(stores.get("eu" if in_eu else "main").scripts, new)
        expected += [new.id] if status is None or number % 3 else []

    wanted = EventFilter(status=status)

    assert (
        read_all_pages(lambda cursor: list_events_in_all_stores(stores, wanted, limit=limit, cursor=cursor))
        == expected[::-1]
    )


def test_an_event_is_found_by_its_event_id_in_every_store(stores: Stores):
    ids = [accept_events(store.scripts, event("ev-1")).verdicts[0].id for store in stores]

    page = list_events_in_all_stores(stores, EventFilter(event_id="web:ev-1"), limit=1, cursor=None)

    assert [row["id"] for row in page.events] == sorted(ids, reverse=True)


def test_an_event_is_found_in_its_store_while_another_store_is_down(second_redis: Redis):
    unreachable = open_redis("unix:///nowhere/at/all", WORKER)
    event_id = accept_events(Stores(second_redis).main.scripts, event("ev-1")).verdicts[0].id
    stores = Stores(unreachable, {"eu": second_redis})

    result = find_event(stores, event_id)

    assert result is not None
    assert result[0].name == "eu"
    with pytest.raises(Unavailable):
        find_event(stores, "01K9XHZ3T5M7Q2V8B4N6C0D1EF")
    with pytest.raises(Unavailable):
        list_events_in_all_stores(stores, EVERYTHING, limit=5, cursor=None)
