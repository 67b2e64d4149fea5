"""A hostile mapping is refused when it is loaded, and a hostile payload ends as a dead letter: neither can hold a worker up.

Work is counted, so the bounds here hold on any machine; what a step costs is for the benchmarks to say.
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
def test_an_expression_that_multiplies_its_input_is_refused(text):
    assert errors_of([a_rule(when=text)]) == [("rules[0].when", "too_many_copies")]


def deep(levels):
    value = "x"
    for _ in range(levels):
        value = {"a": value}
    return value


def long_list(length):
    return [{"k": str(place), "v": place} for place in range(length)]


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
def test_an_expression_on_a_payload_too_large_is_stopped(text, item):
    expression = parse_expression(text, path="here")

    with pytest.raises((WorkLimitExceeded, NoValue)):
        expression.evaluate({"item": item}, StepCounter())


@pytest.mark.parametrize(
    "leaf", ["{{ item.list[].[k, v, k, v] }}", "{{ custom_fields({a: item.list[].{x: k, y: v}}) }}"]
)
def test_an_event_that_needs_too_much_work_is_a_dead_letter_and_the_next_one_is_not(leaf):
    rule = a_rule_mapping({"customFields": leaf})

    dead, ready = results_of([rule], [an_item(list=long_list(100_000)), an_item()])

    assert codes_of(dead.problems) == [" work_limit_exceeded"]
    assert (dead.rule, ready.problems) == ("viewed", ())


@pytest.mark.parametrize("levels", [70, 5_000, 100_000])
def test_a_payload_of_any_depth_ends_as_a_letter(levels):
    rule = a_rule_mapping({"sessionId": "{{ item.deep }}", "customFields": "{{ custom_fields(item) }}"})

    (event,) = results_of([rule], an_item(deep=deep(levels)))

    assert "sessionId no_value" in codes_of(event.warnings)


@pytest.mark.parametrize("text", ["x" * 5_000_000, "é" * 5_000_000, "<" * 5_000_000])
def test_an_endless_text_is_cut_where_it_is_sent_and_missing_where_it_is_worked_on(text):
    rule = a_rule_mapping({"sessionId": "{{ item.long }}", "device": "{{ strip_html(item.long) }}"})

    (event,) = results_of([rule], an_item(long=text))

    assert len(event.call.body["sessionId"]) == 1_000
    assert codes_of(event.warnings) == ["device no_value", "sessionId value_changed"]


@pytest.mark.parametrize("levels", [5_000, 100_000])
def test_a_deep_item_without_an_id_still_has_one(levels):
    assert len({results_of([a_rule(when="item.x")], deep(levels))[0].event_id for _ in range(2)}) == 1


def test_a_whole_receipt_has_bounds_too():
    """Each of many items that looks at the whole body: no one is too much, all of them are."""
    rule = a_rule_mapping({"sessionId": "{{ body[?id == 'none'] | [0].id }}"})
    items = [an_item(id=str(place)) for place in range(2_500)]

    events = results_of([rule], items)

    assert events[0].call
    assert codes_of(events[-1].problems) == [" work_limit_exceeded"]


def test_memory_stays_small_however_the_work_is_spent():
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
def test_any_text_is_an_expression_or_a_list_of_problems(text):
    read = parse_expression(text, path="here")

    if isinstance(read, list):
        assert all(problem.message for problem in read)
    else:
        assert count_copies(read.tree) <= COPIES_MAX


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["id", "at", "title", "email", "x"]), inner, max_size=5),
    max_leaves=20,
)  # fmt: skip


@given(JSON)
def test_whatever_a_payload_holds_every_item_is_ready_filtered_or_dead(body):
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
