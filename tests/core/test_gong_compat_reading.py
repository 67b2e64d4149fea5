"""What a endpoint forgives a client of Gong, what it refuses, and by what an event is known."""

import pytest

from relay.core.call import Operation
from relay.core.errors import ValidationFailed
from relay.core.gong_compat.parse import CATALOG_OPERATIONS, ENGAGEMENT_OPERATIONS, find_operation, parse_body
from tests.core.gong_bodies import MAXIMAL, MINIMAL, changed

ACTION_PATH = "/v2/customer-engagement/action"


@pytest.mark.parametrize("operation", Operation)
@pytest.mark.parametrize("bodies", [MINIMAL, MAXIMAL])
def test_a_path_and_a_body_name_one_operation(operation: Operation, bodies):
    assert find_operation(operation.path, bodies[operation]) is operation


@pytest.mark.parametrize(
    "body", [None, [], "text", {}, {"actorEmailAddress": "a@b.co", "reportingSystem": "x"}]
)
def test_an_action_that_does_not_say_whose_it_is_is_gongs(body):
    assert find_operation(ACTION_PATH, body) is Operation.CUSTOM_ACTION


@pytest.mark.parametrize("operation", Operation)
def test_a_good_body_is_read_as_it_is(operation: Operation):
    read = parse_body(operation, MAXIMAL[operation])

    assert (read.body, read.warnings) == (MAXIMAL[operation], ())


def test_null_keys_are_dropped_at_any_depth():
    body = changed(MAXIMAL[Operation.DIGITAL_INTERACTION], {"trackingId": None, "person.location.city": None})
    read = parse_body(Operation.DIGITAL_INTERACTION, body)

    assert "trackingId" not in read.body
    assert "city" not in read.body["person"]["location"]


def test_a_null_in_an_array_is_refused():
    body = changed(MAXIMAL[Operation.DIGITAL_INTERACTION], {"content.contentLabel": ["a", None]})

    with pytest.raises(ValidationFailed) as caught:
        parse_body(Operation.DIGITAL_INTERACTION, body)
    assert [problem.path for problem in caught.value.problems] == ["content.contentLabel[1]"]


LEAKED = {
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


@pytest.mark.parametrize("operation", LEAKED)
def test_the_keys_that_leaked_are_dropped_with_a_warning_each(operation: Operation):
    leaked = LEAKED[operation].split()
    read = parse_body(operation, MAXIMAL[operation] | dict.fromkeys(leaked, "anything"))

    assert read.body == MAXIMAL[operation]
    assert [(told.path, told.code) for told in read.warnings] == [(key, "dropped") for key in sorted(leaked)]


@pytest.mark.parametrize("operation", Operation)
def test_any_other_unknown_key_is_refused_and_the_nearest_named(operation: Operation):
    key = max(MAXIMAL[operation], key=len)

    with pytest.raises(ValidationFailed) as caught:
        parse_body(operation, MAXIMAL[operation] | {key + "s": "x"})
    [problem] = caught.value.problems
    assert (problem.path, problem.code) == (key + "s", "unknown")
    assert problem.message.endswith(f"did you mean {key}?")


@pytest.mark.parametrize("operation", sorted({Operation.DIGITAL_INTERACTION, *ENGAGEMENT_OPERATIONS}))
def test_an_event_is_known_by_the_id_that_its_sender_gave(operation: Operation):
    assert parse_body(operation, MAXIMAL[operation]).id == MAXIMAL[operation]["eventId"]


def test_an_interaction_of_the_catalogue_is_known_by_its_client_unique_id():
    assert parse_body(Operation.CATALOG_INTERACTION, MAXIMAL[Operation.CATALOG_INTERACTION]).id == "m-1"


@pytest.mark.parametrize("operation", sorted(ENGAGEMENT_OPERATIONS | CATALOG_OPERATIONS))
def test_without_an_id_it_is_known_by_what_it_says_in_whatever_order(operation: Operation):
    body = MINIMAL[operation]
    shuffled = dict(reversed(body.items()))
    first, again = parse_body(operation, body), parse_body(operation, shuffled | {"eventId": None})

    assert first.sender_id is None
    assert len(first.id) == 64
    assert again.id == first.id
    assert parse_body(operation, _at_another_moment(body)).id != first.id


def _at_another_moment(body):
    key = "timestamp" if "timestamp" in body else "eventTimestamp"
    return body | {key: "2026-07-12T10:00:00Z"}
