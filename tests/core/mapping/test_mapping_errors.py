"""Errors in a mapping: all reported together when it is loaded, each with its path and a remedy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.errors import ValidationFailed
from relay.core.mapping.compile import compile_mapping
from tests.core.mapping.builders import a_rule, a_rule_mapping, errors_of

TWELVE_ERRORS = {
    "itemz": "body.events",
    "items": "body.events[",
    "rules": [
        {
            "name": "first",
            "whn": "item.a",
            "when": "itm.event == 'x'",
            "to": "digital-interactions",
            "priority": "fast",
            "map": {"eventType": "{{ lowre(item.a) }}"},
        },
        {
            "name": "first",
            "to": "digital-interaction",
            "map": {
                "timestamp": "{{ item.at }}",
                "eventType": "viewed",
                "device": "Phone",
                "content": {"contentTitel": "{{ item.title }}"},
                "person": {"email": "{{ item.email"},
            },
        },
    ],
}


def test_all_errors_in_a_mapping_are_reported_together_each_with_its_path():
    assert errors_of(TWELVE_ERRORS) == [
        ("itemz", "unknown_key"),
        ("items", "syntax_error"),
        ("rules[0].whn", "unknown_key"),
        ("rules[0].to", "invalid_value"),
        ("rules[0].priority", "invalid_value"),
        ("rules[0].when", "unknown_name"),
        ("rules[0].map.eventType", "unknown_function"),
        ("rules[1].map.person.email", "syntax_error"),
        ("rules[1].map.content.contentTitel", "unknown"),
        ("rules[1].map.content.contentTitle", "required"),
        ("rules[1].map.device", "enum"),
        ("rules[1].name", "duplicate_name"),
    ]


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("itemz", "items"),
        ("rules[0].whn", "when"),
        ("rules[0].when", "item"),
        ("rules[0].to", "digital-interaction"),
        ("rules[0].map.eventType", "lower()"),
        ("rules[1].map.content.contentTitel", "contentTitle"),
    ],
)
def test_an_unknown_name_gets_the_nearest_one_suggested(path, near):
    with pytest.raises(ValidationFailed) as caught:
        compile_mapping(TWELVE_ERRORS)

    assert f"did you mean {near}?" in next(
        problem.message for problem in caught.value.problems if problem.path == path
    )


@pytest.mark.parametrize(
    ("rule", "path", "code"),
    [
        (a_rule(name=None), "name", "missing_key"),
        (a_rule(name=" "), "name", "invalid_value"),
        (a_rule(to=None), "to", "missing_key"),
        (a_rule(map=None), "map", "missing_key"),
        (a_rule(map="{{ item }}"), "map", "invalid_value"),
        (a_rule_mapping({1: "x"}), "map.1", "unknown_key"),
        (a_rule(priority=3), "priority", "invalid_value"),
        (a_rule(when=True), "when", "invalid_value"),
        (a_rule(when="item.a = 1"), "when", "syntax_error"),
        (a_rule(items="item."), "items", "syntax_error"),
        (a_rule(when="x" * 700), "when", "too_large"),
        (a_rule(when=" || ".join(["item.a"] * 60)), "when", "too_large"),
        (a_rule(when="item" + ".[@,@][]" * 22), "when", "too_many_copies"),
        (a_rule(when="`unquoted`"), "when", "syntax_error"),
        (a_rule(when="!item.seen"), "when", "syntax_error"),
        (a_rule_mapping({"eventId": "same"}), "map.eventId", "invalid_value"),
        (a_rule_mapping({"eventType": None}), "map.eventType", "null"),
        (a_rule_mapping({"eventType": 5}), "map.eventType", "type"),
        (a_rule_mapping({"device": "Phone"}), "map.device", "enum"),
        (a_rule_mapping({"timestamp": "today"}), "map.timestamp", "format"),
        (a_rule_mapping({"workspaceId": "{{ item.w }}"}), "map.workspaceId", "unknown"),
        (
            a_rule_mapping({"content": {"contentUrl": "{{ item.url }}"}}),
            "map.content.contentTitle",
            "required",
        ),
        (a_rule_mapping({"person": {"personId": "{{ item.p }}"}}), "map.person.company.domain", "required"),
        (
            a_rule_mapping({"person": {"email": "{{ item.e }}", "nme": "{{ item.n }}"}}),
            "map.person.nme",
            "unknown",
        ),
        (
            a_rule_mapping({"person": {"email": "{{ item.e }}", "company": {"name": "x"}}}),
            "map.person.company",
            "rule",
        ),
        (a_rule_mapping({"trackingId": "fixed"}), "map.trackingId", "rule"),
        (a_rule_mapping({"customFields": [{"name": "a"}]}), "map.customFields[0].value", "required"),
        (a_rule_mapping({"eventType": "{{ map(item.a, item.b) }}"}), "map.eventType", "invalid_arguments"),
        (a_rule_mapping({"eventType": "{{ lower(item.a, 'b') }}"}), "map.eventType", "invalid_arguments"),
        (a_rule_mapping({"eventId": "{{ parent.id }}"}, items="item.people"), "map.eventId", "invalid_value"),
    ],
)
def test_an_error_in_a_rule_is_reported_at_its_path(rule, path, code):
    assert errors_of([rule]) == [(f"rules[0].{path}", code)]


def test_a_rule_after_one_without_a_when_is_unreachable():
    assert errors_of([a_rule(), a_rule(name="later", when="item.a")]) == [("rules[1]", "unreachable_rule")]


@pytest.mark.parametrize("spec", [None, 5, "rules", [], {"rules": []}, {"rules": {}}, {}, ["rule"]])
def test_anything_but_a_mapping_is_rejected_with_one_error(spec):
    assert len(errors_of(spec)) == 1


def test_paths_start_with_the_path_of_the_mapping():
    assert errors_of([a_rule(priority="no")], path="sources.website") == [
        ("sources.website.rules[0].priority", "invalid_value")
    ]


def test_one_expression_can_fill_a_required_object():
    rule = a_rule_mapping({"person": "{{ item.person }}", "customFields": "{{ custom_fields(item.extra) }}"})

    assert errors_of([rule]) == []


@pytest.mark.parametrize(
    ("to", "map_"),
    [
        ("content-shared", {"recipients": "{{ item.people[].{email: email} }}"}),
        ("content-viewed", {"viewer": {"email": "{{ item.email }}"}}),
        ("custom-action", {"actor": {"email": "{{ item.email }}"}}),
    ],
)
def test_engagement_calls_have_maps_of_their_own(to, map_):
    shared = {
        "eventTimestamp": "{{ item.at }}",
        "contentId": "{{ item.id }}",
        "contentUrl": "{{ item.url }}",
        "contentTitle": "{{ item.title }}",
        "contentProperties": {"Pages": "{{ item.pages }}"},
    }

    assert errors_of([a_rule(to=to, map={**shared, **map_})]) == []


SPECS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(
        ["{{ item.a }}", "{{ item", "item.a", "[", "digital-interaction", "high", "2026-11-20T10:00:00Z"]
    )
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "items",
                    "rules",
                    "name",
                    "when",
                    "to",
                    "map",
                    "eventId",
                    "content",
                    "person",
                    "customFields",
                    "value",
                    "preset",
                ]
            )
            | st.text(max_size=3)
            | st.integers(),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(SPECS, SPECS)
def test_any_mapping_compiles_or_every_problem_has_a_message(spec, map_):
    for mapping in (spec, [a_rule(map=map_)], [a_rule_mapping(map_)] if isinstance(map_, dict) else []):
        try:
            compile_mapping(mapping, presets={"[": map_})
        except ValidationFailed as error:
            assert [problem for problem in error.problems if not problem.message] == []  # noqa: PT017 - it may load
