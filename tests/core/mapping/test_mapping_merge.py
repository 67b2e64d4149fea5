"""Merging a mapping into the preset that it extends."""

from copy import deepcopy

import pytest

from relay.core.mapping.compile import compile_mapping
from relay.core.mapping.merge import merge_mapping
from tests.core.mapping.builders import a_rule, errors_of

PRESET = {
    "items": "body.events",
    "rules": [a_rule(name="clicked", when="item.a"), a_rule(name="opened", when="item.b")],
}


@pytest.mark.parametrize(
    ("base", "changes", "result"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": {"x": 1, "y": 2}}, {"a": {"y": 3}}, {"a": {"x": 1, "y": 3}}),
        ({"a": 1}, {"a": None}, {}),
        ({"a": {"x": 1}}, {"a": "{{ item }}"}, {"a": "{{ item }}"}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        (
            {"rules": [{"name": "x", "v": 1}]},
            {"rules": [{"name": "x", "v": 2}]},
            {"rules": [{"name": "x", "v": 2}]},
        ),
    ],
)
def test_objects_are_merged_and_other_values_replaced(base, changes, result):
    before = deepcopy((base, changes))

    assert merge_mapping(base, changes) == result
    assert (base, changes) == before


def test_a_rule_with_the_same_name_is_merged_in_place_and_a_new_rule_comes_first():
    changes = {
        "preset": "mail",
        "rules": [{"name": "opened", "priority": "low"}, a_rule(name="own", when="item.c")],
    }

    compiled = compile_mapping(changes, presets={"mail": PRESET})

    assert [(rule.name, rule.priority) for rule in compiled.rules] == [
        ("own", "normal"),
        ("clicked", "normal"),
        ("opened", "low"),
    ]


def test_a_preset_alone_is_a_mapping():
    assert [rule.name for rule in compile_mapping({"extends": "mail"}, presets={"mail": PRESET}).rules] == [
        "clicked",
        "opened",
    ]


def test_an_unknown_preset_is_one_error():
    assert errors_of({"preset": "mial"}, presets={"mail": PRESET}) == [("preset", "invalid_value")]


def test_an_error_in_a_change_has_the_path_of_the_merged_rule():
    changes = {"preset": "mail", "rules": [{"name": "opened", "map": {"content": {"titel": "x"}}}]}

    assert errors_of(changes, presets={"mail": PRESET}) == [("rules[1].map.content.titel", "unknown")]
