"""Events whose eventId their sender chose: deduplicated per source, and found by either form of the id."""

from dataclasses import replace

import pytest
from redis import Redis

from relay.store.accept import NewEvent
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from relay.store.events import EventFilter, list_events
from tests.store_world import accept_events, event, receipt


def chosen(event_id: str, source: str = "web") -> NewEvent:
    """An event under its sender's own id, as Gong's endpoints accept it."""
    return replace(event("any"), event_id=event_id, dedupe_name=f"{source}:{event_id}")


def found(redis: Redis, event_id: str, source: str | None = None) -> list[str]:
    page = list_events(redis, EventFilter(event_id=event_id, source=source), limit=50, cursor=None)
    return [told["id"] for told in page.events]


def test_two_sources_may_choose_the_same_event_id(scripts: Scripts):
    first = accept_events(scripts, chosen("7"))
    second = accept_events(scripts, chosen("7", "shop"), on=receipt(source="shop"))

    assert [verdict.duplicate for verdict in first.verdicts + second.verdicts] == [False, False]


def test_one_source_that_repeats_its_event_id_sends_a_duplicate(scripts: Scripts):
    [first] = accept_events(scripts, chosen("7")).verdicts
    [again] = accept_events(scripts, chosen("7")).verdicts

    assert (again.id, again.duplicate) == (first.id, True)


def test_an_event_is_the_same_by_whichever_endpoint_it_came(scripts: Scripts):
    [first] = accept_events(scripts, event("7")).verdicts
    [again] = accept_events(scripts, chosen("7")).verdicts

    assert (again.id, again.duplicate) == (first.id, True)


@pytest.mark.parametrize("asked", ["7", "web:7"])
def test_an_event_is_found_with_and_without_its_sources_name(scripts: Scripts, redis: Redis, asked: str):
    made = chosen("7")
    accept_events(scripts, made)

    assert found(redis, asked) == [made.id]


def test_a_chosen_event_id_finds_every_sources_event_the_newest_first(scripts: Scripts, redis: Redis):
    web, shop = chosen("7"), chosen("7", "shop")
    accept_events(scripts, web)
    accept_events(scripts, shop, on=receipt(source="shop"))

    assert found(redis, "7") == [shop.id, web.id]
    assert found(redis, "7", source="shop") == [shop.id]


def test_a_chosen_id_that_looks_like_another_sources_hides_neither(scripts: Scripts, redis: Redis):
    web, shop = event("7"), chosen("web:7", "shop")
    accept_events(scripts, web)
    accept_events(scripts, shop, on=receipt(source="shop"))

    assert found(redis, "web:7") == [shop.id, web.id]


def test_an_event_without_an_id_of_its_senders_choice_costs_no_second_key(scripts: Scripts, redis: Redis):
    accept_events(scripts, event("7"))

    assert redis.keys(keys.BY_EVENT_ID + "*") == []


def test_both_ways_to_an_event_are_forgotten_together(scripts: Scripts, redis: Redis):
    accept_events(scripts, chosen("7"))

    assert abs(redis.ttl(keys.BY_EVENT_ID + "7") - redis.ttl(keys.DEDUPE + "web:7")) <= 1
