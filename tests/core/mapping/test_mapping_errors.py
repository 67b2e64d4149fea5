"""What is wrong with a mapping is told when it is loaded: all of it at once, each with its path and a remedy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.errors import ValidationFailed
from relay.core.mapping.compile import compile_mapping
from tests.core.mapping.builders import a_rule, a_rule_mapping, errors_of

TEN = {
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


def test_every_mistake_of_a_file_is_told_at_once_each_at_its_path():
    assert errors_of(TEN) == [
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
def test_the_right_name_is_told_where_one_is_near(path, near):
    with pytest.raises(ValidationFailed) as caught:
        compile_mapping(TEN)

    assert f"did you mean {near}?" in next(
        each.message for each in caught.value.problems if each.path == path
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
def test_a_mistake_in_a_rule_is_told_at_its_place(rule, path, code):
    assert errors_of([rule]) == [(f"rules[0].{path}", code)]


def test_a_rule_behind_one_that_takes_everything_is_never_reached():
    assert errors_of([a_rule(), a_rule(name="later", when="item.a")]) == [("rules[1]", "unreachable_rule")]


@pytest.mark.parametrize("spec", [None, 5, "rules", [], {"rules": []}, {"rules": {}}, {}, ["rule"]])
def test_what_is_no_mapping_is_refused(spec):
    assert len(errors_of(spec)) == 1


def test_paths_start_where_the_mapping_stands():
    assert errors_of([a_rule(priority="no")], path="sources.website") == [
        ("sources.website.rules[0].priority", "invalid_value")
    ]


def test_a_map_may_fill_what_gong_requires_by_one_expression():
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
def test_the_engagement_calls_have_maps_of_their_own(to, map_):
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
def test_whatever_stands_in_a_file_it_loads_or_every_problem_has_a_message(spec, map_):
    for each in (spec, [a_rule(map=map_)], [a_rule_mapping(map_)] if isinstance(map_, dict) else []):
        try:
            compile_mapping(each, presets={"[": map_})
        except ValidationFailed as error:
            assert [problem for problem in error.problems if not problem.message] == []  # noqa: PT017 - it may load
