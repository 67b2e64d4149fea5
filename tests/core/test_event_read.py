"""Reading a canonical event: what is accepted, normalized and rejected."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relay.core.errors import ValidationFailed
from relay.core.event.event import EVENT_BYTES_MAX, read_event
from relay.core.event.model import EventType, Progress, Sharer
from tests.strategies import NOW, events

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


def make_event(**changes):
    """Return a minimal event with these changes. None removes a key."""
    minimal = {
        "id": "ev-1",
        "type": "page_view",
        "occurred_at": "2026-11-20T10:00:00Z",
        "content": {"title": "Pricing"},
        "person": {"email": "jane@acme.com"},
    }
    return {key: value for key, value in {**minimal, **changes}.items() if value is not None}


def read(**changes):
    return read_event(make_event(**changes), now=NOW)


def find_problems(raw):
    with pytest.raises(ValidationFailed) as error:
        read_event(raw, now=NOW)
    return [(problem.path, str(problem.code)) for problem in error.value.problems]


def find_messages(raw):
    with pytest.raises(ValidationFailed) as error:
        read_event(raw, now=NOW)
    return {problem.path: problem.message for problem in error.value.problems}


@pytest.mark.parametrize("type_", EventType)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_every_generated_event_is_accepted(type_, data):
    raw = data.draw(events(type_))
    event = read_event(raw, now=NOW)
    assert event.type is type_
    assert event.occurred_at <= NOW


@settings(deadline=None)
@given(ANYTHING)
def test_any_other_json_value_is_rejected_with_a_reason(value):
    assert find_problems(value)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(events(), st.data(), ANYTHING)
def test_an_event_with_any_value_in_one_place_is_accepted_or_rejected(raw, data, anything):
    key = data.draw(st.sampled_from(sorted(raw)))
    inner = raw[key]
    if isinstance(inner, dict) and inner and data.draw(st.booleans()):
        inner[data.draw(st.sampled_from(sorted(inner)))] = anything
    else:
        raw[key] = anything
    try:
        event = read_event(raw, now=NOW)
    except ValidationFailed as error:
        event = error
    assert isinstance(event, ValidationFailed) == bool(getattr(event, "problems", ()))


def test_a_minimal_event_is_accepted():
    event = read()
    assert event.occurred_at == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert (event.content.title, event.person.email) == ("Pricing", "jane@acme.com")


@pytest.mark.parametrize("value", [None, "", "  ", [], {}, {"name": None}, [{"name": ""}]])
def test_a_blank_value_counts_as_absent(value):
    event = read(person={"email": "jane@acme.com", "company": value}, share=value, properties=value)
    assert event == read()


def test_text_addresses_and_domains_are_normalized():
    event = read(
        content={"title": " Two\nlines ", "url": "https://acme.com/p?token=s&x=1"},
        person={"email": " Jane@ACME.com ", "company": {"domain": "https://www.Acme.com/about"}},
        device="PC",
    )
    assert (event.content.title, event.content.url) == ("Two lines", "https://acme.com/p?x=1")
    assert (event.person.email, event.person.company.domain) == ("Jane@acme.com", "acme.com")
    assert event.device == "pc"


def test_a_long_title_is_truncated():
    title = read(content={"title": "t" * 256}).content.title
    assert title == "t" * 254 + "…"


def test_properties_keep_their_types_and_lose_blank_values():
    properties = {"a": "x", "b": 0, "c": 1.5, "d": False, "e": None, "f": " "}
    assert read(properties=properties).properties == {"a": "x", "b": 0, "c": 1.5, "d": False}


def test_percentage_and_nps_have_default_ranges():
    assert read(content={"title": "t", "progress": {"kind": "NPS", "value": 9}}).content.progress == Progress(
        0, 10, 9, "nps"
    )


def test_a_share_needs_no_person():
    share = {"sharer": {"name": "Sam"}, "recipients": [{"email": "jane@acme.com"}, {"email": ""}]}
    event = read(type="content_share", person=None, share=share)
    assert event.share.sharer == Sharer(name="Sam")
    assert [recipient.email for recipient in event.share.recipients] == ["jane@acme.com"]


def test_a_timestamp_may_be_five_minutes_in_the_future():
    ahead = NOW + timedelta(minutes=5)
    assert read(occurred_at=ahead.isoformat()).occurred_at == ahead
    late = (ahead + timedelta(seconds=1)).isoformat()
    assert find_problems(make_event(occurred_at=late)) == [("occurred_at", "range")]


ANONYMOUS = {"id": "v-1", "company": {"domain": "acme.com"}}
RULES = {
    "not an object": ([], [("", "type")]),
    "nothing": ({}, [(key, "required") for key in ("content", "id", "occurred_at", "person", "type")]),
    "no title": (make_event(content={"url": "https://a.io"}), [("content.title", "required")]),
    "unknown type": (make_event(type="page_vew"), [("type", "enum")]),
    "unknown key": (make_event(persn={}), [("persn", "unknown")]),
    "unknown key inside": (make_event(content={"title": "t", "labls": []}), [("content.labls", "unknown")]),
    "custom without action": (make_event(type="custom"), [("action", "required")]),
    "no person": (make_event(person=None), [("person", "required")]),
    "an empty person": (make_event(person={"email": ""}), [("person", "required")]),
    "person and tracking id": (make_event(tracking_id="t"), [("tracking_id", "rule")]),
    "anonymous without id": (make_event(person={**ANONYMOUS, "id": None}), [("person.id", "required")]),
    "anonymous without domain": (make_event(person={"id": "v"}), [("person.company.domain", "required")]),
    "anonymous at an email provider": (
        make_event(person={"id": "v", "company": {"domain": "gmail.com"}}),
        [("person.company.domain", "rule")],
    ),
    "a share without recipients": (
        make_event(type="content_share", share={"recipients": []}),
        [("share.recipients", "required")],
    ),
    "a tracked share": (
        make_event(
            type="content_share", person=None, tracking_id="t", share={"recipients": [{"email": "a@b.io"}]}
        ),
        [("tracking_id", "rule")],
    ),
    "a recipient without address": (
        make_event(share={"recipients": [{"email": "a@b.io"}, {"name": "Jo"}]}),
        [("share.recipients[1].email", "required")],
    ),
    "a number as id": (make_event(id=7), [("id", "type")]),
    "a long session": (make_event(session_id="s" * 1_001), [("session_id", "length")]),
    "a timestamp without an offset": (
        make_event(occurred_at="2026-11-20T10:00:00"),
        [("occurred_at", "format")],
    ),
    "a boolean as timestamp": (make_event(occurred_at=True), [("occurred_at", "type")]),
    "an invalid email": (make_event(person={"email": "jane"}), [("person.email", "format")]),
    "an invalid URL": (
        make_event(content={"title": "t", "url": "javascript:alert(1)"}),
        [("content.url", "format")],
    ),
    "an invalid domain": (
        make_event(person={**ANONYMOUS, "company": {"domain": "a b"}}),
        [("person.company.domain", "format")],
    ),
    "too many labels": (
        make_event(content={"title": "t", "labels": ["x"] * 21}),
        [("content.labels", "length")],
    ),
    "labels as text": (make_event(content={"title": "t", "labels": "x"}), [("content.labels", "type")]),
    "too many properties": (
        make_event(properties={str(number): number for number in range(41)}),
        [("properties", "length")],
    ),
    "a nested property": (make_event(properties={"a": {"b": 1}}), [("properties.a", "type")]),
    "a very large number": (make_event(properties={"a": 10**19}), [("properties.a", "range")]),
    "one name twice": (make_event(properties={"a": 1, "a ": 2}), [("properties.a ", "rule")]),
    "too large": (make_event(session_id="s" * EVENT_BYTES_MAX), [("", "length")]),
    "an unpaired surrogate": (make_event(id="\ud800"), [("", "format")]),
}


@pytest.mark.parametrize("name", RULES)
def test_each_broken_rule_is_reported_at_its_path(name):
    raw, expected = RULES[name]
    assert find_problems(raw) == expected


@pytest.mark.parametrize(
    ("progress", "path", "code"),
    [
        ({"value": 7.5, "from": 0, "to": 10}, ".value", "type"),
        ({"value": True, "from": 0, "to": 10}, ".value", "type"),
        ({"value": "7", "from": 0, "to": 10}, ".value", "type"),
        ({"value": 2**31, "from": 0, "to": 10}, ".value", "range"),
        ({"value": 11, "from": 0, "to": 10}, ".value", "range"),
        ({"value": 7}, "", "required"),
        ({"from": 0, "kind": "rating"}, "", "required"),
        ({"from": 10, "to": 10}, "", "range"),
        ({"from": 0, "to": 101, "kind": "percentage"}, "", "range"),
        ({"from": -1, "to": 10, "kind": "nps"}, "", "range"),
    ],
)
def test_invalid_progress_is_rejected(progress, path, code):
    raw = make_event(content={"title": "t", "progress": progress})
    assert find_problems(raw) == [("content.progress" + path, code)]


@pytest.mark.parametrize(
    ("step", "path", "code"),
    [
        ({"value": "c", "all": ["a", "b"]}, "value", "rule"),
        ({"value": "A", "all": ["a", "b"]}, "value", "rule"),
        ({"value": "a", "all": ["a", "a"]}, "all", "rule"),
        ({"value": "a"}, "all", "required"),
    ],
)
def test_an_invalid_step_is_rejected(step, path, code):
    raw = make_event(content={"title": "t", "step": step})
    assert find_problems(raw) == [(f"content.step.{path}", code)]


@pytest.mark.parametrize(
    ("key", "suggestion"),
    [
        ("occured_at", "occurred_at"),
        ("email", "person.email"),
        ("timestamp", "occurred_at"),
        ("Type", "type"),
    ],
)
def test_the_message_for_an_unknown_key_suggests_the_right_path(key, suggestion):
    assert find_messages(make_event(**{key: "x"}))[key].endswith(f"did you mean {suggestion}?")


def test_all_problems_are_reported_together_sorted_by_path():
    raw = {
        "type": "custom",
        "occurred_at": "2027-01-01T00:00:00Z",
        "content": {"url": 1},
        "tracking_id": " ",
        "nmae": 1,
    }
    assert find_problems(raw) == [
        ("action", "required"),
        ("content.title", "required"),
        ("content.url", "type"),
        ("id", "required"),
        ("nmae", "unknown"),
        ("occurred_at", "range"),
        ("person", "required"),
    ]
