"""Rules with `aggregate`: how the section is parsed, and which session an event belongs to."""

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


def ties_of(item: dict[str, Any], **aggregate: Any) -> tuple[str, ...] | None:
    [event] = results_of([a_rule(aggregate=BY | aggregate)], item)
    return event.session and event.session.key


def options_of(**aggregate: Any) -> AggregateOptions:
    [rule] = compile_mapping([a_rule(aggregate=BY | aggregate)]).rules
    assert rule.aggregate
    return rule.aggregate.options


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [("90s", 90), ("15m", 900), ("4h", 14_400), ("30 s", 30), (45, 45), ("45", 45), ("12h", 43_200)],
)
def test_a_duration_is_in_seconds_minutes_or_hours(duration: object, seconds: float):
    assert options_of(idle_timeout=duration, max_duration="12h").idle_timeout_seconds == seconds


def test_every_option_has_a_default():
    assert options_of() == AggregateOptions(
        idle_timeout_seconds=900, max_duration_seconds=14_400, event_type=None
    )


def test_as_sets_the_event_type_of_the_session():
    assert options_of(**{"as": "website visited"}).event_type == "website visited"


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
def test_an_error_is_reported_when_the_mapping_is_loaded(aggregate: object, path: str, code: str):
    assert errors_of([a_rule(aggregate=aggregate)]) == [(f"rules[0].aggregate{path}", code)]


def test_only_rules_to_digital_interactions_can_aggregate():
    body = {
        "eventTimestamp": "{{ item.at }}",
        "actionName": "x",
        "contentTitle": "y",
        "actor": {"email": "{{ item.email }}"},
    }

    assert ("rules[0].aggregate", "invalid_value") in errors_of(
        [a_rule(to="custom-action", map=body, aggregate=BY)]
    )


def test_a_session_is_identified_by_source_rule_key_and_person():
    assert ties_of(an_item(visit="v-1")) == ("site", "viewed", "v-1", "email jane@globex.example")


def test_the_key_can_be_a_number():
    assert ties_of(an_item(visit=5)) == ("site", "viewed", "5", "email jane@globex.example")


@pytest.mark.parametrize("visit", [None, "", " "])
def test_an_item_without_a_key_belongs_to_no_session(visit: str | None):
    assert ties_of(an_item(visit=visit)) is None


@pytest.mark.parametrize("visit", [["a"], {"a": 1}, True])
def test_a_key_that_is_neither_text_nor_a_number_is_a_warning(visit: object):
    [event] = results_of([a_rule(aggregate=BY)], an_item(visit=visit))

    assert (event.session, codes_of(event.warnings)) == (None, ["aggregate.by no_value"])


def test_without_by_the_session_id_of_the_call_is_the_key():
    [event] = results_of(
        [a_rule_mapping({"sessionId": "{{ item.visit }}"}, aggregate={"idle_timeout": "5m"})],
        an_item(visit="v-1"),
    )

    assert event.session
    assert event.session.key[2] == "v-1"


def test_each_part_of_an_item_belongs_to_its_own_persons_session():
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
def test_an_event_that_is_not_sent_belongs_to_no_session(item: dict[str, Any]):
    [event] = results_of([a_rule(aggregate=BY)], item, internal_domains=frozenset({"acme.example"}))

    assert (event.call, event.session) == (None, None)


def test_a_preview_shows_the_session_and_counts_its_key_as_read():
    [event] = preview_of([a_rule(aggregate=BY | {"as": "website visited"})], an_item(visit="v-1"))

    assert event["session"] == {
        "key": ["site", "viewed", "v-1", "email jane@globex.example"],
        "idle_timeout_seconds": 900,
        "max_duration_seconds": 14_400,
        "as": "website visited",
    }
    assert event["unused"] == []


def test_a_preview_of_an_event_without_a_session_shows_none():
    [event] = preview_of([a_rule(aggregate=BY)], an_item())

    assert "session" not in event
