"""Values of expressions and templates, by example and against the jmespath library."""

import jmespath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.mapping.lint_expression import parse_expression
from relay.core.mapping.templates import Template, parse_template
from relay.core.mapping.work_limit import StepCounter

ITEM = {
    "zero": 0,
    "no": False,
    "empty": "",
    "name": "Jane",
    "big": 9007199254740993,
    "lead": {"email": "jane@globex.example", "tags": ["a", "b"], "first name": "J", "items": "a key"},
    "rows": [{"n": 2, "k": "x"}, {"n": 1, "k": "y"}, {"k": None}],
    "nested": [[1, 2], [3]],
    "title": "{{ item.name }}",
}


def value_of(text, item=ITEM):
    expression = parse_expression(text, path="here")
    assert not isinstance(expression, list), expression
    return expression.evaluate({"item": item}, StepCounter())


def fill(text, item=ITEM):
    template = parse_template(text, path="here")
    if isinstance(template, str):
        return template
    assert isinstance(template, Template), template
    return template.evaluate({"item": item}, StepCounter())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("item.lead.email", "jane@globex.example"),
        ('item.lead."first name"', "J"),
        ("item.lead.items", "a key"),
        ("item.none.of.this", None),
        ("item.name.email", None),
        ("item.big", 9007199254740993),
        ("item.zero || `9`", 0),
        ("item.no || 'x'", "x"),
        ("item.empty || item.none || 'Untitled'", "Untitled"),
        ("item.rows[0].k", "x"),
        ("item.rows[-3].k", "x"),
        ("item.rows[9]", None),
        ("item.rows[].k", ["x", "y"]),
        ("item.rows[*].n", [2, 1]),
        ("item.rows[?n > `1`].k | [0]", "x"),
        ("item.rows[?k == 'y'].{v: n, w: k}", [{"v": 1, "w": "y"}]),
        ("item.rows[1:].k", ["y"]),
        ("item.nested[]", [1, 2, 3]),
        ("item.lead.*", ["jane@globex.example", ["a", "b"], "J", "a key"]),
        ("item.zero == `0` && item.name != 'Bob'", True),
        ("item.no == `0`", False),
        ("!(item.none) && !(item.empty)", True),
        ("!(item.zero)", False),
        ("item.name < `3`", None),
        ("'a' < 'b'", True),
        ('item.lead.tags == `["a", "b"]`', True),
        ("sort_by(item.rows[?n], &n)[0].k", "y"),
        ("item.[name, zero]", ["Jane", 0]),
    ],
)
def test_an_expression_has_this_value_and_type(text, value):
    result = value_of(text)

    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("{{ item.zero }}", 0),
        ("{{item.lead.tags}}", ["a", "b"]),
        ("Hello {{ item.name }}!", "Hello Jane!"),
        ("{{ item.name }} {{ item.zero }} {{ item.no }}", "Jane 0 false"),
        ("Hello {{ item.none }}", None),
        ("Hello {{ item.empty }}", None),
        ("{{ {a: {b: item.zero}} }}", {"a": {"b": 0}}),
        ("{{ {a: item.zero}}}", {"a": 0}),
        ("{{ 'a }} b' }}", "a }} b"),
        ("{{ item.title }}", "{{ item.name }}"),
        ("a }} b", "a }} b"),
    ],
)
def test_a_single_expression_keeps_its_type_and_becomes_text_inside_text(text, value):
    assert fill(text) == value


@pytest.mark.parametrize("text", ["{{ item.name", "{{ item.name }", "{{ 'a }}", "a {{", "{{ item.name } }"])
def test_an_unclosed_brace_is_an_error(text):
    problems = parse_template(text, path="here")

    assert isinstance(problems, list)
    assert problems[0].path == "here"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)
STANDARD_EXPRESSIONS = [
    "item.a", "item.a.b", "item.a[0]", "item.a[].b", "item.a[*].b[]", "item.*.b", "item.a[?b].c", "item.a[?b == c]",
    "item.a | [0]", "item.a[1:]", "item.{x: a, y: b.c}", "item.[a, b]", "item.a || item.b", "item.a && item.b",
    "!(item.a)", "item.a == item.b", "item.a[::-1]", "item.a[?!b].c | [-1]", "[item.a, item.b][]",
]  # fmt: skip


@given(st.sampled_from(STANDARD_EXPRESSIONS), JSON)
def test_standard_jmespath_gives_the_librarys_result(text, item):
    assert value_of(text, item) == jmespath.search(text, {"item": item})
