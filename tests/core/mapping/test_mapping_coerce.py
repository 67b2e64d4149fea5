"""Values are rewritten in Gong's formats; those that Gong would reject are dropped with a warning."""

import pytest

from relay.core.call import Operation
from relay.core.gong.validate import validate_body
from relay.core.mapping.coerce import coerce_body
from tests.core.mapping.builders import a_rule_mapping, an_item, codes_of, results_of

MINIMAL_BODY = {
    "eventId": "e",
    "timestamp": "2026-11-20T10:00:00Z",
    "eventType": "viewed",
    "content": {"contentTitle": "Pricing"},
    "person": {"email": "jane@globex.example"},
}


def coerce(**changes):
    body, warnings = coerce_body(Operation.DIGITAL_INTERACTION, {**MINIMAL_BODY, **changes})
    assert validate_body(Operation.DIGITAL_INTERACTION, body) == []
    return {key: body.get(key) for key in changes}, codes_of(warnings)


@pytest.mark.parametrize(
    ("raw", "coerced"),
    [
        ({"sessionId": 17}, {"sessionId": "17"}),
        ({"sessionId": False}, {"sessionId": "false"}),
        ({"sessionId": " a\x00b\n"}, {"sessionId": "a b"}),
        ({"device": "mobile"}, {"device": "MOBILE"}),
        ({"timestamp": 1795168800}, {"timestamp": "2026-11-20T10:00:00Z"}),
        ({"timestamp": "2026-11-20T12:00:00.9+0200"}, {"timestamp": "2026-11-20T10:00:00Z"}),
        ({"person": {"email": " Jane@GLOBEX.example "}}, {"person": {"email": "Jane@globex.example"}}),
        ({"person": {"email": "a@b.co", "company": {"domain": "https://www.Globex.example/x"}}}, {"person": {"email": "a@b.co", "company": {"domain": "globex.example"}}}),
        ({"content": {"contentTitle": "x", "contentLabel": "one"}}, {"content": {"contentTitle": "x", "contentLabel": ["one"]}}),
        ({"content": {"contentTitle": "x", "contentUrl": "https://a.co/?code=1&b=2"}}, {"content": {"contentTitle": "x", "contentUrl": "https://a.co/?b=2"}}),
        ({"content": {"contentTitle": "x", "numericContentDetails": {"value": "61.5", "rangeFrom": 0, "rangeTo": "100", "numericType": "percentage"}}}, {"content": {"contentTitle": "x", "numericContentDetails": {"value": 62, "rangeFrom": 0, "rangeTo": 100, "numericType": "PERCENTAGE"}}}),
        ({"customFields": {"a": 0, "b": False, "c": None, "d": {"e": 1.5}, "f": ["x", 2], "g": ""}}, {"customFields": [{"name": "a", "value": "0", "dataType": "NUMBER"}, {"name": "b", "value": "false", "dataType": "BOOLEAN"}, {"name": "d.e", "value": "1.5", "dataType": "NUMBER"}, {"name": "f", "value": "x, 2", "dataType": "STRING"}]}),
        ({"customFields": [{"name": "a", "value": 5}]}, {"customFields": [{"name": "a", "value": "5", "dataType": "NUMBER"}]}),
    ],
)  # fmt: skip
def test_a_value_is_rewritten_in_gongs_format(raw, coerced):
    assert coerce(**raw) == (coerced, [])


@pytest.mark.parametrize(
    ("raw", "coerced", "warnings"),
    [
        ({"device": "Fridge"}, {"device": None}, ["device value_dropped"]),
        ({"sessionId": ["a"]}, {"sessionId": None}, ["sessionId value_dropped"]),
        ({"sessionId": "x" * 1001}, {"sessionId": "x" * 999 + "…"}, ["sessionId value_changed"]),
        ({"unknown": 1}, {"unknown": None}, ["unknown value_dropped"]),
        ({"person": {"name": "J", "email": "[TEST] john@doe.com"}}, {"person": {"name": "J"}}, ["person.email value_dropped"]),
        ({"person": {"email": "a@gmail.com", "company": {"domain": "gmail.com"}}}, {"person": {"email": "a@gmail.com"}}, ["person.company.domain value_dropped"]),
        ({"person": {"email": "a@b.co", "company": {"name": "B"}}}, {"person": {"email": "a@b.co"}}, ["person.company value_dropped"]),
        ({"content": {"contentTitle": "x", "contentUrl": "javascript:alert(1)"}}, {"content": {"contentTitle": "x"}}, ["content.contentUrl value_dropped"]),
        ({"content": {"contentTitle": "x", "contentLabel": [str(n) for n in range(21)]}}, {"content": {"contentTitle": "x", "contentLabel": [str(n) for n in range(20)]}}, ["content.contentLabel value_changed"]),
        ({"customFields": [{"name": "a", "value": "soon", "dataType": "DATE"}]}, {"customFields": [{"name": "a", "value": "soon", "dataType": "STRING"}]}, ["customFields[0] value_changed"]),
        ({"customFields": [5, {"name": "a", "value": "b"}]}, {"customFields": [{"name": "a", "value": "b", "dataType": "STRING"}]}, ["customFields[0] value_dropped"]),
    ],
)  # fmt: skip
def test_a_value_that_gong_would_reject_is_dropped_or_changed_with_a_warning(raw, coerced, warnings):
    assert coerce(**raw) == (coerced, warnings)


@pytest.mark.parametrize("empty", [None, "", " ", [], {}, [None], {"a": [{}]}])
def test_an_empty_value_is_pruned_with_its_empty_parents(empty):
    rule = a_rule_mapping(
        {
            "sessionId": "{{ item.x }}",
            "person": {"email": "{{ item.email }}", "location": {"city": "{{ item.x }}"}},
        }
    )

    (event,) = results_of([rule], an_item(x=empty))

    assert "sessionId" not in event.call.body
    assert event.call.body["person"] == {"email": "jane@globex.example"}
    assert event.warnings == ()


def test_zero_and_false_are_kept():
    rule = a_rule_mapping(
        {"customFields": [{"name": "a", "value": "{{ item.zero }}"}, {"name": "b", "value": "{{ item.no }}"}]}
    )

    (event,) = results_of([rule], an_item(zero=0, no=False))

    assert [field["value"] for field in event.call.body["customFields"]] == ["0", "false"]


def test_an_incomplete_object_with_only_literals_left_is_dropped_without_a_warning():
    step = {"value": "{{ item.step }}", "availableSteps": ["sent", "signed"]}
    score = {"value": "{{ item.score }}", "rangeFrom": 0, "rangeTo": 10, "numericType": "NPS"}
    content = {"contentTitle": "Survey", "stepContentDetails": step, "numericContentDetails": score}

    (event,) = results_of([a_rule_mapping({"content": content})], an_item())

    assert event.call.body["content"] == {"contentTitle": "Survey"}
    assert event.warnings == ()


def test_a_literal_is_kept_beside_an_expression_without_a_value():
    person = {"email": "{{ item.email }}", "company": {"domain": "globex.example", "name": "{{ item.x }}"}}

    (event,) = results_of([a_rule_mapping({"person": person})], an_item())

    assert event.call.body["person"]["company"] == {"domain": "globex.example"}
