"""What a body at one of Gong's endpoints becomes: itself where the destination speaks its dialect, else the same in other words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.call import Call, Dialect, Operation, SendAs
from relay.core.errors import ValidationFailed
from relay.core.gong.validate import validate_body
from relay.core.gong_compat.parse import CATALOG_OPERATIONS
from tests.core.endpoints_world import calls, only_call, understood
from tests.core.gong_bodies import MAXIMAL, OMIT, changed

GONGS = sorted(set(Operation) - CATALOG_OPERATIONS)
SHARE, VIEW = MAXIMAL[Operation.CATALOG_SHARE], MAXIMAL[Operation.CATALOG_VIEW]
INTERACTION = MAXIMAL[Operation.CATALOG_INTERACTION]


def fields(call, *path):
    """Names and values of one of a call's lists."""
    place = call.body
    for key in path:
        place = place[key]
    return {field["name"]: (field["value"], field["dataType"]) for field in place}


def wrong_paths(*arguments, **named):
    with pytest.raises(ValidationFailed) as caught:
        calls(*arguments, **named)
    return [problem.path for problem in caught.value.problems]


@pytest.mark.parametrize("operation", Operation)
@pytest.mark.parametrize("send_as", SendAs)
def test_a_body_in_the_destinations_own_dialect_is_sent_on_equal(operation: Operation, send_as: SendAs):
    dialect = Dialect.CATALOG if operation in CATALOG_OPERATIONS else Dialect.GONG
    call = only_call(operation, MAXIMAL[operation], dialect, send_as)

    assert (call.operation, call.body) == (operation, MAXIMAL[operation])


def test_an_id_of_the_senders_choice_is_sent_on_and_deduplicated_under_the_sources_name():
    found = understood(Operation.CUSTOM_ACTION, MAXIMAL[Operation.CUSTOM_ACTION])

    assert (found.event_id, found.dedupe_name, found.has_sender_id) == (
        "partnerly:1",
        "web:partnerly:1",
        True,
    )
    assert found.mapped.calls[0].event_id == "partnerly:1"


def test_an_engagement_call_without_an_id_gets_the_hash_of_its_body():
    body = changed(MAXIMAL[Operation.CUSTOM_ACTION], {"eventId": OMIT})
    found = understood(Operation.CUSTOM_ACTION, body)

    assert found.mapped.calls[0].body == body | {"eventId": found.event_id}
    assert (found.dedupe_name, found.has_sender_id) == (found.event_id, False)


@pytest.mark.parametrize("send_as", SendAs)
@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (Operation.DIGITAL_INTERACTION, Operation.CATALOG_INTERACTION),
        (Operation.CONTENT_SHARED, Operation.CATALOG_SHARE),
        (Operation.CONTENT_VIEWED, Operation.CATALOG_VIEW),
        (Operation.CUSTOM_ACTION, Operation.CATALOG_ACTION),
    ],
)
def test_for_the_catalogue_a_body_of_gongs_keeps_the_api_that_its_sender_chose(
    operation: Operation, expected: Operation, send_as: SendAs
):
    assert only_call(operation, MAXIMAL[operation], Dialect.CATALOG, send_as).operation is expected


def test_a_view_of_gongs_keeps_everything_in_the_catalogues_words():
    call = only_call(Operation.CONTENT_VIEWED, MAXIMAL[Operation.CONTENT_VIEWED], Dialect.CATALOG)
    told = call.body["customProperties"]

    assert (call.body["viewerEmailAddress"], call.body["contentTitle"]) == ("jane@acme.com", "Features")
    assert told["eventId"] == "web:partnerly:1"
    assert {
        "reportingSystem": "partnerly",
        "shareId": "s-1",
        "mobileAppId": "com.example",
    }.items() <= told.items()
    assert {"contactId": "003", "opportunityId": "0065g", "personTitle": "CFO"}.items() <= told.items()


def test_the_catalogue_cannot_say_who_has_no_address():
    body = changed(MAXIMAL[Operation.CONTENT_VIEWED], {"viewer": OMIT, "trackingId": "from-gong"})

    assert wrong_paths(Operation.CONTENT_VIEWED, body, Dialect.CATALOG) == ["viewer.email"]


@pytest.mark.parametrize(
    "operation", [Operation.CATALOG_SHARE, Operation.CATALOG_VIEW, Operation.CATALOG_ACTION]
)
def test_the_source_says_which_api_the_catalogues_bodies_become(operation: Operation):
    ways = {
        send_as: only_call(operation, MAXIMAL[operation], send_as=send_as).operation for send_as in SendAs
    }

    assert ways[SendAs.DIGITAL_INTERACTION] is Operation.DIGITAL_INTERACTION
    assert ways[SendAs.ENGAGEMENT].path.startswith("/v2/customer-engagement/")


def test_a_share_of_the_catalogue_becomes_content_shared():
    body = only_call(Operation.CATALOG_SHARE, SHARE, send_as=SendAs.ENGAGEMENT).body

    assert body["sharer"] == {"email": "rep@vendor.com"}
    assert body["recipients"] == [{"email": "jane@acme.com"}]
    assert body["crmContext"] == [
        {"system": "Generic", "objects": [{"objectType": "Opportunity", "objectId": "006"}]}
    ]
    assert body["eventProperties"] == [{"name": "campaign", "value": "spring", "dataType": "string"}]


def test_a_share_without_the_contents_url_becomes_a_digital_interaction():
    call = only_call(Operation.CATALOG_SHARE, changed(SHARE, {"contentUrl": OMIT}), send_as=SendAs.ENGAGEMENT)

    assert call.operation is Operation.DIGITAL_INTERACTION


def test_a_share_to_several_becomes_one_digital_interaction_for_each():
    body = changed(SHARE, {"recipientEmailAddresses": ["jane@acme.com", "joe@acme.com"]})
    told = calls(Operation.CATALOG_SHARE, body)

    assert [call.body["person"]["email"] for call in told] == ["jane@acme.com", "joe@acme.com"]
    assert len({call.event_id for call in told}) == 2
    assert fields(told[0], "customFields")["sharedBy"] == ("rep@vendor.com", "STRING")


def test_a_share_with_nobody_cannot_be_told_to_gong():
    body = changed(SHARE, {"recipientEmailAddresses": OMIT})

    assert wrong_paths(Operation.CATALOG_SHARE, body) == ["recipientEmailAddresses"]


def test_a_crm_record_of_an_unknown_kind_is_kept_as_properties():
    body = changed(SHARE, {"crmContext.objectType": "Quote"})
    told = fields(only_call(Operation.CATALOG_SHARE, body), "customFields")

    assert (told["crmObjectType"][0], told["crmObjectId"][0]) == ("Quote", "006")


@pytest.mark.parametrize(
    ("changes", "numbers"),
    [
        (
            {"percentageViewed": 66.6},
            {"value": 67, "rangeFrom": 0, "rangeTo": 100, "numericType": "PERCENTAGE"},
        ),
        (
            {"percentageViewed": OMIT, "totalPages": 12},
            {"value": 3, "rangeFrom": 0, "rangeTo": 12, "numericType": "OTHER"},
        ),
        ({"percentageViewed": OMIT, "totalPages": 0, "pagesViewed": 0}, None),
        ({"percentageViewed": OMIT, "totalPages": OMIT}, None),
    ],
)
def test_a_views_progress_is_its_percentage_or_else_its_pages(changes, numbers):
    content = only_call(Operation.CATALOG_VIEW, changed(VIEW, changes)).body["content"]

    assert content.get("numericContentDetails") == numbers


def test_pages_that_are_not_the_progress_are_kept_and_a_duration_is_one():
    told = fields(only_call(Operation.CATALOG_VIEW, VIEW), "content", "contentCustomFields")

    assert told == {
        "viewDuration": ("12.5", "DURATION"),
        "pagesViewed": ("3", "NUMBER"),
        "totalPages": ("3", "NUMBER"),
    }


def test_an_action_keeps_its_case_for_the_engagement_api_and_loses_it_on_the_timeline():
    body = MAXIMAL[Operation.CATALOG_ACTION] | {"actionName": "Contract Signed"}

    assert only_call(Operation.CATALOG_ACTION, body).body["eventType"] == "contract signed"
    engaged = only_call(Operation.CATALOG_ACTION, body, send_as=SendAs.ENGAGEMENT)
    assert engaged.body["actionName"] == "Contract Signed"


@pytest.mark.parametrize(
    ("kind", "direction", "event_type", "person"),
    [
        ("Email", "Inbound", "email received", "jane@acme.com"),
        ("Email", "Outbound", "email sent", "joe@acme.com"),
        ("Chat", "Inbound", "chat message received", "jane@acme.com"),
        ("SMS", "Outbound", "sms sent", "joe@acme.com"),
        ("SocialMedia", "Inbound", "social post received", "jane@acme.com"),
        ("Other", OMIT, "interaction exchanged", "jane@acme.com"),
    ],
)
def test_an_interaction_of_the_catalogue_is_told_by_the_person_on_the_buyers_side(
    kind, direction, event_type, person
):
    people = [
        {"emailAddress": "jane@acme.com", "role": "Sender"},
        {"name": "nobody knows"},
        {"emailAddress": "joe@acme.com", "role": "Recipient"},
        {"emailAddress": "ann@acme.com", "role": "CC"},
    ]
    body = changed(INTERACTION, {"interactionType": kind, "direction": direction, "participants": people})
    call = only_call(Operation.CATALOG_INTERACTION, body, send_as=SendAs.ENGAGEMENT)

    assert (call.body["eventType"], call.body["person"]["email"]) == (event_type, person)
    assert fields(call, "customFields")["cc"] == ("ann@acme.com", "STRING")


def test_the_text_of_a_mail_stays_behind_with_a_warning():
    found = understood(Operation.CATALOG_INTERACTION, INTERACTION)

    assert "Text" not in str(found.mapped.calls[0].body)
    assert ("body", "dropped") in [(told.path, told.code) for told in found.mapped.warnings]


def test_an_interaction_without_its_person_is_refused():
    body = changed(INTERACTION, {"direction": "Outbound"})

    assert wrong_paths(Operation.CATALOG_INTERACTION, body) == ["participants"]


def test_a_fault_that_only_the_conversion_finds_is_told_at_the_senders_own_key():
    body = MAXIMAL[Operation.CATALOG_VIEW] | {"eventTimestamp": "2027-01-01T00:00:00Z"}

    assert wrong_paths(Operation.CATALOG_VIEW, body) == ["eventTimestamp"]


@given(
    operation=st.sampled_from(Operation),
    dialect=st.sampled_from(Dialect),
    send_as=st.sampled_from(SendAs),
    dropped=st.sets(st.sampled_from(sorted({key for body in MAXIMAL.values() for key in body}))),
)
def test_every_body_is_refused_with_a_reason_or_becomes_calls_that_gong_takes(
    operation, dialect, send_as, dropped
):
    body = {key: item for key, item in MAXIMAL[operation].items() if key not in dropped}
    try:
        outcome = calls(operation, body, dialect, send_as)
    except ValidationFailed as error:
        outcome = error.problems
    assert outcome
    assert [validate_body(one.operation, one.body) for one in outcome if isinstance(one, Call)] in (
        [],
        [[]] * len(outcome),
    )
