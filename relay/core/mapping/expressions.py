"""Compiles JMESPath expressions into closures that count their steps.

The jmespath library parses them. Its interpreter is slower, counts no steps, and reports an unknown function only when
the expression runs.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import ge, gt, le, lt
from typing import Any, TypeAlias

from relay.core.mapping.functions.index import FUNCTIONS
from relay.core.mapping.functions.registry import ElementFunction
from relay.core.mapping.scalars import is_true
from relay.core.mapping.work_limit import StepCounter

Node: TypeAlias = Mapping[str, Any]
"""A node of JMESPath's syntax tree: `type`, `children` and, for some types, `value`."""
Evaluator: TypeAlias = Callable[[Any, StepCounter], Any]

_ORDERINGS: Mapping[str, Callable[[Any, Any], bool]] = {"lt": lt, "gt": gt, "lte": le, "gte": ge}


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression."""

    text: str
    tree: Node
    evaluate: Evaluator
    """`evaluate(scope, counter)` returns the value. Raises NoValue and WorkLimitExceeded, and nothing else."""


def walk_nodes(tree: Node) -> Iterator[Node]:
    """Yield every node of a tree."""
    yield tree
    for child in tree["children"]:
        if isinstance(child, Mapping):  # a slice has numbers for children
            yield from walk_nodes(child)


def compile_expression(text: str, tree: Node) -> Expression:
    """Compile a parsed expression whose functions have been checked: an unknown function is a KeyError here."""
    return Expression(text, tree, _compile_node(tree))


def _compile_node(node: Node) -> Evaluator:
    return _COMPILERS[node["type"]](node)


def _compile_children(node: Node) -> list[Evaluator]:
    return [_compile_node(child) for child in node["children"]]


def _compile_field(node: Node) -> Evaluator:
    name = node["value"]
    return lambda value, _: value.get(name) if isinstance(value, dict) else None


def _compile_chain(node: Node) -> Evaluator:
    # Most expressions are a plain path such as `item.lead.email`: one loop is faster than a closure for each name.
    if all(child["type"] == "field" for child in node["children"]):
        return _compile_field_path(tuple(child["value"] for child in node["children"]))
    steps = _compile_children(node)

    def evaluate(value: Any, counter: StepCounter) -> Any:
        for step in steps:
            value = step(value, counter)
        return value

    return evaluate


def _compile_field_path(names: tuple[str, ...]) -> Evaluator:
    def evaluate(value: Any, _counter: StepCounter) -> Any:
        for name in names:
            if not isinstance(value, dict):
                return None
            value = value.get(name)
        return value

    return evaluate


def _compile_identity(_node: Node) -> Evaluator:
    return lambda value, _: value


def _compile_literal(node: Node) -> Evaluator:
    constant = node["value"]
    return lambda _value, _counter: constant


def _compile_index(node: Node) -> Evaluator:
    index = node["value"]

    def evaluate(value: Any, _counter: StepCounter) -> Any:
        if isinstance(value, list) and -len(value) <= index < len(value):
            return value[index]
        return None

    return evaluate


def _compile_slice(node: Node) -> Evaluator:
    part = slice(*node["children"])

    def evaluate(value: Any, counter: StepCounter) -> Any:
        if not isinstance(value, list):
            return None
        counter.count(len(value))
        return value[part]

    return evaluate


def _compile_flatten(node: Node) -> Evaluator:
    (base,) = _compile_children(node)

    def evaluate(value: Any, counter: StepCounter) -> Any:
        outer = base(value, counter)
        if not isinstance(outer, list):
            return None
        # Counted before the list is built: the payload decides how long it gets.
        counter.count(sum(len(inner) if isinstance(inner, list) else 1 for inner in outer))
        return [item for inner in outer for item in (inner if isinstance(inner, list) else (inner,))]

    return evaluate


def _compile_projection(node: Node) -> Evaluator:
    base, right = _compile_children(node)
    weight = _count_steps(node["children"][1])

    def evaluate(value: Any, counter: StepCounter) -> Any:
        elements = base(value, counter)
        if not isinstance(elements, list):
            return None
        counter.count(len(elements) * weight)
        # JMESPath leaves null out of every projection.
        return [result for element in elements if (result := right(element, counter)) is not None]

    return evaluate


def _compile_value_projection(node: Node) -> Evaluator:
    base, right = _compile_children(node)
    weight = _count_steps(node["children"][1])

    def evaluate(value: Any, counter: StepCounter) -> Any:
        members = base(value, counter)
        if not isinstance(members, dict):
            return None
        counter.count(len(members) * weight)
        return [result for member in members.values() if (result := right(member, counter)) is not None]

    return evaluate


def _compile_filter_projection(node: Node) -> Evaluator:
    base, right, condition = _compile_children(node)
    weight = _count_steps(node["children"][1]) + _count_steps(node["children"][2])

    def evaluate(value: Any, counter: StepCounter) -> Any:
        elements = base(value, counter)
        if not isinstance(elements, list):
            return None
        counter.count(len(elements) * weight)
        matches = (element for element in elements if is_true(condition(element, counter)))
        return [result for element in matches if (result := right(element, counter)) is not None]

    return evaluate


def _compile_multi_list(node: Node) -> Evaluator:
    parts = _compile_children(node)
    # In JMESPath a multi-select of null is null, not a list of nulls.
    return lambda value, counter: None if value is None else [part(value, counter) for part in parts]


def _compile_multi_dict(node: Node) -> Evaluator:
    parts = [(pair["value"], _compile_node(pair["children"][0])) for pair in node["children"]]
    return lambda value, counter: (
        None if value is None else {key: part(value, counter) for key, part in parts}
    )


def _compile_or(node: Node) -> Evaluator:
    left, right = _compile_children(node)

    def evaluate(value: Any, counter: StepCounter) -> Any:
        result = left(value, counter)
        return result if is_true(result) else right(value, counter)

    return evaluate


def _compile_and(node: Node) -> Evaluator:
    left, right = _compile_children(node)

    def evaluate(value: Any, counter: StepCounter) -> Any:
        result = left(value, counter)
        return right(value, counter) if is_true(result) else result

    return evaluate


def _compile_not(node: Node) -> Evaluator:
    (operand,) = _compile_children(node)
    # Negates JMESPath's notion of truth, not Python's: 0 is true.
    return lambda value, counter: not is_true(operand(value, counter))


def _compile_comparator(node: Node) -> Evaluator:
    left, right = _compile_children(node)
    name = node["value"]
    if name in _ORDERINGS:
        ordering = _ORDERINGS[name]
        return lambda value, counter: _compare_order(left(value, counter), right(value, counter), ordering)
    expected = name == "eq"  # the only other comparator is `ne`
    return lambda value, counter: _are_equal(left(value, counter), right(value, counter), counter) is expected


def _compare_order(left: Any, right: Any, ordering: Callable[[Any, Any], bool]) -> bool | None:
    """Compare two numbers or two strings. Anything else is null."""
    # JMESPath orders only numbers. Text is ordered here for ISO dates, which sort as text.
    both_text = isinstance(left, str) and isinstance(right, str)
    return ordering(left, right) if both_text or (_is_number(left) and _is_number(right)) else None


def _are_equal(left: Any, right: Any, counter: StepCounter) -> bool:
    if isinstance(left, list | dict) and isinstance(right, list | dict):
        counter.count_contents(left)
        counter.count_contents(right)
    if isinstance(left, bool) is not isinstance(right, bool):  # in Python 1 == True, in JSON it is not
        return False
    return bool(left == right)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _compile_call(node: Node) -> Evaluator:
    function = FUNCTIONS[node["value"]]
    arguments = _compile_children(node)
    # Arguments are evaluated before the call: `if()` and `default()` take the steps of both branches.
    return lambda value, counter: function.call([argument(value, counter) for argument in arguments], counter)


def _compile_expression_argument(node: Node) -> Evaluator:
    """Compile `&expression`, which a function applies to each element of a list."""
    (inner,) = _compile_children(node)
    weight = _count_steps(node)

    def evaluate(_value: Any, counter: StepCounter) -> ElementFunction:
        def apply(element: Any) -> Any:
            counter.count(weight)
            return inner(element, counter)

        return apply

    return evaluate


def _count_steps(node: Node) -> int:
    """Return the steps that one evaluation of the node costs: one for each node of its tree."""
    return sum(1 for _ in walk_nodes(node))


# By the type names of jmespath's parser.
_COMPILERS: Mapping[str, Callable[[Node], Evaluator]] = {
    "field": _compile_field,
    "subexpression": _compile_chain,
    "index_expression": _compile_chain,
    "pipe": _compile_chain,
    "current": _compile_identity,
    "identity": _compile_identity,
    "literal": _compile_literal,
    "index": _compile_index,
    "slice": _compile_slice,
    "flatten": _compile_flatten,
    "projection": _compile_projection,
    "value_projection": _compile_value_projection,
    "filter_projection": _compile_filter_projection,
    "multi_select_list": _compile_multi_list,
    "multi_select_dict": _compile_multi_dict,
    "or_expression": _compile_or,
    "and_expression": _compile_and,
    "not_expression": _compile_not,
    "comparator": _compile_comparator,
    "function_expression": _compile_call,
    "expref": _compile_expression_argument,
}
