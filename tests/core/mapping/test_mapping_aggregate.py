"""Rules whose events come together by session: how they are read, and which session an item gets."""

from typing import Any

import pytest

from relay.core.gong.limits import TITLE_MAX
from relay.core.mapping.compile import compile_mapping
from relay.core.visit_session import AggregateOptions
from tests.core.mapping.builders import (
    a_rule,
    a_rule_mapping,
    an_item,
    codes_of,
    errors_of,
    preview_of,
    results_of,
)

BY = {"by": "{{ item.visit }}"}


def ties(item: dict[str, Any], **aggregate: Any) -> tuple[str, ...] | None:
    [event] = results_of([a_rule(aggregate=BY | aggregate)], item)
    return event.session and event.session.ties


def how(**aggregate: Any) -> AggregateOptions:
    [rule] = compile_mapping([a_rule(aggregate=BY | aggregate)]).rules
    assert rule.aggregate
    return rule.aggregate.options


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("90s", 90), ("15m", 900), ("4h", 14_400), ("30 s", 30), (45, 45), ("45", 45), ("12h", 43_200)],
)
def test_a_time_is_said_in_seconds_minutes_or_hours(said: object, seconds: float):
    assert how(idle_timeout=said, max_duration="12h").idle_timeout_seconds == seconds


def test_what_is_not_said_has_a_default():
    assert how() == AggregateOptions(idle_timeout_seconds=900, max_duration_seconds=14_400, event_type=None)


def test_a_session_may_be_called_something():
    assert how(**{"as": "website visited"}).event_type == "website visited"


@pytest.mark.parametrize(
    ("aggregate", "path", "code"),
    [
        ("session", "", "invalid_value"),
        ([], "", "invalid_value"),
        (BY | {"idle_timeout": "soon"}, ".idle_timeout", "invalid_value"),
        (BY | {"idle_timeout": 0}, ".idle_timeout", "invalid_value"),
        (BY | {"idle_timeout": True}, ".idle_timeout", "invalid_value"),
        (BY | {"idle_timeout": "-5m"}, ".idle_timeout", "invalid_value"),
        (BY | {"idle_timeout": "1.5h"}, ".idle_timeout", "invalid_value"),
        (BY | {"idle_timeout": "\u0661\u0665m"}, ".idle_timeout", "invalid_value"),
        (BY | {"idle_timeout": None}, ".idle_timeout", "invalid_value"),
        (BY | {"idle_timeout": "2h", "max_duration": "1h"}, ".idle_timeout", "invalid_value"),
        (BY | {"idle_timeout": "5h"}, ".idle_timeout", "invalid_value"),
        (BY | {"max_duration": "13h"}, ".max_duration", "invalid_value"),
        (BY | {"max_duration": "2d"}, ".max_duration", "invalid_value"),
        (BY | {"as": ""}, ".as", "invalid_value"),
        (BY | {"as": 5}, ".as", "invalid_value"),
        (BY | {"as": "x" * (TITLE_MAX + 1)}, ".as", "invalid_value"),
        (BY | {"as": "{{ item.name }}"}, ".as", "invalid_value"),
        (BY | {"queit": "15m"}, ".queit", "unknown_key"),
        (BY | {5: "15m"}, ".5", "unknown_key"),
        ({}, ".by", "missing_key"),
        ({"by": None}, ".by", "missing_key"),
        ({"by": "item.visit"}, ".by", "invalid_value"),
        ({"by": 5}, ".by", "invalid_value"),
        ({"by": "{{ item.visit"}, ".by", "syntax_error"),
        ({"by": "{{ items.visit }}"}, ".by", "unknown_name"),
    ],
)
def test_a_mistake_is_told_when_the_mapping_is_loaded(aggregate: object, path: str, code: str):
    assert errors_of([a_rule(aggregate=aggregate)]) == [(f"rules[0].aggregate{path}", code)]


def test_only_a_rule_to_digital_interactions_may_collapse():
    body = {
        "eventTimestamp": "{{ item.at }}",
        "actionName": "x",
        "contentTitle": "y",
        "actor": {"email": "{{ item.email }}"},
    }

    assert ("rules[0].aggregate", "invalid_value") in errors_of(
        [a_rule(to="custom-action", map=body, aggregate=BY)]
    )


def test_an_event_belongs_to_the_session_of_its_source_its_rule_its_key_and_its_person():
    assert ties(an_item(visit="v-1")) == ("site", "viewed", "v-1", "email jane@globex.example")


def test_a_key_may_be_a_number():
    assert ties(an_item(visit=5)) == ("site", "viewed", "5", "email jane@globex.example")


@pytest.mark.parametrize("visit", [None, "", " "])
def test_an_item_without_a_key_goes_alone(visit: str | None):
    assert ties(an_item(visit=visit)) is None


@pytest.mark.parametrize("visit", [["a"], {"a": 1}, True])
def test_a_key_that_is_no_text_is_told_as_a_warning(visit: object):
    [event] = results_of([a_rule(aggregate=BY)], an_item(visit=visit))

    assert (event.session, codes_of(event.warnings)) == (None, ["aggregate.by no_value"])


def test_without_a_key_of_its_own_a_rule_goes_by_the_session_that_gong_is_told_of():
    [event] = results_of(
        [a_rule_mapping({"sessionId": "{{ item.visit }}"}, aggregate={"idle_timeout": "5m"})],
        an_item(visit="v-1"),
    )

    assert event.session
    assert event.session.ties[2] == "v-1"


def test_each_part_of_an_item_has_the_session_of_its_own_person():
    rule = a_rule_mapping(
        {"eventId": "{{ item.id }}{{ item.email }}"},
        items="item.people",
        aggregate={"by": "{{ parent.visit }}"},
    )
    people = [an_item(email=email) for email in ("jane@globex.example", "joe@globex.example")]

    events = results_of([rule], {"visit": "v-1", "people": people})

    assert len({event.session.name for event in events if event.session}) == len(people)


@pytest.mark.parametrize(
    "item", [an_item(visit="v-1", title=None), an_item(visit="v-1", email="a@acme.example")]
)
def test_what_gong_is_not_told_belongs_to_no_session(item: dict[str, Any]):
    [event] = results_of([a_rule(aggregate=BY)], item, internal_domains=frozenset({"acme.example"}))

    assert (event.call, event.session) == (None, None)


def test_a_preview_shows_the_session_and_counts_its_key_as_read():
    [event] = preview_of([a_rule(aggregate=BY | {"as": "website visited"})], an_item(visit="v-1"))

    assert event["session"] == {
        "ties": ["site", "viewed", "v-1", "email jane@globex.example"],
        "idle_timeout_seconds": 900,
        "max_duration_seconds": 14_400,
        "as": "website visited",
    }
    assert event["unused"] == []


def test_a_preview_of_an_event_that_goes_alone_shows_none():
    [event] = preview_of([a_rule(aggregate=BY)], an_item())

    assert "session" not in event
