"""Hostile mappings are rejected when they are loaded, and hostile payloads become dead letters: neither blocks a worker.

Work is counted in steps, so these limits hold on any machine. The benchmarks measure what a step costs.
"""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.mapping.lint_expression import COPIES_MAX, count_copies, parse_expression
from relay.core.mapping.work_limit import STEPS_PER_EVENT, NoValue, StepCounter, WorkLimitExceeded
from tests.core.mapping.builders import a_rule, a_rule_mapping, an_item, codes_of, errors_of, results_of

MEGABYTE = 1024 * 1024


@pytest.mark.parametrize(
    "text",
    [
        "item.a" + ".[@,@][]" * 22,
        "[@,@]" + "|[@,@]" * 22,
        "to_string([item,item]" + "|[@,@]" * 20 + ")",
        "join('', [item.a,item.a]" + "[].[@,@][]" * 10 + ")",
        "item" + ".{a:@,b:@}.*" * 12,
        "map(&[@,@], map(&[@,@,@,@], [item,item,item,item,item,item,item,item]))" + "|[@,@,@,@]" * 2,
        "merge({a: [item, item]}, {b: [item, item]})" + "|values(@)|[@,@]" * 8,
    ],
)
def test_an_expression_that_copies_its_input_too_often_is_rejected(text):
    assert errors_of([a_rule(when=text)]) == [("rules[0].when", "too_many_copies")]


def nest(levels):
    value = "x"
    for _ in range(levels):
        value = {"a": value}
    return value


def long_list(length):
    return [{"k": str(index), "v": index} for index in range(length)]


@pytest.mark.parametrize(
    ("text", "item"),
    [
        ("item.a[].{x: k, y: v, z: to_string(@)}", {"a": long_list(50_000)}),
        ("item.a[?v > `1`][?v > `2`][?v > `3`].k", {"a": long_list(50_000)}),
        ("sort_by(item.a, &k)[].k", {"a": long_list(100_000)}),
        ("to_string(item)", {"a": [["x" * 1_000] * 100] * 100}),
        ("stable_id([item, item, item])", {"a": [["x" * 1_000] * 100] * 50}),
        ("item.a == item.b", {"a": [[1] * 1_000] * 500, "b": [[1] * 1_000] * 500}),
        ("strip_html(item.a)", {"a": "<" * 5_000_000}),
    ],
)
def test_an_expression_on_a_huge_payload_is_stopped(text, item):
    expression = parse_expression(text, path="here")

    with pytest.raises((WorkLimitExceeded, NoValue)):
        expression.evaluate({"item": item}, StepCounter())


@pytest.mark.parametrize(
    "leaf", ["{{ item.list[].[k, v, k, v] }}", "{{ custom_fields({a: item.list[].{x: k, y: v}}) }}"]
)
def test_an_event_over_the_work_limit_is_a_dead_letter_and_the_next_is_not(leaf):
    rule = a_rule_mapping({"customFields": leaf})

    dead, ready = results_of([rule], [an_item(list=long_list(100_000)), an_item()])

    assert codes_of(dead.problems) == [" work_limit_exceeded"]
    assert (dead.rule, ready.problems) == ("viewed", ())


@pytest.mark.parametrize("levels", [70, 5_000, 100_000])
def test_a_value_nested_too_deep_is_a_warning_at_any_depth(levels):
    rule = a_rule_mapping({"sessionId": "{{ item.deep }}", "customFields": "{{ custom_fields(item) }}"})

    (event,) = results_of([rule], an_item(deep=nest(levels)))

    assert "sessionId no_value" in codes_of(event.warnings)


@pytest.mark.parametrize("text", ["x" * 5_000_000, "é" * 5_000_000, "<" * 5_000_000])
def test_a_huge_text_is_cut_when_sent_and_has_no_value_as_an_argument(text):
    rule = a_rule_mapping({"sessionId": "{{ item.long }}", "device": "{{ strip_html(item.long) }}"})

    (event,) = results_of([rule], an_item(long=text))

    assert len(event.call.body["sessionId"]) == 1_000
    assert codes_of(event.warnings) == ["device no_value", "sessionId value_changed"]


@pytest.mark.parametrize("levels", [5_000, 100_000])
def test_a_deep_item_has_a_stable_id(levels):
    assert len({results_of([a_rule(when="item.x")], nest(levels))[0].event_id for _ in range(2)}) == 1


def test_the_items_of_one_receipt_share_a_work_limit():
    """Every item reads the whole body: no single item takes too many steps, but all together do."""
    rule = a_rule_mapping({"sessionId": "{{ body[?id == 'none'] | [0].id }}"})
    items = [an_item(id=str(index)) for index in range(2_500)]

    events = results_of([rule], items)

    assert events[0].call
    assert codes_of(events[-1].problems) == [" work_limit_exceeded"]


def test_an_expression_at_the_work_limit_takes_little_memory():
    expression = parse_expression("item.a[].{a: k, b: v, c: [k, v]}", path="here")
    item = {"a": long_list(STEPS_PER_EVENT)}
    tracemalloc.start()
    try:
        with pytest.raises(WorkLimitExceeded):
            expression.evaluate({"item": item}, StepCounter())
        expression.evaluate({"item": {"a": item["a"][: STEPS_PER_EVENT // 11]}}, StepCounter())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 64 * MEGABYTE


PIECES = st.sampled_from(
    [
        "item",
        "@",
        "a",
        "[]",
        "[*]",
        ".a",
        ".[@,@]",
        ".{x:@,y:a}",
        "|",
        "[?a]",
        ".*",
        "||",
        "to_string(@)",
        "keys(@)",
        "`1`",
        "'x'",
    ]
)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_any_text_parses_or_gives_problems_with_messages(text):
    parsed = parse_expression(text, path="here")

    if isinstance(parsed, list):
        assert all(problem.message for problem in parsed)
    else:
        assert count_copies(parsed.tree) <= COPIES_MAX


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["id", "at", "title", "email", "x"]), inner, max_size=5),
    max_leaves=20,
)  # fmt: skip


@given(JSON)
def test_every_item_of_any_payload_is_ready_filtered_or_dead(body):
    rule = a_rule_mapping(
        {
            "person": "{{ item.email || item }}",
            "customFields": "{{ item.x }}",
            "sessionId": "{{ lower(item.id) }}",
            "content": {
                "contentTitle": "{{ item.title }}",
                "contentLabel": "{{ item.x }}",
                "numericContentDetails": "{{ item.at }}",
            },
        },
        when="item.id || item",
    )

    for event in results_of([rule], body):
        assert (event.call is not None) is (event.status == "ready")
        assert event.event_id.startswith("site:")
