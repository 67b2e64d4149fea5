"""An event whose sender chose the eventId is deduplicated per source and found by either form of the id."""

from dataclasses import replace

import pytest
from redis import Redis

from relay.store.accept import EventIdInUse, NewEvent
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from relay.store.events import EventFilter, list_events
from tests.store_world import accept_events, event, receipt


def event_with_id(event_id: str, source: str = "web") -> NewEvent:
    """An event with an id that its sender chose, as the Gong-compatible endpoints accept it."""
    return replace(event("any"), event_id=event_id, dedupe_name=f"{source}:{event_id}")


def find_ids(redis: Redis, event_id: str, source: str | None = None) -> list[str]:
    page = list_events(redis, EventFilter(event_id=event_id, source=source), limit=50, cursor=None)
    return [row["id"] for row in page.events]


@pytest.mark.parametrize("event_id", ["7", "A-7", " a-7 "])
def test_the_second_source_of_a_company_cannot_use_an_event_id(scripts: Scripts, redis: Redis, event_id: str):
    accept_events(scripts, event_with_id(event_id))
    before = redis.dbsize()

    with pytest.raises(EventIdInUse):
        accept_events(scripts, event_with_id(event_id.strip().lower(), "shop"), on=receipt(source="shop"))
    assert redis.dbsize() == before


def test_sources_of_two_companies_may_choose_the_same_event_id(scripts: Scripts):
    first = accept_events(scripts, event_with_id("7"))
    second = accept_events(
        scripts, replace(event_with_id("7", "shop"), company="globex"), on=receipt(source="shop")
    )

    assert [verdict.duplicate for verdict in first.verdicts + second.verdicts] == [False, False]


def test_an_event_that_is_not_sent_does_not_use_its_event_id(scripts: Scripts):
    filtered = replace(event("any", filtered=True), event_id="7", dedupe_name="web:7")
    accept_events(scripts, filtered)

    assert accept_events(scripts, event_with_id("7", "shop"), on=receipt(source="shop")).verdicts


def test_an_event_id_that_its_source_repeats_is_a_duplicate(scripts: Scripts):
    [first] = accept_events(scripts, event_with_id("7")).verdicts
    [again] = accept_events(scripts, event_with_id("7")).verdicts

    assert (again.id, again.duplicate) == (first.id, True)


def test_an_event_is_recognized_on_either_endpoint(scripts: Scripts):
    [first] = accept_events(scripts, event("7")).verdicts
    [again] = accept_events(scripts, event_with_id("7")).verdicts

    assert (again.id, again.duplicate) == (first.id, True)


@pytest.mark.parametrize("event_id", ["7", "web:7"])
def test_an_event_is_found_with_and_without_its_sources_name(scripts: Scripts, redis: Redis, event_id: str):
    new_event = event_with_id("7")
    accept_events(scripts, new_event)

    assert find_ids(redis, event_id) == [new_event.id]


def test_a_chosen_event_id_finds_the_events_of_every_source_newest_first(scripts: Scripts, redis: Redis):
    web, shop = event_with_id("7"), replace(event_with_id("7", "shop"), company="globex")
    accept_events(scripts, web)
    accept_events(scripts, shop, on=receipt(source="shop"))

    assert find_ids(redis, "7") == [shop.id, web.id]
    assert find_ids(redis, "7", source="shop") == [shop.id]


def test_a_chosen_id_that_looks_like_the_id_of_another_source_finds_both(scripts: Scripts, redis: Redis):
    web, shop = event("7"), event_with_id("web:7", "shop")
    accept_events(scripts, web)
    accept_events(scripts, shop, on=receipt(source="shop"))

    assert find_ids(redis, "web:7") == [shop.id, web.id]


def test_an_event_without_a_chosen_id_needs_no_second_key(scripts: Scripts, redis: Redis):
    accept_events(scripts, event("7"))

    assert redis.keys(keys.BY_EVENT_ID + "*") == []


def test_both_keys_of_an_event_id_expire_together(scripts: Scripts, redis: Redis):
    accept_events(scripts, event_with_id("7"))

    assert abs(redis.ttl(keys.BY_EVENT_ID + "7") - redis.ttl(keys.DEDUPE + "web:7")) <= 1
