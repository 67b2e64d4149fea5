"""Mapping a canonical event to digital interactions: every key is sent or causes a warning."""

from hashlib import sha256

import pytest

from relay.core.call import Operation
from relay.core.default_mapping.select import build_calls
from relay.core.destination import BasicCredentials, Destination
from relay.core.event.event import read_event
from relay.core.event.model import EventType
from relay.core.source import Source
from tests.strategies import NOW

FULL = {
    "id": "ev-123",
    "type": "survey_answer",
    "occurred_at": "2026-11-20T10:00:00.9Z",
    "content": {
        "id": "c-1",
        "title": "NPS",
        "url": "https://acme.com/nps",
        "labels": ["survey", "q4"],
        "info_url": "https://acme.com/nps/results",
        "progress": {"value": 0, "kind": "nps"},
        "step": {"value": "sent", "all": ["sent", "answered"]},
        "search": {"name": "B", "kind": "product", "domain": "b.io", "id": "b-1", "url": "https://b.io/"},
        "properties": {"comment": "fine"},
    },
    "person": {
        "email": "jane@acme.com",
        "name": "Jane",
        "phone": "+1 555",
        "id": "p-1",
        "title": "CFO",
        "crm": {"system": "Salesforce", "type": "contact", "id": "003"},
        "location": {"country": "US", "state": "CA", "region": "West", "city": "LA"},
        "company": {
            "id": "k-1",
            "name": "Acme",
            "domain": "acme.com",
            "crm": [{"type": "opportunity", "id": "006", "system": "Salesforce"}],
        },
        "properties": {"vip": True},
    },
    "session_id": "s-1",
    "device": "mobile",
    "user_agent": "Mozilla",
    "share": {
        "id": "sh-1",
        "sharer": {"email": "sam@v.io", "name": "Sam", "gong_user_id": "9"},
        "subject": "Hi",
    },
    "workspace_id": "w-1",
    "properties": {"score": 1.5, "count": 3},
}


def text(name, value, kind="STRING"):
    return {"name": name, "value": value, "dataType": kind}


def make_event(**changes):
    minimal = {
        "id": "ev-1",
        "type": "page_view",
        "occurred_at": "2026-11-20T10:00:00Z",
        "content": {"title": "Pricing"},
        "person": {"email": "jane@acme.com"},
    }
    return {key: value for key, value in {**minimal, **changes}.items() if value is not None}


def make_share(*emails, **changes):
    return make_event(
        type="content_share",
        person=None,
        share={"recipients": [{"email": email} for email in emails]},
        **changes,
    )


def map_event(raw, **settings):
    destination = Destination(
        name="acme", company="acme", credentials=BasicCredentials("key", "secret"), **settings
    )
    return build_calls(read_event(raw, now=NOW), Source(name="website", destination="acme"), destination)


def map_to_bodies(raw, **settings):
    return [call.body for call in map_event(raw, **settings).calls]


def find_warnings(raw, **settings):
    return [(warning.path, str(warning.code)) for warning in map_event(raw, **settings).warnings]


def test_every_key_is_sent_in_its_field():
    assert map_to_bodies(FULL, source_system_name="Acme Hub") == [
        {
            "eventId": "website:ev-123",
            "timestamp": "2026-11-20T10:00:00Z",
            "eventType": "survey answered",
            "sourceSystemName": "Acme Hub",
            "sessionId": "s-1",
            "device": "MOBILE",
            "content": {
                "contentId": "c-1",
                "contentTitle": "NPS",
                "contentLabel": ["survey", "q4"],
                "contentUrl": "https://acme.com/nps",
                "contentAdditionalInfoUrl": "https://acme.com/nps/results",
                "numericContentDetails": {"value": 0, "rangeFrom": 0, "rangeTo": 10, "numericType": "NPS"},
                "stepContentDetails": {"value": "sent", "availableSteps": ["sent", "answered"]},
                "searchObjectDetails": {
                    "name": "B",
                    "objectType": "PRODUCT",
                    "domain": "b.io",
                    "objectId": "b-1",
                    "url": "https://b.io/",
                },
                "contentCustomFields": [text("comment", "fine")],
            },
            "person": {
                "name": "Jane",
                "email": "jane@acme.com",
                "phoneNumber": "+1 555",
                "personId": "p-1",
                "personBusinessContext": {
                    "objectType": "CONTACT",
                    "objectId": "003",
                    "systemName": "Salesforce",
                },
                "location": {"country": "US", "state": "CA", "region": "West", "city": "LA"},
                "company": {
                    "companyId": "k-1",
                    "name": "Acme",
                    "domain": "acme.com",
                    "companyBusinessContexts": [
                        {"objectType": "OPPORTUNITY", "objectId": "006", "systemName": "Salesforce"}
                    ],
                },
                "personCustomFields": [text("vip", "true", "BOOLEAN"), text("title", "CFO")],
            },
            "customFields": [
                text("score", "1.5", "NUMBER"),
                text("count", "3", "NUMBER"),
                text("sharedBy", "sam@v.io"),
                text("sharedByName", "Sam"),
                text("sharedByUserId", "9"),
                text("shareId", "sh-1"),
                text("shareSubject", "Hi"),
                text("userAgent", "Mozilla"),
            ],
        }
    ]
    assert find_warnings(FULL) == [("workspace_id", "dropped")]


def test_a_minimal_event_becomes_a_minimal_body():
    assert map_to_bodies(make_event()) == [
        {
            "eventId": "website:ev-1",
            "timestamp": "2026-11-20T10:00:00Z",
            "eventType": "page viewed",
            "sourceSystemName": "website",
            "content": {"contentTitle": "Pricing"},
            "person": {"email": "jane@acme.com"},
        }
    ]


@pytest.mark.parametrize("type_", set(EventType) - {EventType.CUSTOM, EventType.CONTENT_SHARE})
def test_the_event_type_is_the_senders_action_or_a_default_phrase(type_):
    assert map_to_bodies(make_event(type=str(type_), action="Peeked"))[0]["eventType"] == "Peeked"
    assert map_to_bodies(make_event(type=str(type_)))[0]["eventType"].islower()


def test_a_tracking_id_replaces_the_person():
    [body] = map_to_bodies(make_event(person=None, tracking_id="t-1"))
    assert body["trackingId"] == "t-1"
    assert "person" not in body


@pytest.mark.parametrize("native_id", ["é", "i" * 248, "a\u200bb"])
def test_an_id_that_gong_does_not_accept_is_hashed(native_id):
    [call] = map_event(make_event(id=native_id)).calls
    assert call.event_id == call.body["eventId"] == f"website:{sha256(native_id.encode()).hexdigest()}"


def test_an_id_of_the_maximum_length_is_kept():
    [call] = map_event(make_event(id="i" * 247)).calls
    assert call.event_id == "website:" + "i" * 247


def test_a_senders_property_keeps_its_name_and_ours_gets_a_prefix():
    share = {"sharer": {"email": "sam@v.io"}}
    [body] = map_to_bodies(make_event(properties={"sharedBy": "me"}, share=share))
    assert body["customFields"] == [text("sharedBy", "me"), text("share.sharedBy", "sam@v.io")]


def test_a_share_is_one_call_per_recipient_with_stable_ids():
    calls = map_event(make_share("a@x.io", "b@y.io", "A@x.io")).calls
    suffixes = [sha256(email.encode()).hexdigest()[:8] for email in ("a@x.io", "b@y.io")]
    assert [call.event_id for call in calls] == [f"website:ev-1:{suffix}" for suffix in suffixes]
    assert [call.body["person"]["email"] for call in calls] == ["a@x.io", "b@y.io"]
    assert {call.operation for call in calls} == {Operation.DIGITAL_INTERACTION}
    [later] = map_event(make_share("b@y.io", "a@x.io"), internal_domains=frozenset({"x.io"})).calls
    assert later.event_id == calls[1].event_id


def test_a_share_with_one_recipient_keeps_the_plain_id():
    [call] = map_event(make_share("a@x.io")).calls
    assert call.event_id == "website:ev-1"


def test_an_id_with_a_recipient_suffix_is_never_too_long():
    calls = map_event(make_share("a@x.io", "b@y.io", id="i" * 247)).calls
    digest = sha256(b"i" * 247).hexdigest()
    assert {call.event_id.rpartition(":")[0] for call in calls} == {f"website:{digest}"}


def test_a_message_is_dropped_with_a_warning():
    share = {"recipients": [{"email": "a@x.io"}], "message": "Hello"}
    assert find_warnings(make_event(type="content_share", person=None, share=share)) == [
        ("share.message", "dropped")
    ]


def test_the_recipients_of_a_view_are_dropped_with_a_warning():
    share = {"id": "sh-1", "recipients": [{"email": "a@x.io"}]}
    assert find_warnings(make_event(share=share)) == [("share.recipients", "dropped")]
