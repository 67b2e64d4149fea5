"""A suggested first mapping: for payloads like those of vendors, and for any payload at all."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.mapping.expressions import Expression
from relay.core.mapping.lint_expression import parse_expression
from relay.core.mapping.payload_fields import list_fields
from relay.core.mapping.suggest import (
    SuggestedRule,
    build_rule,
    humanize_name,
    replace_expression,
    suggest_rule,
)
from relay.core.mapping.work_limit import StepCounter
from tests.core.mapping.builders import errors_of, preview_of

SAMPLES: dict[str, tuple[Any, dict[str, str]]] = {
    "flat": (
        {
            "event_id": "visit-9f3",
            "event": "New Visit",
            "visitor_email": "buyer@globex.example",
            "visitor_name": "Sam Buyer",
            "document_name": "Proposal",
            "document_url": "https://docs.example/abc",
            "visited_at": "2026-07-10T12:00:00-05:00",
            "duration": "184",
        },
        {
            "eventId": "item.event_id",
            "timestamp": "timestamp(item.visited_at)",
            "eventType": "'new visit'",
            "content.contentTitle": "item.document_name",
            "content.contentUrl": "item.document_url",
            "person.email": "item.visitor_email",
            "person.name": "item.visitor_name",
            "person.company.domain": "company_domain(item.visitor_email)",
        },
    ),
    "nested": (
        {
            "id": "evt_9c1f",
            "event": "link.viewed",
            "createdAt": "2026-03-15T12:00:05.000Z",
            "data": {
                "view": {
                    "viewId": "clv0",
                    "email": "buyer@globex.example",
                    "ua": "Mozilla (Windows NT 10.0)",
                },
                "link": {"id": "cll0", "url": "https://docs.example/cll0", "name": "For Globex"},
                "document": {"id": "cld0", "name": "Proposal.pdf", "createdAt": "2026-03-01T08:59:00.000Z"},
            },
        },
        {
            "eventId": "item.id",
            "timestamp": "timestamp(item.createdAt)",
            "eventType": "'link viewed'",
            "device": "device(item.data.view.ua)",
            "content.contentId": "item.data.document.id",
            "content.contentTitle": "item.data.document.name",
            "content.contentUrl": "item.data.link.url",
            "person.email": "item.data.view.email",
            "person.company.domain": "company_domain(item.data.view.email)",
        },
    ),
    "signatures in a list": (
        {
            "event": {
                "event_time": "1348177752",
                "event_type": "request_signed",
                "event_hash": "3a31324d1919",
            },
            "request": {
                "title": "Purchase Agreement",
                "details_url": "https://sign.example/1",
                "requester_email_address": "me@acme.example",
                "signatures": [{"signer_email_address": "jo@globex.example", "signer_name": "Jo Doe"}],
            },
        },
        {
            "eventId": "item.event.event_hash",
            "timestamp": "timestamp(item.event.event_time)",
            "eventType": "'request signed'",
            "content.contentTitle": "item.request.title",
            "content.contentUrl": "item.request.details_url",
            "person.email": "item.request.signatures[0].signer_email_address",
            "person.name": "item.request.signatures[0].signer_name",
            "person.company.domain": "company_domain(item.request.signatures[0].signer_email_address)",
        },
    ),
    "names in two parts, with spaces": (
        {
            "triggerType": "form_submission",
            "payload": {
                "name": "Contact us",
                "id": "65a5d3c8",
                "data": {"First Name": "John", "Last Name": "Doe", "email": "john@globex.example"},
                "submittedAt": "2024-01-15 14:30:00",
            },
        },
        {
            "timestamp": "timestamp(item.payload.submittedAt, 'UTC')",
            "eventType": "'form submission'",
            "content.contentId": "item.payload.id",
            "content.contentTitle": "item.payload.name",
            "person.email": "item.payload.data.email",
            "person.name": 'words(item.payload.data."First Name", item.payload.data."Last Name")',
            "person.company.domain": "company_domain(item.payload.data.email)",
        },
    ),
    "a company of its own": (
        {
            "id": "7b4d",
            "event": "demo_viewed",
            "name": "Platform tour",
            "viewed_at": "2026-07-26T14:02:11Z",
            "lead": {"email": "jane@globex.example", "first_name": "Jane", "phone": "+1 555 010 9999"},
            "reveal": {"company_name": "Globex", "company_domain": "globex.example"},
        },
        {
            "eventId": "item.id",
            "timestamp": "timestamp(item.viewed_at)",
            "eventType": "'demo viewed'",
            "content.contentTitle": "item.name",
            "person.email": "item.lead.email",
            "person.name": "item.lead.first_name",
            "person.phoneNumber": "phone(item.lead.phone)",
            "person.company.name": "item.reveal.company_name",
            "person.company.domain": "company_domain(item.reveal.company_domain)",
        },
    ),
}
BATCH = {
    "account": "acme",
    "rows": [
        {"uid": "a-1", "kind": "pageOpened", "at": 1795168800123, "mail": "jo@globex.example"},
        {"uid": "a-2", "kind": "plan_accepted", "at": 1795168800124, "mail": "sam@globex.example"},
        {"uid": "a-3", "kind": "room_renamed", "at": 1795168800125},
    ],
}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
    | st.sampled_from(["jo@globex.example", "https://a.example/x", "2026-11-20T10:00:00Z", "page_view"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=6) | st.sampled_from(["id", "event", "email", "a b", 'q"']), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@pytest.mark.parametrize("name", SAMPLES)
def test_fields_are_recognized_by_their_names_and_values(name: str):
    body, expected = SAMPLES[name]

    assert dict(suggest_rule(body).expressions) == expected


@pytest.mark.parametrize("name", SAMPLES)
def test_the_suggested_rule_makes_a_valid_call_and_filters_other_events(name: str):
    body, _ = SAMPLES[name]
    rule = build_rule(suggest_rule(body))

    assert [event["status"] for event in preview_of([rule], body)] == ["ready"]
    assert [event["status"] for event in preview_of([rule], {"event": "another"})] == ["filtered"]


def test_items_in_a_list_are_found_and_their_event_types_named():
    suggestion = suggest_rule(BATCH)
    spec = {"items": suggestion.items, "rules": [build_rule(suggestion)]}

    assert suggestion.items == "body.rows"
    assert suggestion.when == "contains(['pageOpened', 'plan_accepted'], item.kind)"
    events = preview_of(spec, BATCH)
    assert [event["status"] for event in events] == ["ready", "ready", "filtered"]
    assert [event["body"]["eventType"] for event in events[:2]] == ["page opened", "plan accepted"]


def test_an_id_beside_the_title_is_the_contents_and_not_the_events():
    body = {"event": "changed", "data": {"id": "doc-1", "name": "Proposal", "date": "2026-01-01T00:00:00Z"}}

    expressions = suggest_rule(body).expressions

    assert "eventId" not in expressions
    assert expressions["content.contentId"] == "item.data.id"


def test_without_a_title_the_event_type_is_the_contents_title():
    assert suggest_rule({"event": "page_view"}).expressions["content.contentTitle"] == "'page view'"


@pytest.mark.parametrize(
    ("event_type", "words"),
    [("invitee.created", "invitee created"), ("pageView", "page view"), ("$pageview", "pageview"), ("!", "event")],
)  # fmt: skip
def test_an_event_type_is_written_in_plain_words(event_type: str, words: str):
    assert humanize_name(event_type) == words


def test_an_expression_can_be_replaced_or_removed():
    suggestion = replace_expression(
        replace_expression(suggest_rule(BATCH), "person.name", "item.who"), "eventId", None
    )

    tree = build_rule(suggestion)["map"]
    assert tree["person"]["name"] == "{{ item.who }}"
    assert "eventId" not in tree


def test_a_literal_is_plain_text_in_the_rule():
    assert build_rule(
        SuggestedRule(
            name="x", items=None, when=None, expressions={"eventType": "'page viewed'"}, payload_fields=()
        )
    )["map"] == {"eventType": "page viewed"}


@given(VALUES)
def test_the_suggestion_for_any_payload_compiles_except_for_missing_values(body: Any):
    suggestion = suggest_rule(body)
    items = {"items": suggestion.items} if suggestion.items else {}

    assert {code for _, code in errors_of(items | {"rules": [build_rule(suggestion)]})} <= {"required"}


@given(VALUES)
def test_every_field_is_read_by_its_own_expression(item: Any):
    for field in list_fields(item):
        expression = parse_expression(field.expression, path="here")

        assert isinstance(expression, Expression)
        assert expression.evaluate({"item": item}, StepCounter()) == field.value
