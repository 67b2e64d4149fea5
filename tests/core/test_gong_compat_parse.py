"""How the body of a Gong client is parsed: what is dropped, what is rejected, and which id it gets."""

import pytest

from relay.core.call import Operation
from relay.core.errors import ValidationFailed
from relay.core.gong_compat.parse import CATALOG_OPERATIONS, ENGAGEMENT_OPERATIONS, find_operation, parse_body
from tests.core.gong_bodies import MAXIMAL, MINIMAL, with_changes

ACTION_PATH = "/v2/customer-engagement/action"


@pytest.mark.parametrize("operation", Operation)
@pytest.mark.parametrize("bodies", [MINIMAL, MAXIMAL])
def test_the_path_and_the_body_determine_the_operation(operation: Operation, bodies):
    assert find_operation(operation.path, bodies[operation]) is operation


@pytest.mark.parametrize(
    "body", [None, [], "text", {}, {"actorEmailAddress": "a@b.co", "reportingSystem": "x"}]
)
def test_an_ambiguous_action_is_gongs_custom_action(body):
    assert find_operation(ACTION_PATH, body) is Operation.CUSTOM_ACTION


@pytest.mark.parametrize("operation", Operation)
def test_a_valid_body_is_unchanged(operation: Operation):
    parsed = parse_body(operation, MAXIMAL[operation])

    assert (parsed.body, parsed.warnings) == (MAXIMAL[operation], ())


def test_null_keys_are_dropped_at_any_depth():
    body = with_changes(
        MAXIMAL[Operation.DIGITAL_INTERACTION], {"trackingId": None, "person.location.city": None}
    )
    parsed = parse_body(Operation.DIGITAL_INTERACTION, body)

    assert "trackingId" not in parsed.body
    assert "city" not in parsed.body["person"]["location"]


def test_a_null_in_an_array_is_rejected():
    body = with_changes(MAXIMAL[Operation.DIGITAL_INTERACTION], {"content.contentLabel": ["a", None]})

    with pytest.raises(ValidationFailed) as error:
        parse_body(Operation.DIGITAL_INTERACTION, body)
    assert [problem.path for problem in error.value.problems] == ["content.contentLabel[1]"]


UNDOCUMENTED = {
    Operation.CONTENT_SHARED: (
        "nonCompanyParticipants moreInfoUrl mobileAppId agentPlatform userAgent trackingId"
    ),
    Operation.CONTENT_VIEWED: (
        "nonCompanyParticipants moreInfoUrl actionName sharer sharingMessageSubject sharingMessageBody"
    ),
    Operation.CUSTOM_ACTION: (
        "nonCompanyParticipants moreInfoUrl shareId sharer sharingMessageSubject sharingMessageBody trackingId"
    ),
}


@pytest.mark.parametrize("operation", UNDOCUMENTED)
def test_undocumented_keys_are_dropped_with_a_warning_each(operation: Operation):
    undocumented = UNDOCUMENTED[operation].split()
    parsed = parse_body(operation, MAXIMAL[operation] | dict.fromkeys(undocumented, "anything"))

    assert parsed.body == MAXIMAL[operation]
    assert [(warning.path, warning.code) for warning in parsed.warnings] == [
        (key, "dropped") for key in sorted(undocumented)
    ]


@pytest.mark.parametrize("operation", Operation)
def test_any_other_unknown_key_is_rejected_with_a_suggestion(operation: Operation):
    key = max(MAXIMAL[operation], key=len)

    with pytest.raises(ValidationFailed) as error:
        parse_body(operation, MAXIMAL[operation] | {key + "s": "x"})
    [problem] = error.value.problems
    assert (problem.path, problem.code) == (key + "s", "unknown")
    assert problem.message.endswith(f"did you mean {key}?")


@pytest.mark.parametrize("operation", sorted({Operation.DIGITAL_INTERACTION, *ENGAGEMENT_OPERATIONS}))
def test_the_id_is_the_senders_event_id(operation: Operation):
    assert parse_body(operation, MAXIMAL[operation]).id == MAXIMAL[operation]["eventId"]


def test_the_id_of_a_catalog_interaction_is_its_client_unique_id():
    assert parse_body(Operation.CATALOG_INTERACTION, MAXIMAL[Operation.CATALOG_INTERACTION]).id == "m-1"


@pytest.mark.parametrize("operation", sorted(ENGAGEMENT_OPERATIONS | CATALOG_OPERATIONS))
def test_without_a_sender_id_the_id_is_a_hash_of_the_content(operation: Operation):
    body = MINIMAL[operation]
    shuffled = dict(reversed(body.items()))
    first, again = parse_body(operation, body), parse_body(operation, shuffled | {"eventId": None})

    assert first.sender_id is None
    assert len(first.id) == 64
    assert again.id == first.id
    assert parse_body(operation, _with_another_timestamp(body)).id != first.id


def _with_another_timestamp(body):
    key = "timestamp" if "timestamp" in body else "eventTimestamp"
    return body | {key: "2026-07-12T10:00:00Z"}
