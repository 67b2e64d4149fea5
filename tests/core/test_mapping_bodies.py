"""Whatever event is taken, in whichever dialect it goes: Gong would take the body."""

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relay.core.call import Dialect, SendAs
from relay.core.default_mapping.engagement import OPERATIONS
from relay.core.default_mapping.select import build_calls
from relay.core.destination import BasicCredentials, Destination
from relay.core.errors import ValidationFailed
from relay.core.event.event import EVENT_BYTES_MAX, read_event
from relay.core.event.model import EventType
from relay.core.gong.validate import validate_body
from relay.core.source import Source
from tests.strategies import NOW, events

ROUTES = [(dialect, send_as) for dialect in Dialect for send_as in SendAs]
UNHURRIED = {"deadline": None, "suppress_health_check": list(HealthCheck)}


def mapped(raw, dialect, send_as):
    destination = Destination(
        "acme",
        "acme",
        BasicCredentials("key", "secret"),
        dialect=dialect,
        internal_domains=frozenset({"internal.example"}),
    )
    return build_calls(read_event(raw, now=NOW), Source("website", "acme", send_as=send_as), destination)


def complaints(found):
    return [problem for call in found.calls for problem in validate_body(call.operation, call.body)]


def addressed(raw):
    """The same event with all that an engagement call asks for."""
    raw = {**raw, "content": {"url": "https://acme.com/p", **raw["content"]}}
    if raw["type"] == EventType.CONTENT_SHARE:
        sharer = {"name": "Sam", **raw["share"].get("sharer", {}), "email": "sam@vendor.example"}
        return {**raw, "share": {**raw["share"], "sharer": sharer}}
    raw.pop("tracking_id", None)
    return {**raw, "person": {**raw.get("person", {}), "email": "jane@acme.com"}}


@pytest.mark.parametrize("type_", EventType)
@settings(max_examples=60, **UNHURRIED)
@given(st.data(), st.sampled_from(list(SendAs)))
def test_every_event_that_is_taken_becomes_bodies_that_gong_takes(type_, data, send_as):
    found = mapped(data.draw(events(type_)), Dialect.GONG, send_as)
    assert bool(found.calls) != bool(found.filter_reason)
    assert complaints(found) == []
    assert len({call.event_id for call in found.calls}) == len(found.calls)


@pytest.mark.parametrize("type_", EventType)
@settings(max_examples=40, **UNHURRIED)
@given(st.data(), st.sampled_from(list(SendAs)))
def test_the_catalogue_says_every_event_of_someone_with_an_address_and_no_other(type_, data, send_as):
    raw = data.draw(events(type_))
    try:
        found = mapped(raw, Dialect.CATALOG, send_as)
    except ValidationFailed as error:
        found = error
    if isinstance(found, ValidationFailed):
        assert [problem.path for problem in found.problems] == ["person.email"]
        assert "email" not in raw.get("person", {})
    else:
        assert bool(found.calls) != bool(found.filter_reason)
        assert complaints(found) == []


@pytest.mark.parametrize("type_", OPERATIONS)
@settings(max_examples=40, **UNHURRIED)
@given(st.data(), st.sampled_from(list(Dialect)))
def test_an_event_with_addresses_and_a_url_goes_by_engagement_but_for_too_many_properties(
    type_, data, dialect
):
    found = mapped(addressed(data.draw(events(type_))), dialect, SendAs.ENGAGEMENT)
    assert complaints(found) == []
    told = [warning.path for warning in found.warnings if warning.code == "fallback"]
    by_engagement = [call for call in found.calls if not call.operation.endswith("interaction")]
    assert told in ([], ["properties"])
    assert bool(by_engagement) == (not told and not found.filter_reason)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("letter", ["x", "é", '"'])
def test_an_event_as_large_as_may_be_becomes_a_body_that_is_not_too_large(letter, route):
    raw = {
        "id": "i" * 10_000,
        "type": "content_share",
        "occurred_at": 1_790_000_000,
        "content": {"title": "t", "url": "https://acme.com/" + "u" * 2_000},
        "person": {"company": {"crm": [{"type": "account", "id": str(place)} for place in range(100)]}},
        "share": {"recipients": [{"email": f"p{place}@acme.com"} for place in range(100)]},
        "properties": {f"{place}": place % 2 == 0 for place in range(40)},
    }
    room = EVENT_BYTES_MAX - len(orjson.dumps(raw)) - 1_000
    length = min(1_000, room // 40 // len(orjson.dumps(letter)[1:-1]))
    raw["content"]["properties"] = {f"p{place}": letter * length for place in range(40)}
    assert complaints(mapped(raw, *route)) == []
