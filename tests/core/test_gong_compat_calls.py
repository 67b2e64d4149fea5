"""A body sent to a Gong-compatible endpoint is forwarded in the same dialect, or converted to the other one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.call import Call, Dialect, Operation, SendAs
from relay.core.errors import ValidationFailed
from relay.core.gong.validate import validate_body
from relay.core.gong_compat.parse import CATALOG_OPERATIONS
from tests.core.gong_bodies import MAXIMAL, OMIT, with_changes
from tests.core.gong_compat_requests import map_body, map_to_calls, map_to_one_call

GONG_OPERATIONS = sorted(set(Operation) - CATALOG_OPERATIONS)
SHARE, VIEW = MAXIMAL[Operation.CATALOG_SHARE], MAXIMAL[Operation.CATALOG_VIEW]
INTERACTION = MAXIMAL[Operation.CATALOG_INTERACTION]


def fields(call, *path):
    """Return the names and values of a list in the call's body."""
    value = call.body
    for key in path:
        value = value[key]
    return {field["name"]: (field["value"], field["dataType"]) for field in value}


def problem_paths(*args, **kwargs):
    with pytest.raises(ValidationFailed) as error:
        map_to_calls(*args, **kwargs)
    return [problem.path for problem in error.value.problems]


@pytest.mark.parametrize("operation", Operation)
@pytest.mark.parametrize("send_as", SendAs)
def test_a_body_in_the_destinations_dialect_is_forwarded_unchanged(operation: Operation, send_as: SendAs):
    dialect = Dialect.CATALOG if operation in CATALOG_OPERATIONS else Dialect.GONG
    call = map_to_one_call(operation, MAXIMAL[operation], dialect, send_as)

    assert (call.operation, call.body) == (operation, MAXIMAL[operation])


def test_the_senders_id_is_forwarded_and_deduplicated_per_source():
    request = map_body(Operation.CUSTOM_ACTION, MAXIMAL[Operation.CUSTOM_ACTION])

    assert (request.event_id, request.dedupe_name, request.has_sender_id) == (
        "partnerly:1",
        "web:partnerly:1",
        True,
    )
    assert request.mapped.calls[0].event_id == "partnerly:1"


def test_an_engagement_call_without_an_id_gets_the_hash_of_its_body():
    body = with_changes(MAXIMAL[Operation.CUSTOM_ACTION], {"eventId": OMIT})
    request = map_body(Operation.CUSTOM_ACTION, body)

    assert request.mapped.calls[0].body == body | {"eventId": request.event_id}
    assert (request.dedupe_name, request.has_sender_id) == (request.event_id, False)


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
def test_a_gong_body_keeps_its_api_in_the_catalog_dialect(
    operation: Operation, expected: Operation, send_as: SendAs
):
    assert map_to_one_call(operation, MAXIMAL[operation], Dialect.CATALOG, send_as).operation is expected


def test_a_gong_view_keeps_every_value_in_the_catalog_dialect():
    call = map_to_one_call(Operation.CONTENT_VIEWED, MAXIMAL[Operation.CONTENT_VIEWED], Dialect.CATALOG)
    properties = call.body["customProperties"]

    assert (call.body["viewerEmailAddress"], call.body["contentTitle"]) == ("jane@acme.com", "Features")
    assert properties["eventId"] == "web:partnerly:1"
    assert {
        "reportingSystem": "partnerly",
        "shareId": "s-1",
        "mobileAppId": "com.example",
    }.items() <= properties.items()
    assert {"contactId": "003", "opportunityId": "0065g", "personTitle": "CFO"}.items() <= properties.items()


def test_the_catalog_dialect_rejects_a_person_without_an_email_address():
    body = with_changes(MAXIMAL[Operation.CONTENT_VIEWED], {"viewer": OMIT, "trackingId": "from-gong"})

    assert problem_paths(Operation.CONTENT_VIEWED, body, Dialect.CATALOG) == ["viewer.email"]


@pytest.mark.parametrize(
    "operation", [Operation.CATALOG_SHARE, Operation.CATALOG_VIEW, Operation.CATALOG_ACTION]
)
def test_the_source_chooses_the_api_for_catalog_bodies(operation: Operation):
    operations = {
        send_as: map_to_one_call(operation, MAXIMAL[operation], send_as=send_as).operation
        for send_as in SendAs
    }

    assert operations[SendAs.DIGITAL_INTERACTION] is Operation.DIGITAL_INTERACTION
    assert operations[SendAs.ENGAGEMENT].path.startswith("/v2/customer-engagement/")


def test_a_catalog_share_becomes_content_shared():
    body = map_to_one_call(Operation.CATALOG_SHARE, SHARE, send_as=SendAs.ENGAGEMENT).body

    assert body["sharer"] == {"email": "rep@vendor.com"}
    assert body["recipients"] == [{"email": "jane@acme.com"}]
    assert body["crmContext"] == [
        {"system": "Generic", "objects": [{"objectType": "Opportunity", "objectId": "006"}]}
    ]
    assert body["eventProperties"] == [{"name": "campaign", "value": "spring", "dataType": "string"}]


def test_a_share_without_the_contents_url_becomes_a_digital_interaction():
    call = map_to_one_call(
        Operation.CATALOG_SHARE, with_changes(SHARE, {"contentUrl": OMIT}), send_as=SendAs.ENGAGEMENT
    )

    assert call.operation is Operation.DIGITAL_INTERACTION


def test_a_share_with_several_recipients_becomes_one_digital_interaction_each():
    body = with_changes(SHARE, {"recipientEmailAddresses": ["jane@acme.com", "joe@acme.com"]})
    share_calls = map_to_calls(Operation.CATALOG_SHARE, body)

    assert [call.body["person"]["email"] for call in share_calls] == ["jane@acme.com", "joe@acme.com"]
    assert len({call.event_id for call in share_calls}) == 2
    assert fields(share_calls[0], "customFields")["sharedBy"] == ("rep@vendor.com", "STRING")


def test_a_share_without_recipients_is_rejected():
    body = with_changes(SHARE, {"recipientEmailAddresses": OMIT})

    assert problem_paths(Operation.CATALOG_SHARE, body) == ["recipientEmailAddresses"]


def test_a_crm_record_of_an_unknown_type_becomes_properties():
    body = with_changes(SHARE, {"crmContext.objectType": "Quote"})
    properties = fields(map_to_one_call(Operation.CATALOG_SHARE, body), "customFields")

    assert (properties["crmObjectType"][0], properties["crmObjectId"][0]) == ("Quote", "006")


@pytest.mark.parametrize(
    ("changes", "expected"),
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
def test_the_progress_of_a_view_is_its_percentage_or_its_pages(changes, expected):
    content = map_to_one_call(Operation.CATALOG_VIEW, with_changes(VIEW, changes)).body["content"]

    assert content.get("numericContentDetails") == expected


def test_pages_beside_a_percentage_and_a_duration_become_custom_fields():
    custom_fields = fields(map_to_one_call(Operation.CATALOG_VIEW, VIEW), "content", "contentCustomFields")

    assert custom_fields == {
        "viewDuration": ("12.5", "DURATION"),
        "pagesViewed": ("3", "NUMBER"),
        "totalPages": ("3", "NUMBER"),
    }


def test_an_action_name_keeps_its_case_only_in_the_engagement_api():
    body = MAXIMAL[Operation.CATALOG_ACTION] | {"actionName": "Contract Signed"}

    assert map_to_one_call(Operation.CATALOG_ACTION, body).body["eventType"] == "contract signed"
    call = map_to_one_call(Operation.CATALOG_ACTION, body, send_as=SendAs.ENGAGEMENT)
    assert call.body["actionName"] == "Contract Signed"


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
def test_a_catalog_interaction_is_about_the_person_on_the_buyers_side(kind, direction, event_type, person):
    people = [
        {"emailAddress": "jane@acme.com", "role": "Sender"},
        {"name": "Unknown"},
        {"emailAddress": "joe@acme.com", "role": "Recipient"},
        {"emailAddress": "ann@acme.com", "role": "CC"},
    ]
    body = with_changes(
        INTERACTION, {"interactionType": kind, "direction": direction, "participants": people}
    )
    call = map_to_one_call(Operation.CATALOG_INTERACTION, body, send_as=SendAs.ENGAGEMENT)

    assert (call.body["eventType"], call.body["person"]["email"]) == (event_type, person)
    assert fields(call, "customFields")["cc"] == ("ann@acme.com", "STRING")


def test_the_text_of_an_email_is_dropped_with_a_warning():
    request = map_body(Operation.CATALOG_INTERACTION, INTERACTION)

    assert "Text" not in str(request.mapped.calls[0].body)
    assert ("body", "dropped") in [(warning.path, warning.code) for warning in request.mapped.warnings]


def test_an_interaction_without_a_buyer_is_rejected():
    body = with_changes(INTERACTION, {"direction": "Outbound"})

    assert problem_paths(Operation.CATALOG_INTERACTION, body) == ["participants"]


def test_a_problem_found_in_the_conversion_has_the_path_of_the_senders_body():
    body = MAXIMAL[Operation.CATALOG_VIEW] | {"eventTimestamp": "2027-01-01T00:00:00Z"}

    assert problem_paths(Operation.CATALOG_VIEW, body) == ["eventTimestamp"]


@given(
    operation=st.sampled_from(Operation),
    dialect=st.sampled_from(Dialect),
    send_as=st.sampled_from(SendAs),
    dropped=st.sets(st.sampled_from(sorted({key for body in MAXIMAL.values() for key in body}))),
)
def test_every_body_is_rejected_with_a_reason_or_becomes_valid_calls(operation, dialect, send_as, dropped):
    body = {key: item for key, item in MAXIMAL[operation].items() if key not in dropped}
    try:
        outcome = map_to_calls(operation, body, dialect, send_as)
    except ValidationFailed as error:
        outcome = error.problems
    assert outcome
    assert [validate_body(call.operation, call.body) for call in outcome if isinstance(call, Call)] in (
        [],
        [[]] * len(outcome),
    )
