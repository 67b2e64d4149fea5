"""The canonical event in the catalogue dialect."""

import pytest

from relay.core.call import Dialect, Operation, SendAs
from relay.core.default_mapping.select import build_calls
from relay.core.destination import BasicCredentials, Destination
from relay.core.errors import ValidationFailed
from relay.core.event.event import read_event
from relay.core.source import Source
from tests.strategies import NOW

ACME = Destination("acme", "acme", BasicCredentials("key", "secret"), dialect=Dialect.CATALOG)
STAMP = "2026-11-20T10:00:00Z"
SHARE = {
    "sharer": {"email": "sam@v.io", "name": "Sam"},
    "recipients": [{"email": "jane@acme.com", "name": "Jane"}],
}


def an_event(**changes):
    least = {
        "id": "ev-1",
        "type": "page_view",
        "occurred_at": STAMP,
        "content": {"title": "Pricing", "url": "https://acme.com/p"},
        "person": {"email": "jane@acme.com"},
    }
    return {key: value for key, value in {**least, **changes}.items() if value is not None}


def mapped(raw, send_as=SendAs.ENGAGEMENT):
    return build_calls(read_event(raw, now=NOW), Source("website", "acme", send_as=send_as), ACME)


def only(raw, send_as=SendAs.ENGAGEMENT):
    [call] = mapped(raw, send_as).calls
    return call.operation, call.body


def test_a_share():
    crm = [{"type": "account", "id": "001"}, {"type": "opportunity", "id": "006"}]
    content = {"title": "Pricing", "url": "https://acme.com/p", "labels": ["deck"]}
    raw = an_event(type="content_share", content=content, share=SHARE, person={"company": {"crm": crm}})
    assert only(raw) == (
        Operation.CATALOG_SHARE,
        {
            "contentTitle": "Pricing",
            "contentUrl": "https://acme.com/p",
            "senderEmailAddress": "sam@v.io",
            "recipientEmailAddresses": ["jane@acme.com"],
            "eventTimestamp": STAMP,
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


def test_a_view():
    content = {"title": "Tour", "progress": {"kind": "percentage", "value": 0}}
    operation, body = only(an_event(type="video_watch", content=content, properties={"paid": True}))
    assert operation is Operation.CATALOG_VIEW
    assert (body["viewerEmailAddress"], body["percentageViewed"]) == ("jane@acme.com", 0)
    assert body["customProperties"]["paid"] == "true"


def test_an_action():
    assert only(an_event(type="custom", action="webinar attended")) == (
        Operation.CATALOG_ACTION,
        {
            "actionName": "webinar attended",
            "actorEmailAddress": "jane@acme.com",
            "eventTimestamp": STAMP,
            "actionDetails": "Pricing",
            "customProperties": {"eventId": "website:ev-1", "contentUrl": "https://acme.com/p"},
        },
    )


def test_a_digital_interaction_is_an_inbound_one_of_the_kind_other():
    assert only(an_event(workspace_id="w-1"), SendAs.DIGITAL_INTERACTION) == (
        Operation.CATALOG_INTERACTION,
        {
            "interactionType": "Other",
            "subject": "page viewed: Pricing",
            "timestamp": STAMP,
            "direction": "Inbound",
            "participants": [{"emailAddress": "jane@acme.com", "role": "Sender"}],
            "workspaceId": "w-1",
            "clientUniqueId": "website:ev-1",
        },
    )


def test_a_share_as_an_interaction_goes_out_from_the_sharer_to_all_recipients_at_once():
    share = {**SHARE, "recipients": [*SHARE["recipients"], {"email": "kim@acme.com"}]}
    _, body = only(an_event(type="content_share", share=share, person=None), SendAs.DIGITAL_INTERACTION)
    assert body["direction"] == "Outbound"
    assert body["participants"] == [
        {"emailAddress": "sam@v.io", "name": "Sam", "role": "Sender"},
        {"emailAddress": "jane@acme.com", "name": "Jane", "role": "Recipient"},
        {"emailAddress": "kim@acme.com", "role": "Recipient"},
    ]


def test_an_interaction_warns_of_each_thing_that_it_cannot_say():
    raw = an_event(session_id="s-1", person={"email": "jane@acme.com", "phone": "1"}, properties={"a": 1})
    warnings = mapped(raw, SendAs.DIGITAL_INTERACTION).warnings
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
                "person": {"email": "jane@acme.com", "properties": {f"a{n}": n for n in range(40)}},
                "properties": {str(n): n for n in range(20)},
            },
            "properties",
        ),
    ],
)
def test_what_an_engagement_call_cannot_say_goes_as_an_interaction_with_the_reason(changes, path):
    found = mapped(an_event(**changes))
    assert [call.operation for call in found.calls] == [Operation.CATALOG_INTERACTION]
    assert (found.warnings[0].path, str(found.warnings[0].code)) == (path, "fallback")


@pytest.mark.parametrize("send_as", SendAs)
@pytest.mark.parametrize(
    "who",
    [{"person": None, "tracking_id": "t-1"}, {"person": {"id": "v-1", "company": {"domain": "acme.com"}}}],
)
def test_an_event_of_someone_without_an_address_cannot_be_said_at_all(who, send_as):
    with pytest.raises(ValidationFailed, match=r"person\.email: is required"):
        mapped(an_event(**who), send_as)


def test_a_url_longer_than_a_property_is_dropped_with_a_warning():
    content = {"title": "Pricing", "info_url": "https://acme.com/" + "p" * 1_000}
    found = mapped(an_event(content=content))
    assert [(warning.path, str(warning.code)) for warning in found.warnings] == [
        ("content.info_url", "dropped")
    ]
