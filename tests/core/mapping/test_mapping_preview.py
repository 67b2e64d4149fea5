"""What a preview shows to the person who writes a mapping."""

import pytest

from relay.core.mapping.lint_expression import parse_expression
from relay.core.mapping.usage import list_read_paths
from tests.core.mapping.builders import a_rule, a_rule_mapping, an_item, preview_of


def test_a_preview_shows_everything_about_an_event():
    rule = a_rule_mapping(
        {"person": {"name": "{{ item.name }}"}, "device": "{{ item.device }}"}, priority="low"
    )

    (event,) = preview_of(
        [rule], an_item(name="Jane", device="Fridge", extra={"a": 1, "b": None}, list=[{"c": 2}, {"c": 3}])
    )

    assert {
        key: event[key]
        for key in ("index", "status", "rule", "priority", "event_id", "operation", "method", "path")
    } == {
        "index": 0,
        "status": "ready",
        "rule": "viewed",
        "priority": "low",
        "event_id": "site:ev-1",
        "operation": "digital-interaction",
        "method": "POST",
        "path": "/v2/digital-interaction",
    }
    assert event["body"]["person"] == {"name": "Jane"}
    assert event["association"] == "weak"
    assert [(warning["path"], warning["code"]) for warning in event["warnings"]] == [
        ("device", "value_dropped"),
        ("", "association"),
    ]
    assert event["unused"] == ["item.email", "item.extra.a", "item.list.c"]


def test_a_preview_shows_why_an_event_is_dead_or_filtered():
    dead, filtered = preview_of([a_rule(when="item.id")], [an_item(email=None), an_item(id=None)])

    assert (dead["status"], dead["errors"][0]["path"]) == ("dead", "person")
    assert (filtered["status"], filtered["detail"]) == ("filtered", "no rule matches it")


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("item.a.b || body.c[0].d", {"item.a.b", "body.c.d"}),
        ("item.rows[?k == 'x'].{v: n} | [0]", {"item.rows.k", "item.rows.n"}),
        ("item.props.*.value", {"item.props.*.value"}),
        (
            "find(item.rows, &id, item.wanted).name",
            {"item.rows.id", "item.wanted.id", "item.rows.name", "item.wanted.name"},
        ),
        ("[item.a, headers.h][]", {"item.a", "headers.h"}),
        ("'text'", set()),
    ],
)
def test_an_expression_reads_these_paths(text, paths):
    expression = parse_expression(text, path="here")

    assert {".".join(path) for path in list_read_paths([expression])} == paths


def test_reading_the_body_counts_as_reading_the_item_if_the_body_is_the_item():
    rule = a_rule_mapping({"sessionId": "{{ body.session }}"})

    (event,) = preview_of([rule], an_item(session="s"))

    assert event["unused"] == []
