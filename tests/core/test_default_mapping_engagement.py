"""Mapping a canonical event to Gong's engagement calls, with digital interactions as the fallback."""

import pytest

from relay.core.call import Operation, SendAs
from relay.core.default_mapping.engagement import OPERATIONS
from relay.core.default_mapping.select import build_calls
from relay.core.destination import BasicCredentials, Destination
from relay.core.event.event import read_event
from relay.core.event.model import EventType
from relay.core.source import Source
from tests.strategies import NOW

ACME = Destination(name="acme", company="acme", credentials=BasicCredentials("key", "secret"))
SOURCE = Source(name="website", destination="acme", send_as=SendAs.ENGAGEMENT)


def make_event(**changes):
    minimal = {
        "id": "ev-1",
        "type": "page_view",
        "occurred_at": "2026-11-20T10:00:00Z",
        "content": {
            "id": "c-1",
            "title": "Pricing",
            "url": "https://acme.com/p",
            "info_url": "https://acme.com/i",
        },
        "person": {"email": "jane@acme.com", "name": "Jane", "title": "CFO"},
    }
    return {key: value for key, value in {**minimal, **changes}.items() if value is not None}


def map_event(raw):
    return build_calls(read_event(raw, now=NOW), SOURCE, ACME)


def map_to_one_call(raw):
    [call] = map_event(raw).calls
    return call


COMMON = {
    "reportingSystem": "website",
    "eventTimestamp": "2026-11-20T10:00:00Z",
    "eventId": "website:ev-1",
    "contentId": "c-1",
    "contentUrl": "https://acme.com/p",
    "contentTitle": "Pricing",
}
JANE = {"email": "jane@acme.com", "name": "Jane", "title": "CFO"}


def test_a_share_is_one_call_with_sharer_and_recipients():
    share = {
        "id": "sh-1",
        "sharer": {"email": "sam@v.io", "name": "Sam", "gong_user_id": "9"},
        "recipients": [{"email": "jane@acme.com", "name": "Jane"}, {"email": "kim@acme.com"}],
        "subject": "Hi",
        "message": "Look\nhere",
    }
    crm = [
        {"type": "opportunity", "id": "006", "system": "salesforce"},
        {"type": "account", "id": "001", "system": "Salesforce"},
    ]
    call = map_to_one_call(
        make_event(type="content_share", share=share, person={"company": {"crm": crm}}, workspace_id="w-1")
    )
    assert call.operation is Operation.CONTENT_SHARED
    objects = [{"objectType": "Opportunity", "objectId": "006"}, {"objectType": "Account", "objectId": "001"}]
    assert call.body == COMMON | {
        "crmContext": [{"system": "Salesforce", "objects": objects}],
        "workspaceId": "w-1",
        "actionName": "Content Shared",
        "shareInfoUrl": "https://acme.com/i",
        "shareId": "sh-1",
        "sharingMessageSubject": "Hi",
        "sharingMessageBody": "Look\nhere",
        "sharer": {"id": "9", "email": "sam@v.io", "name": "Sam"},
        "recipients": [{"email": "jane@acme.com", "name": "Jane"}, {"email": "kim@acme.com"}],
    }


def test_a_view_has_its_viewer_and_the_share_that_led_to_it():
    crm = {"type": "lead", "id": "00Q", "system": "Salesforce"}
    call = map_to_one_call(
        make_event(share={"id": "sh-1"}, person={**JANE, "crm": crm}, user_agent="Mozilla")
    )
    assert call.operation is Operation.CONTENT_VIEWED
    objects = [{"objectType": "Lead", "objectId": "00Q"}]
    assert call.body == COMMON | {
        "viewActionTitle": "Page Viewed",
        "viewInfoUrl": "https://acme.com/i",
        "shareId": "sh-1",
        "viewer": JANE | {"context": [{"system": "Salesforce", "objects": objects}]},
        "userAgent": "Mozilla",
    }


def test_a_view_can_have_a_tracking_id_instead_of_a_viewer():
    body = map_to_one_call(make_event(person=None, tracking_id="t-1")).body
    assert body["trackingId"] == "t-1"
    assert "viewer" not in body


def test_other_types_become_custom_actions():
    call = map_to_one_call(make_event(type="document_sign"))
    assert call.operation is Operation.CUSTOM_ACTION
    assert call.body == COMMON | {
        "actionName": "Document Signed",
        "eventInfoUrl": "https://acme.com/i",
        "actor": JANE,
    }


def test_values_without_a_field_become_properties_with_their_types():
    progress = {"value": 9, "kind": "nps"}
    content = {"title": "NPS", "url": "https://acme.com/p", "labels": ["a", "b"], "progress": progress}
    raw = make_event(
        type="survey_answer", content=content, session_id="s-1", properties={"paid": True, "sum": 2.5}
    )
    body = map_to_one_call(raw).body
    assert [(item["name"], item["value"], item["dataType"]) for item in body["contentProperties"]] == [
        ("labels", "a, b", "string"),
        ("progress", "9", "number"),
        ("progressRange", "0 to 10", "string"),
        ("progressKind", "nps", "string"),
    ]
    assert [(item["name"], item["value"], item["dataType"]) for item in body["eventProperties"]] == [
        ("paid", "true", "string"),
        ("sum", "2.5", "number"),
        ("sessionId", "s-1", "string"),
    ]


def test_content_without_an_id_gets_the_same_id_for_the_same_url():
    ids = {
        map_to_one_call(
            make_event(id=str(number), content={"title": str(number), "url": "https://acme.com/p"})
        ).body["contentId"]
        for number in range(2)
    }
    assert len(ids) == 1


def test_an_unsupported_crm_is_sent_as_generic_with_a_warning():
    mapped = map_event(make_event(person={**JANE, "crm": {"type": "lead", "id": "1", "system": "Pipedrive"}}))
    assert mapped.calls[0].body["viewer"]["context"][0]["system"] == "Generic"
    assert [str(warning.code) for warning in mapped.warnings] == ["crm_system"]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"type": "product_compare"}, "type"),
        ({"content": {"title": "Pricing"}}, "content.url"),
        ({"person": {"name": "Jane"}}, "person.email"),
        ({"person": {"id": "v-1", "company": {"domain": "acme.com"}}}, "person.email"),
        ({"type": "link_click", "person": None, "tracking_id": "t-1"}, "tracking_id"),
        (
            {
                "person": {**JANE, "properties": {f"a{number}": number for number in range(40)}},
                "properties": {str(number): number for number in range(20)},
            },
            "properties",
        ),
    ],
)
def test_an_event_that_no_engagement_call_represents_becomes_a_digital_interaction(changes, path):
    mapped = map_event(make_event(**changes))
    assert [call.operation for call in mapped.calls] == [Operation.DIGITAL_INTERACTION]
    assert (mapped.warnings[0].path, str(mapped.warnings[0].code)) == (path, "fallback")
    assert mapped.warnings[0].message.endswith(": sent as digital-interaction")


def test_every_type_except_product_compare_has_an_engagement_call():
    assert set(EventType) - set(OPERATIONS) == {EventType.PRODUCT_COMPARE}
