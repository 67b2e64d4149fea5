"""Mapping a payload: items become calls with stable ids, or are filtered, or dead with their reasons."""

from hashlib import sha256

import orjson
import pytest

from relay.core.mapping.compile import compile_mapping
from relay.core.mapping.engine import ITEMS_MAX, map_payload
from relay.core.payloads import Payload
from tests.core.mapping.builders import (
    NOW,
    a_rule,
    a_rule_mapping,
    an_item,
    codes_of,
    map_options,
    results_of,
)


def statuses(events):
    return [str(event.status) for event in events]


def test_a_minimal_event_becomes_a_call():
    (event,) = results_of([a_rule()], an_item())

    assert event.call.operation == "digital-interaction"
    assert event.call.event_id == event.event_id == "site:ev-1"
    assert event.call.body == {
        "eventId": "site:ev-1",
        "timestamp": "2026-11-20T10:00:00Z",
        "eventType": "page viewed",
        "content": {"contentTitle": "Pricing"},
        "person": {"email": "jane@globex.example"},
        "sourceSystemName": "site",
    }


def test_a_body_can_be_one_object_or_an_array():
    assert results_of([a_rule()], an_item()) == results_of([a_rule()], [an_item()])


@pytest.mark.parametrize(
    ("items", "body"),
    [
        ("body.events", {"events": [an_item()]}),
        ("body.event", {"event": an_item()}),
        ("{{ [body] }}", an_item()),
    ],
)
def test_items_says_where_the_events_are(items, body):
    assert [event.event_id for event in results_of({"items": items, "rules": [a_rule()]}, body)] == [
        "site:ev-1"
    ]


@pytest.mark.parametrize("body", [None, [], {"ping": True}, {"events": []}])
def test_a_payload_without_items_is_filtered(body):
    (event,) = results_of({"items": "body.events", "rules": [a_rule()]}, body)

    assert (str(event.status), event.call, event.filter_reason) == (
        "filtered",
        None,
        "the payload has no items",
    )


def test_the_first_rule_that_matches_wins_and_without_one_the_item_is_filtered():
    rules = [a_rule(name="first", when="item.kind == 'a'"), a_rule(name="second", when="item.kind")]
    bodies = [an_item(kind="a"), an_item(kind="b"), an_item()]

    assert [event.rule for event in results_of(rules, bodies)] == ["first", "second", None]


def test_a_condition_without_a_value_does_not_match_and_is_a_warning():
    (event,) = results_of([a_rule(when="lower(item.title) == 'x'")], an_item(title=["a list"]))

    assert statuses([event]) == ["filtered"]
    assert codes_of(event.warnings) == ["rules[0].when no_value"]


def test_headers_query_source_and_time_are_in_scope():
    rule = a_rule_mapping(
        {
            "eventId": '{{ headers."svix-id" }}',
            "timestamp": "{{ received_at }}",
            "sessionId": "{{ query.s }}/{{ source }}",
        }
    )
    payload = Payload(an_item(), {"svix-id": "msg_1"}, {"s": "9"})

    (event,) = map_payload(compile_mapping([rule]), payload, **map_options())

    assert event.event_id == "site:msg_1"
    assert event.call.body["timestamp"] == "2026-11-21T12:00:00Z"
    assert event.call.body["sessionId"] == "9/site"


@pytest.mark.parametrize(
    ("native", "event_id"),
    [("a", "site:a"), ("site:a", "site:a"), (17, "site:17"), ("other:a", "site:other:a")],
)
def test_an_event_id_has_its_sources_name_in_front_once(native, event_id):
    assert results_of([a_rule()], an_item(id=native))[0].event_id == event_id


@pytest.mark.parametrize("native", ["é", "x" * 300])
def test_an_id_that_gong_cannot_store_becomes_its_hash(native):
    assert (
        results_of([a_rule()], an_item(id=native))[0].event_id
        == f"site:{sha256(native.encode()).hexdigest()}"
    )


def test_without_an_id_in_the_map_the_items_hash_is_the_id_in_any_order_of_keys():
    item = an_item(id=None)
    rule = a_rule_mapping({})
    del rule["map"]["eventId"]
    reversed_item = dict(reversed(item.items()))

    (first,), (second,) = results_of([rule], item), results_of([rule], reversed_item)

    serialized = orjson.dumps([item], option=orjson.OPT_SORT_KEYS)
    assert first.event_id == second.event_id == f"site:{sha256(serialized).hexdigest()}"
    assert first.warnings == ()


@pytest.mark.parametrize("native", [None, "", {"a": 1}, "\ud800"])
def test_an_id_that_is_missing_is_generated_with_a_warning(native):
    (event,) = results_of([a_rule()], an_item(id=native))

    assert len(event.event_id) == len("site:") + 64
    assert "eventId generated_id" in codes_of(event.warnings)


def test_a_rule_splits_an_item_and_its_parts_can_read_their_parent():
    rule = a_rule(
        items="item.people",
        map={
            **a_rule()["map"],
            "eventId": "{{ parent.id }}:{{ item.email }}",
            "timestamp": "{{ parent.at }}",
            "content": {"contentTitle": "{{ parent.title }}"},
        },
    )
    people = [{"email": "a@globex.example"}, {"email": "b@globex.example"}]

    events = results_of([rule], [an_item(people=people), an_item(people=[])])

    assert [(event.index, event.event_id) for event in events[:2]] == [
        (0, "site:ev-1:a@globex.example"),
        (0, "site:ev-1:b@globex.example"),
    ]
    assert (events[2].rule, events[2].filter_reason) == ("viewed", "its rule finds no items in it")


def test_an_event_that_gong_would_reject_is_dead_with_every_reason():
    (event,) = results_of([a_rule()], an_item(title=None, email=None))

    assert (statuses([event]), event.call) == (["dead"], None)
    assert codes_of(event.problems) == ["content required", "person required"]
    assert event.draft.body["eventId"] == "site:ev-1"


def test_a_missing_value_is_explained_by_its_cause():
    (event,) = results_of([a_rule()], an_item(at="2026-15-30T06:45:00Z"))

    assert codes_of(event.problems) == ["timestamp value_dropped"]
    assert "needs a date and time" in event.problems[0].message


def test_an_event_in_the_future_is_dead():
    (event,) = results_of([a_rule()], an_item(at="2026-11-21T12:05:01Z"))

    assert codes_of(event.problems) == ["timestamp range"]
    assert statuses(results_of([a_rule()], an_item(at="2026-11-21T12:04:59Z"))) == ["ready"]


def test_a_dead_item_does_not_affect_the_others():
    assert statuses(results_of([a_rule()], [an_item(), 5, None, an_item(at="no"), an_item(id="ev-2")])) == [
        "ready", "dead", "dead", "dead", "ready",
    ]  # fmt: skip


def test_too_many_items_in_one_receipt_are_one_dead_letter():
    (event,) = results_of([a_rule()], [None] * (ITEMS_MAX + 1))

    assert codes_of(event.problems) == ["items too_many_items"]


def test_a_value_from_the_payload_is_never_evaluated():
    (event,) = results_of([a_rule()], an_item(title="{{ item.email }}"))

    assert event.call.body["content"]["contentTitle"] == "{{ item.email }}"


@pytest.mark.parametrize(
    ("person", "status"),
    [
        ({"email": "sam@acme.example"}, "filtered"),
        ({"email": "sam@ACME.example"}, "filtered"),
        ({"personId": "p", "company": {"domain": "acme.example"}}, "filtered"),
        ({"email": "jane@globex.example", "company": {"domain": "acme.example"}}, "ready"),
        ({"personId": "p", "company": {"domain": "globex.example"}}, "ready"),
        ({"phoneNumber": "+1 555 0100"}, "ready"),
        ({"personBusinessContext": {"objectType": "CONTACT", "objectId": "003"}}, "ready"),
        ({"personId": "p"}, "dead"),
        ({"personId": "p", "company": {"domain": "gmail.com"}}, "dead"),
    ],
)
def test_an_event_needs_a_person_that_gong_can_find_and_who_is_external(person, status):
    rule = a_rule_mapping({"person": "{{ item.person }}"})

    events = results_of([rule], an_item(person=person), internal_domains=frozenset({"acme.example"}))

    assert statuses(events) == [status]


def test_a_tracking_id_is_sent_only_if_the_map_has_it():
    rule = a_rule_mapping({"trackingId": "{{ item.gong_id }}", "person": None})
    del rule["map"]["person"]

    (event,) = results_of([rule], an_item(gong_id="g-1"))

    assert (event.call.body["trackingId"], "person" in event.call.body) == ("g-1", False)


def test_internal_people_are_removed_from_the_recipients_of_a_share():
    keys = {"contentId": "{{ item.id }}", "contentUrl": "{{ item.url }}", "contentTitle": "{{ item.title }}"}
    rule = a_rule(
        to="content-shared",
        map={"eventTimestamp": "{{ item.at }}", "recipients": "{{ item.to[].{email: @} }}", **keys},
    )
    settings = {"internal_domains": frozenset({"acme.example"}), "source_system_name": "Acme Hub"}
    shares = [
        an_item(url="https://acme.example/a", to=to)
        for to in (["a@globex.example", "b@acme.example"], ["b@acme.example"])
    ]

    first, second = results_of([rule], shares, **settings)

    assert first.call.body["recipients"] == [{"email": "a@globex.example"}]
    assert first.call.body["reportingSystem"] == "Acme Hub"
    assert second.filter_reason == "every recipient is one of your own people"


def test_a_mapping_depends_on_the_payload_and_the_time_of_receipt_only():
    assert map_payload(compile_mapping([a_rule()]), Payload(an_item()), **map_options()) == map_payload(
        compile_mapping([a_rule()]), Payload(an_item()), **{**map_options(), "received_at": NOW}
    )
