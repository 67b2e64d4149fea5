"""Expressions of the mapping language: JMESPath, read by its own parser and run by closures that count their work.

The library's interpreter would do, but for its speed, for the work it does not count, and for a function it does
not know, which it notices only at run time.
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
"""One node of JMESPath's tree: `type`, `children`, and for some a `value`."""
Evaluator: TypeAlias = Callable[[Any, StepCounter], Any]

_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {"lt": lt, "gt": gt, "lte": le, "gte": ge}


@dataclass(frozen=True, slots=True)
class Expression:
    """One expression, ready to run. `evaluate(scope, meter)` raises Unfit and Exceeded, and nothing else."""

    text: str
    tree: Node
    evaluate: Evaluator


def walk_nodes(tree: Node) -> Iterator[Node]:
    """Every node of a tree."""
    yield tree
    for child in tree["children"]:
        if isinstance(child, Mapping):  # a slice has numbers for children
            yield from walk_nodes(child)


def compile_expression(text: str, tree: Node) -> Expression:
    """An expression whose tree has been checked: every function in it is known."""
    return Expression(text, tree, _compiled(tree))


def _compiled(node: Node) -> Evaluator:
    return _COMPILERS[node["type"]](node)


def _children(node: Node) -> list[Evaluator]:
    return [_compiled(child) for child in node["children"]]


def _field(node: Node) -> Evaluator:
    name = node["value"]
    return lambda value, _: value.get(name) if isinstance(value, dict) else None


def _chain(node: Node) -> Evaluator:
    """`a.b.c` is what most leaves are: no closure for each of its names."""
    if all(child["type"] == "field" for child in node["children"]):
        return _path(tuple(child["value"] for child in node["children"]))
    steps = _children(node)

    def evaluate(value: Any, meter: StepCounter) -> Any:
        for step in steps:
            value = step(value, meter)
        return value

    return evaluate


def _path(names: tuple[str, ...]) -> Evaluator:
    def evaluate(value: Any, _meter: StepCounter) -> Any:
        for name in names:
            if not isinstance(value, dict):
                return None
            value = value.get(name)
        return value

    return evaluate


def _identity(_node: Node) -> Evaluator:
    return lambda value, _: value


def _literal(node: Node) -> Evaluator:
    constant = node["value"]
    return lambda _value, _meter: constant


def _index(node: Node) -> Evaluator:
    place = node["value"]

    def evaluate(value: Any, _meter: StepCounter) -> Any:
        if isinstance(value, list) and -len(value) <= place < len(value):
            return value[place]
        return None

    return evaluate


def _slice(node: Node) -> Evaluator:
    part = slice(*node["children"])

    def evaluate(value: Any, meter: StepCounter) -> Any:
        if not isinstance(value, list):
            return None
        meter.count(len(value))
        return value[part]

    return evaluate


def _flatten(node: Node) -> Evaluator:
    (base,) = _children(node)

    def evaluate(value: Any, meter: StepCounter) -> Any:
        outer = base(value, meter)
        if not isinstance(outer, list):
            return None
        meter.count(sum(len(inner) if isinstance(inner, list) else 1 for inner in outer))
        return [each for inner in outer for each in (inner if isinstance(inner, list) else (inner,))]

    return evaluate


def _projection(node: Node) -> Evaluator:
    base, right = _children(node)
    weight = _weight(node["children"][1])

    def evaluate(value: Any, meter: StepCounter) -> Any:
        elements = base(value, meter)
        if not isinstance(elements, list):
            return None
        meter.count(len(elements) * weight)
        return [found for each in elements if (found := right(each, meter)) is not None]

    return evaluate


def _value_projection(node: Node) -> Evaluator:
    base, right = _children(node)
    weight = _weight(node["children"][1])

    def evaluate(value: Any, meter: StepCounter) -> Any:
        of = base(value, meter)
        if not isinstance(of, dict):
            return None
        meter.count(len(of) * weight)
        return [found for each in of.values() if (found := right(each, meter)) is not None]

    return evaluate


def _filter_projection(node: Node) -> Evaluator:
    base, right, condition = _children(node)
    weight = _weight(node["children"][1]) + _weight(node["children"][2])

    def evaluate(value: Any, meter: StepCounter) -> Any:
        elements = base(value, meter)
        if not isinstance(elements, list):
            return None
        meter.count(len(elements) * weight)
        kept = (right(each, meter) for each in elements if is_true(condition(each, meter)))
        return [found for found in kept if found is not None]

    return evaluate


def _multi_list(node: Node) -> Evaluator:
    parts = _children(node)
    return lambda value, meter: None if value is None else [part(value, meter) for part in parts]


def _multi_dict(node: Node) -> Evaluator:
    parts = [(pair["value"], _compiled(pair["children"][0])) for pair in node["children"]]
    return lambda value, meter: None if value is None else {key: part(value, meter) for key, part in parts}


def _or(node: Node) -> Evaluator:
    left, right = _children(node)

    def evaluate(value: Any, meter: StepCounter) -> Any:
        found = left(value, meter)
        return found if is_true(found) else right(value, meter)

    return evaluate


def _and(node: Node) -> Evaluator:
    left, right = _children(node)

    def evaluate(value: Any, meter: StepCounter) -> Any:
        found = left(value, meter)
        return right(value, meter) if is_true(found) else found

    return evaluate


def _not(node: Node) -> Evaluator:
    (inner,) = _children(node)
    return lambda value, meter: not is_true(inner(value, meter))


def _comparator(node: Node) -> Evaluator:
    left, right = _children(node)
    name = node["value"]
    if name in _ORDERS:
        order = _ORDERS[name]
        return lambda value, meter: _ordered(left(value, meter), right(value, meter), order)
    wanted = name == "eq"
    return lambda value, meter: _equal(left(value, meter), right(value, meter), meter) is wanted


def _ordered(left: Any, right: Any, order: Callable[[Any, Any], bool]) -> bool | None:
    """Numbers with numbers, texts with texts (as ISO dates want it); anything else is null."""
    both_texts = isinstance(left, str) and isinstance(right, str)
    return order(left, right) if both_texts or (_is_number(left) and _is_number(right)) else None


def _equal(left: Any, right: Any, meter: StepCounter) -> bool:
    if isinstance(left, list | dict) and isinstance(right, list | dict):
        meter.count_contents(left)
        meter.count_contents(right)
    if isinstance(left, bool) is not isinstance(right, bool):  # Python holds 1 and true for equal
        return False
    return bool(left == right)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _call(node: Node) -> Evaluator:
    function = FUNCTIONS[node["value"]]
    arguments = _children(node)
    return lambda value, meter: function.call([each(value, meter) for each in arguments], meter)


def _each(node: Node) -> Evaluator:
    """`&expression`: it becomes a Python function of one element."""
    (inner,) = _children(node)
    weight = _weight(node)

    def evaluate(_value: Any, meter: StepCounter) -> ElementFunction:
        def each(element: Any) -> Any:
            meter.count(weight)
            return inner(element, meter)

        return each

    return evaluate


def _weight(node: Node) -> int:
    return sum(1 for _ in walk_nodes(node))


_COMPILERS: Mapping[str, Callable[[Node], Evaluator]] = {
    "field": _field,
    "subexpression": _chain,
    "index_expression": _chain,
    "pipe": _chain,
    "current": _identity,
    "identity": _identity,
    "literal": _literal,
    "index": _index,
    "slice": _slice,
    "flatten": _flatten,
    "projection": _projection,
    "value_projection": _value_projection,
    "filter_projection": _filter_projection,
    "multi_select_list": _multi_list,
    "multi_select_dict": _multi_dict,
    "or_expression": _or,
    "and_expression": _and,
    "not_expression": _not,
    "comparator": _comparator,
    "function_expression": _call,
    "expref": _each,
}
