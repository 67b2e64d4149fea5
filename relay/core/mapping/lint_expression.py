"""Checks on one expression before it may run: syntax, size, functions, names, and that it cannot multiply its input."""

import warnings
from collections.abc import Iterator

from jmespath.exceptions import JMESPathError, LexerError, ParseError
from jmespath.parser import Parser

from relay.core.errors import Problem
from relay.core.gong.base_schema import closest_name
from relay.core.gong.problems import printable_key
from relay.core.mapping.expressions import Expression, Node, compile_expression, walk_nodes
from relay.core.mapping.functions.index import FUNCTIONS
from relay.core.mapping.functions.registry import Function
from relay.core.mapping.problems import MappingErrorCode

SCOPE_NAMES = ("body", "item", "parent", "headers", "query", "source", "received_at")
"""The names that every expression starts from."""

LENGTH_MAX = 600
NODES_MAX = 120
COPIES_MAX = 256
"""Copies of its input that an expression may make. `[@,@]` chained 22 times makes four million; honest ones, tens."""

_LIST_STEPS = (
    "subexpression",
    "pipe",
    "index_expression",
    "projection",
    "value_projection",
    "filter_projection",
)
_CHOICES = ("or_expression", "and_expression")
_SUMS = ("multi_select_list", "multi_select_dict")
_PLAIN = ("literal", "comparator", "not_expression", "slice")


def parse_expression(text: str, *, path: str) -> Expression | list[Problem]:
    """The expression, or everything that is wrong with it."""
    if len(text) > LENGTH_MAX:
        message = f"has {len(text)} characters, and an expression at most {LENGTH_MAX}: split the rule"
        return [Problem(path, MappingErrorCode.TOO_LARGE, message)]
    try:
        tree = _parsed(text)
    except JMESPathError as error:
        return [Problem(path, MappingErrorCode.SYNTAX_ERROR, f"is not JMESPath: {_said(error, text)}")]
    except (RecursionError, Warning):
        message = "is not JMESPath: write text in single quotes, JSON in backticks, and nest less deep"
        return [Problem(path, MappingErrorCode.SYNTAX_ERROR, message)]
    if problems := list(_problems(tree, path)):
        return problems
    return compile_expression(text, tree)


def _parsed(text: str) -> Node:
    """The parser's one warning is about backticks round what is no JSON, which it reads as text: here a mistake."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return Parser().parse(text).parsed


def _said(error: JMESPathError, text: str) -> str:
    if isinstance(error, LexerError):
        return f"{error.message} at character {error.lexer_position + 1}"
    if isinstance(error, ParseError):
        if error.token_type in {"eof", None}:
            return f"it ends too early, after character {len(text)}"
        return (
            f"{printable_key(str(error.token_value))!r} is not expected at character {error.lex_position + 1}"
        )
    return "it is empty"


def _problems(tree: Node, path: str) -> Iterator[Problem]:
    count = sum(1 for _ in walk_nodes(tree))
    if count > NODES_MAX:
        message = f"has {count} parts, and an expression at most {NODES_MAX}: split the rule"
        yield Problem(path, MappingErrorCode.TOO_LARGE, message)
    elif (copies := count_copies(tree)) > COPIES_MAX:
        message = (
            f"may copy its input {copies} times, and at most {COPIES_MAX}: chain fewer [a, b] and {{a: b}}"
        )
        yield Problem(path, MappingErrorCode.TOO_MANY_COPIES, message)
    for node in walk_nodes(tree):
        if node["type"] == "function_expression":
            yield from _call_problems(node, path)
        if node["type"] in _LIST_STEPS and node["children"][0]["type"] == "not_expression":
            yield Problem(
                path,
                MappingErrorCode.SYNTAX_ERROR,
                "negates the first name alone: write !(item.a), with parentheses",
            )
    for name in sorted(_starts(tree) - set(SCOPE_NAMES)):
        yield Problem(
            path,
            MappingErrorCode.UNKNOWN_NAME,
            f"starts from {printable_key(name)}, which there is not{_advice(name)}",
        )


def _advice(name: str) -> str:
    near = closest_name(name, SCOPE_NAMES)
    return (
        f": did you mean {near}?"
        if near
        else f": start from item.{printable_key(name)}, body, headers or query"
    )


def _call_problems(node: Node, path: str) -> Iterator[Problem]:
    name = node["value"]
    function = FUNCTIONS.get(name)
    if function is None:
        near = closest_name(name, tuple(FUNCTIONS))
        question = f": did you mean {near}()?" if near else ""
        yield Problem(
            path, MappingErrorCode.UNKNOWN_FUNCTION, f"there is no function {printable_key(name)}(){question}"
        )
        return
    given = len(node["children"])
    if given < function.least or (function.most is not None and given > function.most):
        message = f"{name}() takes {_arity(function)}, and is given {given}"
        yield Problem(path, MappingErrorCode.INVALID_ARGUMENTS, message)
        return
    for place, child in enumerate(node["children"]):
        if function.kind(place).each is not (child["type"] == "expref"):
            wants = "&expression" if function.kind(place).each else "a value, not &expression,"
            yield Problem(
                path, MappingErrorCode.INVALID_ARGUMENTS, f"{name}() takes {wants} as argument {place + 1}"
            )


def _arity(function: Function) -> str:
    if function.most is None:
        return f"{function.least or 1} arguments or more"
    if function.least == function.most:
        return f"{function.most} argument{'' if function.most == 1 else 's'}"
    return f"{function.least} to {function.most} arguments"


def count_copies(node: Node) -> int:
    """How many copies of its input a tree can make: along a chain they multiply, side by side they add up."""
    kind, children = node["type"], node["children"]
    if kind in _PLAIN:
        return 0 if kind == "literal" else 1
    if kind == "function_expression":
        return _growth_of_call(children)
    if kind in _SUMS:
        return max(1, sum(count_copies(child) for child in children))
    if kind in _CHOICES:
        return max(count_copies(child) for child in children)
    if kind in _LIST_STEPS:
        first, second = count_copies(children[0]), count_copies(children[1])
        product = max(1, first) * max(1, second)
        for child in children[2:]:  # more of a chain; the condition of a filter only chooses
            product *= 1 if kind == "filter_projection" else max(1, count_copies(child))
        return product
    return max([1, *(count_copies(child) for child in children)])


def _growth_of_call(arguments: list[Node]) -> int:
    """What an `&expression` makes, it makes of each element of the rest."""
    product = max(1, sum(count_copies(each) for each in arguments if each["type"] != "expref"))
    for each in arguments:
        product *= max(1, count_copies(each)) if each["type"] == "expref" else 1
    return product


def _starts(node: Node) -> set[str]:
    """The names that are looked up in the scope itself."""
    kind, children = node["type"], node["children"]
    if kind == "field":
        return {node["value"]}
    if kind in {*_LIST_STEPS, "flatten"}:
        return _starts(children[0])
    if kind in {"expref", "slice"}:
        return set()
    return {name for child in children for name in _starts(child)}
