"""Every valid event becomes valid calls in every dialect."""

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
SLOW_SETTINGS = {"deadline": None, "suppress_health_check": list(HealthCheck)}


def map_event(raw, dialect, send_as):
    destination = Destination(
        name="acme",
        company="acme",
        credentials=BasicCredentials("key", "secret"),
        dialect=dialect,
        internal_domains=frozenset({"internal.example"}),
    )
    return build_calls(
        read_event(raw, now=NOW), Source(name="website", destination="acme", send_as=send_as), destination
    )


def find_problems(mapped):
    return [problem for call in mapped.calls for problem in validate_body(call.operation, call.body)]


def with_addresses(raw):
    """Return the event with everything that an engagement call requires."""
    raw = {**raw, "content": {"url": "https://acme.com/p", **raw["content"]}}
    if raw["type"] == EventType.CONTENT_SHARE:
        sharer = {"name": "Sam", **raw["share"].get("sharer", {}), "email": "sam@vendor.example"}
        return {**raw, "share": {**raw["share"], "sharer": sharer}}
    raw.pop("tracking_id", None)
    return {**raw, "person": {**raw.get("person", {}), "email": "jane@acme.com"}}


@pytest.mark.parametrize("type_", EventType)
@settings(max_examples=60, **SLOW_SETTINGS)
@given(st.data(), st.sampled_from(list(SendAs)))
def test_every_valid_event_becomes_valid_gong_calls(type_, data, send_as):
    mapped = map_event(data.draw(events(type_)), Dialect.GONG, send_as)
    assert bool(mapped.calls) != bool(mapped.filter_reason)
    assert find_problems(mapped) == []
    assert len({call.event_id for call in mapped.calls}) == len(mapped.calls)


@pytest.mark.parametrize("type_", EventType)
@settings(max_examples=40, **SLOW_SETTINGS)
@given(st.data(), st.sampled_from(list(SendAs)))
def test_the_catalog_dialect_accepts_every_event_with_an_email_address_and_no_other(type_, data, send_as):
    raw = data.draw(events(type_))
    try:
        mapped = map_event(raw, Dialect.CATALOG, send_as)
    except ValidationFailed as error:
        mapped = error
    if isinstance(mapped, ValidationFailed):
        assert [problem.path for problem in mapped.problems] == ["person.email"]
        assert "email" not in raw.get("person", {})
    else:
        assert bool(mapped.calls) != bool(mapped.filter_reason)
        assert find_problems(mapped) == []


@pytest.mark.parametrize("type_", OPERATIONS)
@settings(max_examples=40, **SLOW_SETTINGS)
@given(st.data(), st.sampled_from(list(Dialect)))
def test_an_event_with_addresses_and_a_url_becomes_an_engagement_call_unless_it_has_too_many_properties(
    type_, data, dialect
):
    mapped = map_event(with_addresses(data.draw(events(type_))), dialect, SendAs.ENGAGEMENT)
    assert find_problems(mapped) == []
    fallbacks = [warning.path for warning in mapped.warnings if warning.code == "fallback"]
    by_engagement = [call for call in mapped.calls if not call.operation.endswith("interaction")]
    assert fallbacks in ([], ["properties"])
    assert bool(by_engagement) == (not fallbacks and not mapped.filter_reason)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("letter", ["x", "é", '"'])
def test_the_largest_event_becomes_a_body_within_the_limit(letter, route):
    raw = {
        "id": "i" * 10_000,
        "type": "content_share",
        "occurred_at": 1_790_000_000,
        "content": {"title": "t", "url": "https://acme.com/" + "u" * 2_000},
        "person": {"company": {"crm": [{"type": "account", "id": str(number)} for number in range(100)]}},
        "share": {"recipients": [{"email": f"p{number}@acme.com"} for number in range(100)]},
        "properties": {f"{number}": number % 2 == 0 for number in range(40)},
    }
    room = EVENT_BYTES_MAX - len(orjson.dumps(raw)) - 1_000
    length = min(1_000, room // 40 // len(orjson.dumps(letter)[1:-1]))
    raw["content"]["properties"] = {f"p{number}": letter * length for number in range(40)}
    assert find_problems(map_event(raw, *route)) == []
