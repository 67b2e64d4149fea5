"""Mapping a canonical event to the catalog dialect."""

import pytest

from relay.core.call import Dialect, Operation, SendAs
from relay.core.default_mapping.select import build_calls
from relay.core.destination import BasicCredentials, Destination
from relay.core.errors import ValidationFailed
from relay.core.event.event import read_event
from relay.core.source import Source
from tests.strategies import NOW

ACME = Destination(
    name="acme", company="acme", credentials=BasicCredentials("key", "secret"), dialect=Dialect.CATALOG
)
TIMESTAMP = "2026-11-20T10:00:00Z"
SHARE = {
    "sharer": {"email": "sam@v.io", "name": "Sam"},
    "recipients": [{"email": "jane@acme.com", "name": "Jane"}],
}


def make_event(**changes):
    minimal = {
        "id": "ev-1",
        "type": "page_view",
        "occurred_at": TIMESTAMP,
        "content": {"title": "Pricing", "url": "https://acme.com/p"},
        "person": {"email": "jane@acme.com"},
    }
    return {key: value for key, value in {**minimal, **changes}.items() if value is not None}


def map_event(raw, send_as=SendAs.ENGAGEMENT):
    return build_calls(
        read_event(raw, now=NOW), Source(name="website", destination="acme", send_as=send_as), ACME
    )


def map_to_one_call(raw, send_as=SendAs.ENGAGEMENT):
    [call] = map_event(raw, send_as).calls
    return call.operation, call.body


def test_a_share_becomes_a_catalog_share():
    crm = [{"type": "account", "id": "001"}, {"type": "opportunity", "id": "006"}]
    content = {"title": "Pricing", "url": "https://acme.com/p", "labels": ["deck"]}
    raw = make_event(type="content_share", content=content, share=SHARE, person={"company": {"crm": crm}})
    assert map_to_one_call(raw) == (
        Operation.CATALOG_SHARE,
        {
            "contentTitle": "Pricing",
            "contentUrl": "https://acme.com/p",
            "senderEmailAddress": "sam@v.io",
            "recipientEmailAddresses": ["jane@acme.com"],
            "eventTimestamp": TIMESTAMP,
            "contentType": "deck",
            "crmContext": {"objectType": "Deal", "objectId": "006"},
            "customProperties": {
                "eventId": "website:ev-1",
                "labels": "deck",
                "personName": "Jane",
                "accountId": "001",
                "opportunityId": "006",
                "sharedBy": "sam@v.io",
                "sharedByName": "Sam",
            },
        },
    )


def test_a_view_becomes_a_catalog_view():
    content = {"title": "Tour", "progress": {"kind": "percentage", "value": 0}}
    operation, body = map_to_one_call(
        make_event(type="video_watch", content=content, properties={"paid": True})
    )
    assert operation is Operation.CATALOG_VIEW
    assert (body["viewerEmailAddress"], body["percentageViewed"]) == ("jane@acme.com", 0)
    assert body["customProperties"]["paid"] == "true"


def test_a_custom_event_becomes_a_catalog_action():
    assert map_to_one_call(make_event(type="custom", action="webinar attended")) == (
        Operation.CATALOG_ACTION,
        {
            "actionName": "webinar attended",
            "actorEmailAddress": "jane@acme.com",
            "eventTimestamp": TIMESTAMP,
            "actionDetails": "Pricing",
            "customProperties": {"eventId": "website:ev-1", "contentUrl": "https://acme.com/p"},
        },
    )


def test_a_digital_interaction_becomes_an_inbound_catalog_interaction():
    assert map_to_one_call(make_event(workspace_id="w-1"), SendAs.DIGITAL_INTERACTION) == (
        Operation.CATALOG_INTERACTION,
        {
            "interactionType": "Other",
            "subject": "page viewed: Pricing",
            "timestamp": TIMESTAMP,
            "direction": "Inbound",
            "participants": [{"emailAddress": "jane@acme.com", "role": "Sender"}],
            "workspaceId": "w-1",
            "clientUniqueId": "website:ev-1",
        },
    )


def test_a_share_as_an_interaction_is_outbound_with_all_recipients():
    share = {**SHARE, "recipients": [*SHARE["recipients"], {"email": "kim@acme.com"}]}
    _, body = map_to_one_call(
        make_event(type="content_share", share=share, person=None), SendAs.DIGITAL_INTERACTION
    )
    assert body["direction"] == "Outbound"
    assert body["participants"] == [
        {"emailAddress": "sam@v.io", "name": "Sam", "role": "Sender"},
        {"emailAddress": "jane@acme.com", "name": "Jane", "role": "Recipient"},
        {"emailAddress": "kim@acme.com", "role": "Recipient"},
    ]


def test_an_interaction_has_a_warning_for_each_dropped_part():
    raw = make_event(session_id="s-1", person={"email": "jane@acme.com", "phone": "1"}, properties={"a": 1})
    warnings = map_event(raw, SendAs.DIGITAL_INTERACTION).warnings
    assert {str(warning.code) for warning in warnings} == {"dropped"}
    assert [warning.path for warning in warnings] == [
        "content.url",
        "person.phone",
        "session_id",
        "properties",
    ]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"type": "product_compare"}, "type"),
        ({"type": "content_share", "share": {"recipients": SHARE["recipients"]}}, "share.sharer.email"),
        (
            {
                "person": {
                    "email": "jane@acme.com",
                    "properties": {f"a{number}": number for number in range(40)},
                },
                "properties": {str(number): number for number in range(20)},
            },
            "properties",
        ),
    ],
)
def test_an_event_that_no_engagement_call_represents_becomes_an_interaction(changes, path):
    mapped = map_event(make_event(**changes))
    assert [call.operation for call in mapped.calls] == [Operation.CATALOG_INTERACTION]
    assert (mapped.warnings[0].path, str(mapped.warnings[0].code)) == (path, "fallback")


@pytest.mark.parametrize("send_as", SendAs)
@pytest.mark.parametrize(
    "changes",
    [{"person": None, "tracking_id": "t-1"}, {"person": {"id": "v-1", "company": {"domain": "acme.com"}}}],
)
def test_an_event_without_an_email_address_is_rejected(changes, send_as):
    with pytest.raises(ValidationFailed, match=r"person\.email: is required"):
        map_event(make_event(**changes), send_as)


def test_a_url_that_is_too_long_for_a_property_is_dropped_with_a_warning():
    content = {"title": "Pricing", "info_url": "https://acme.com/" + "p" * 1_000}
    mapped = map_event(make_event(content=content))
    assert [(warning.path, str(warning.code)) for warning in mapped.warnings] == [
        ("content.info_url", "dropped")
    ]
