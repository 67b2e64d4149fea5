"""Which session a call belongs to, and the call that a session becomes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.call import Call, Operation
from relay.core.gong.limits import CUSTOM_FIELDS_MAX
from relay.core.gong.validate import validate_body
from relay.core.visit_session import Aggregate, AggregateOptions, VisitSession, aggregate_body, find_session

TEN = datetime(2026, 11, 20, 10, tzinfo=UTC)
BODY = {
    "eventId": "site:1",
    "timestamp": "2026-11-20T10:00:00Z",
    "eventType": "page viewed",
    "content": {"contentTitle": "Pricing"},
    "person": {"email": "jane@globex.example"},
}
IDENTITIES: tuple[dict[str, Any], ...] = (
    {"person": {"email": "jane@globex.example"}},
    {"person": {"email": "joe@globex.example"}},
    {"person": {"personBusinessContext": {"objectType": "CONTACT", "objectId": "7"}}},
    {"person": {"phoneNumber": "7"}},
    {"person": {"personId": "7", "company": {"domain": "globex.example"}}},
    {"person": None, "trackingId": "7"},
)


def session(
    key: object = "s-1", *, to: Operation = Operation.DIGITAL_INTERACTION, **fields: Any
) -> VisitSession | None:
    return find_session(
        Call(to, "site:1", BODY | fields), AggregateOptions(), origin=("site", "viewed"), key=key
    )


def create_aggregate(count: int = 12, *, minutes: int = 7, event_type: str | None = None) -> Aggregate:
    options = VisitSession((), TEN, AggregateOptions(event_type=event_type)).saved_options
    return Aggregate(count, TEN, TEN + timedelta(minutes=minutes), options)


def build_body(body: dict[str, Any] = BODY, aggregate: Aggregate | None = None) -> dict[str, Any]:
    return aggregate_body(Operation.DIGITAL_INTERACTION, body, aggregate or create_aggregate())


def test_events_of_one_person_and_one_key_share_a_session():
    first, second = session(), session(timestamp="2026-11-20T10:05:00Z", content={"contentTitle": "Home"})

    assert first
    assert second
    assert first.name == second.name
    assert second.happened_at - first.happened_at == timedelta(minutes=5)


def test_two_people_never_share_a_session_whatever_the_key():
    names = {visit.name for identity in IDENTITIES if (visit := session(**identity))}

    assert len(names) == len(IDENTITIES)


def test_the_case_of_an_address_does_not_matter():
    assert session() == session(person={"email": "Jane@Globex.example"})


@given(st.text(min_size=1), st.text(min_size=1))
def test_two_keys_are_two_sessions(first_key: str, second_key: str):
    first, second = session(first_key), session(second_key)

    if first and second:
        assert (first.name == second.name) == (first_key.strip() == second_key.strip())


@pytest.mark.parametrize("key", [None, "", "  ", 5, ["s-1"]])
def test_an_event_without_a_key_belongs_to_no_session(key: object):
    assert session(key) is None


@pytest.mark.parametrize("to", [to for to in Operation if to is not Operation.DIGITAL_INTERACTION])
def test_only_a_digital_interaction_belongs_to_a_session(to: Operation):
    assert session(to=to) is None


def test_a_body_without_a_valid_timestamp_belongs_to_no_session():
    assert session(timestamp="yesterday") is None


def test_a_session_of_one_event_stays_what_that_event_is():
    assert build_body(aggregate=create_aggregate(1, event_type="website visited")) == BODY


def test_a_session_has_the_number_of_its_events_and_its_duration():
    assert build_body()["customFields"] == [
        {"name": "pages", "value": "12", "dataType": "NUMBER"},
        {"name": "duration", "value": "420", "dataType": "DURATION"},
    ]


def test_a_session_keeps_everything_else_of_its_first_event():
    assert {name: value for name, value in build_body().items() if name != "customFields"} == BODY


def test_a_session_begins_when_its_earliest_event_happened():
    late = BODY | {"timestamp": "2026-11-20T10:03:00Z"}

    assert build_body(late)["timestamp"] == "2026-11-20T10:00:00Z"


def test_a_session_can_have_an_event_type_of_its_own():
    assert (
        build_body(aggregate=create_aggregate(event_type="website visited"))["eventType"] == "website visited"
    )


def test_a_session_whose_times_go_backwards_has_duration_zero():
    backwards = Aggregate(2, TEN, TEN - timedelta(minutes=1), b"")

    assert build_body(aggregate=backwards)["customFields"][1]["value"] == "0"


def test_a_body_full_of_custom_fields_makes_room_for_two():
    full = [{"name": f"field {number}", "value": "x"} for number in range(CUSTOM_FIELDS_MAX)]

    body = build_body(BODY | {"customFields": full})

    assert [field["name"] for field in body["customFields"][-2:]] == ["pages", "duration"]
    assert list(validate_body(Operation.DIGITAL_INTERACTION, body)) == []


def test_a_carrier_that_a_replay_mapped_to_another_call_is_not_aggregated():
    assert aggregate_body(Operation.CONTENT_VIEWED, {"contentId": "c"}, create_aggregate()) == {
        "contentId": "c"
    }
