"""Pages of several stores are one page, whatever lies where; and an event is found wherever it is."""

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


def walk(ask: Any) -> list[str]:
    """Every id, page after page, as a client walks."""
    found: list[str] = []
    cursor = None
    while True:
        page = ask(cursor)
        found += [each["id"] for each in page.events]
        if page.cursor is None:
            return found
        assert cursor is None or page.cursor < cursor
        cursor = page.cursor


def page_of(ids: Sequence[str], wanted: set[str], *, limit: int, look: int, cursor: str | None) -> EventPage:
    """A store's page of those ids that are wanted. It looks at so many at most, as a store does."""
    below = [one for one in sorted(ids, reverse=True) if cursor is None or one < cursor]
    looked, shown = below[:look], []
    for at, one in enumerate(looked):
        if one in wanted:
            if len(shown) == limit:
                return EventPage(shown, looked[at - 1])
            shown.append({"id": one})
    return EventPage(shown, looked[-1] if len(below) > len(looked) else None)


@given(
    st.sets(st.integers(0, 99), max_size=40),
    st.sets(st.integers(0, 99)),
    st.sets(st.integers(0, 99)),
    st.integers(1, 7),
    st.integers(1, 9),
)
def test_walking_over_merged_pages_shows_each_wanted_event_once_in_order(
    known: set[int], in_eu: set[int], wanted: set[int], limit: int, look: int
):
    ids, chosen = {f"{one:02}" for one in known}, {f"{one:02}" for one in wanted}
    eu = {one for one in ids if int(one) in in_eu}

    def ask(cursor: str | None) -> EventPage:
        pages = [page_of(part, chosen, limit=limit, look=look, cursor=cursor) for part in (ids - eu, eu)]
        return merge_pages(pages, limit=limit)

    assert walk(ask) == sorted(ids & chosen, reverse=True)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.booleans(), max_size=14), st.integers(1, 6), st.sampled_from([None, State.QUEUED]))
def test_pages_of_two_real_stores_are_their_sorted_union(
    stores: Stores, places: list[bool], limit: int, status: State | None
):
    for store in stores:
        store.redis.flushall()
    made = []
    for number, in_eu in enumerate(places):
        new = event(f"ev-{number}", destination="globex" if in_eu else "acme", filtered=number % 3 == 0)
        accept_events(stores.get("eu" if in_eu else "main").scripts, new)
        made += [new.id] if status is None or number % 3 else []

    wanted = EventFilter(status=status)

    assert (
        walk(lambda cursor: list_events_in_all_stores(stores, wanted, limit=limit, cursor=cursor))
        == made[::-1]
    )


def test_an_event_is_found_by_its_event_id_in_every_store(stores: Stores):
    ids = [accept_events(store.scripts, event("ev-1")).verdicts[0].id for store in stores]

    page = list_events_in_all_stores(stores, EventFilter(event_id="web:ev-1"), limit=1, cursor=None)

    assert [each["id"] for each in page.events] == sorted(ids, reverse=True)


def test_an_event_is_found_in_its_store_while_another_is_away(second_redis: Redis):
    away = open_redis("unix:///nowhere/at/all", WORKER)
    kept = accept_events(Stores(second_redis).main.scripts, event("ev-1")).verdicts[0].id
    stores = Stores(away, {"eu": second_redis})

    found = find_event(stores, kept)

    assert found is not None
    assert found[0].name == "eu"
    with pytest.raises(Unavailable):
        find_event(stores, "01K9XHZ3T5M7Q2V8B4N6C0D1EF")
    with pytest.raises(Unavailable):
        list_events_in_all_stores(stores, EVERYTHING, limit=5, cursor=None)
