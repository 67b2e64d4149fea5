"""What becomes of the items of a payload: calls with stable ids, filtered ones, and dead ones with their reasons."""

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


def test_the_least_event_becomes_a_call():
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


def test_one_url_takes_an_object_and_an_array():
    assert results_of([a_rule()], an_item()) == results_of([a_rule()], [an_item()])


@pytest.mark.parametrize(
    ("items", "body"),
    [
        ("body.events", {"events": [an_item()]}),
        ("body.event", {"event": an_item()}),
        ("{{ [body] }}", an_item()),
    ],
)
def test_items_say_where_the_events_are(items, body):
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


def test_the_first_rule_that_holds_wins_and_none_is_filtered():
    rules = [a_rule(name="first", when="item.kind == 'a'"), a_rule(name="second", when="item.kind")]
    bodies = [an_item(kind="a"), an_item(kind="b"), an_item()]

    assert [event.rule for event in results_of(rules, bodies)] == ["first", "second", None]


def test_a_condition_that_cannot_be_told_does_not_hold_and_says_so():
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
def test_an_id_carries_the_name_of_its_source_once(native, event_id):
    assert results_of([a_rule()], an_item(id=native))[0].event_id == event_id


@pytest.mark.parametrize("native", ["é", "x" * 300])
def test_an_id_that_gong_cannot_hold_becomes_its_digest(native):
    assert (
        results_of([a_rule()], an_item(id=native))[0].event_id
        == f"site:{sha256(native.encode()).hexdigest()}"
    )


def test_an_event_without_an_id_gets_the_digest_of_its_item_whatever_the_order_of_its_keys():
    item = an_item(id=None)
    rule = a_rule_mapping({})
    del rule["map"]["eventId"]
    backwards = dict(reversed(item.items()))

    (one,), (two,) = results_of([rule], item), results_of([rule], backwards)

    written = orjson.dumps([item], option=orjson.OPT_SORT_KEYS)
    assert one.event_id == two.event_id == f"site:{sha256(written).hexdigest()}"
    assert one.warnings == ()


@pytest.mark.parametrize("native", [None, "", {"a": 1}, "\ud800"])
def test_an_id_that_is_missing_is_told_and_made(native):
    (event,) = results_of([a_rule()], an_item(id=native))

    assert len(event.event_id) == len("site:") + 64
    assert "eventId generated_id" in codes_of(event.warnings)


def test_a_rule_fans_out_and_its_parts_see_their_parent():
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


def test_an_event_that_gong_would_refuse_is_dead_with_every_reason():
    (event,) = results_of([a_rule()], an_item(title=None, email=None))

    assert (statuses([event]), event.call) == (["dead"], None)
    assert codes_of(event.problems) == ["content required", "person required"]
    assert event.draft.body["eventId"] == "site:ev-1"


def test_a_reason_is_told_by_its_cause():
    (event,) = results_of([a_rule()], an_item(at="2026-15-30T06:45:00Z"))

    assert codes_of(event.problems) == ["timestamp value_dropped"]
    assert "needs a date and time" in event.problems[0].message


def test_what_lies_in_the_future_is_dead():
    (event,) = results_of([a_rule()], an_item(at="2026-11-21T12:05:01Z"))

    assert codes_of(event.problems) == ["timestamp range"]
    assert statuses(results_of([a_rule()], an_item(at="2026-11-21T12:04:59Z"))) == ["ready"]


def test_one_dead_item_leaves_the_others_alone():
    assert statuses(results_of([a_rule()], [an_item(), 5, None, an_item(at="no"), an_item(id="ev-2")])) == [
        "ready", "dead", "dead", "dead", "ready",
    ]  # fmt: skip


def test_more_items_than_one_receipt_may_hold_are_one_dead_letter():
    (event,) = results_of([a_rule()], [None] * (ITEMS_MAX + 1))

    assert codes_of(event.problems) == ["items too_many_items"]


def test_results_are_data_and_never_evaluated_again():
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
def test_people_are_told_as_far_as_gong_could_find_them(person, status):
    rule = a_rule_mapping({"person": "{{ item.person }}"})

    events = results_of([rule], an_item(person=person), internal_domains=frozenset({"acme.example"}))

    assert statuses(events) == [status]


def test_a_tracking_id_is_sent_only_where_the_map_says_so():
    rule = a_rule_mapping({"trackingId": "{{ item.gong_id }}", "person": None})
    del rule["map"]["person"]

    (event,) = results_of([rule], an_item(gong_id="g-1"))

    assert (event.call.body["trackingId"], "person" in event.call.body) == ("g-1", False)


def test_colleagues_are_left_out_of_the_recipients_of_a_share():
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


def test_a_mapping_has_no_clock_of_its_own():
    assert map_payload(compile_mapping([a_rule()]), Payload(an_item()), **map_options()) == map_payload(
        compile_mapping([a_rule()]), Payload(an_item()), **{**map_options(), "received_at": NOW}
    )
