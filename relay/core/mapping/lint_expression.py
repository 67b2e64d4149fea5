"""Parses an expression and checks it before it may run: syntax, size, functions, names, and copies of its input."""

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
"""The names that an expression can start with."""

LENGTH_MAX = 600
NODES_MAX = 120
COPIES_MAX = 256
"""Copies of its input that an expression may make.

Useful expressions make a few dozen. `[@,@]` chained 22 times makes four million.
"""

_CHAIN_TYPES = (
    "subexpression",
    "pipe",
    "index_expression",
    "projection",
    "value_projection",
    "filter_projection",
)
_CHOICE_TYPES = ("or_expression", "and_expression")
_COLLECTION_TYPES = ("multi_select_list", "multi_select_dict")
_NO_COPY_TYPES = ("literal", "comparator", "not_expression", "slice")


def parse_expression(text: str, *, path: str) -> Expression | list[Problem]:
    """Return the compiled expression, or every problem in it. `path` is where the configuration has it."""
    if len(text) > LENGTH_MAX:
        message = f"has {len(text)} characters; the limit for an expression is {LENGTH_MAX}: split the rule"
        return [Problem(path, MappingErrorCode.TOO_LARGE, message)]
    try:
        tree = _parse_jmespath(text)
    except JMESPathError as error:
        message = f"is not JMESPath: {_describe_syntax_error(error, text)}"
        return [Problem(path, MappingErrorCode.SYNTAX_ERROR, message)]
    except (RecursionError, Warning):
        message = "is not JMESPath: put text in single quotes and JSON in backticks, and nest less deeply"
        return [Problem(path, MappingErrorCode.SYNTAX_ERROR, message)]
    if problems := list(_lint(tree, path)):
        return problems
    return compile_expression(text, tree)


def _parse_jmespath(text: str) -> Node:
    # The parser only warns about backticks around anything but JSON, and reads it as text. Here that is an error,
    # because text belongs in single quotes.
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return Parser().parse(text).parsed


def _describe_syntax_error(error: JMESPathError, text: str) -> str:
    if isinstance(error, LexerError):
        return f"{error.message} at character {error.lexer_position + 1}"
    if isinstance(error, ParseError):
        if error.token_type in {"eof", None}:
            return f"it ends too early, after character {len(text)}"
        token = printable_key(str(error.token_value))
        return f"unexpected {token!r} at character {error.lex_position + 1}"
    return "it is empty"


def _lint(tree: Node, path: str) -> Iterator[Problem]:
    count = sum(1 for _ in walk_nodes(tree))
    if count > NODES_MAX:
        message = f"has {count} parts; the limit for an expression is {NODES_MAX}: split the rule"
        yield Problem(path, MappingErrorCode.TOO_LARGE, message)
    elif (copies := count_copies(tree)) > COPIES_MAX:
        message = (
            f"can copy its input {copies} times; the limit is {COPIES_MAX}: chain fewer [a, b] and {{a: b}}"
        )
        yield Problem(path, MappingErrorCode.TOO_MANY_COPIES, message)
    for node in walk_nodes(tree):
        if node["type"] == "function_expression":
            yield from _lint_call(node, path)
        if node["type"] in _CHAIN_TYPES and node["children"][0]["type"] == "not_expression":
            # JMESPath reads `!item.a` as `(!item).a`, which is always null.
            message = "negates only the first name: write !(item.a), with parentheses"
            yield Problem(path, MappingErrorCode.SYNTAX_ERROR, message)
    for name in sorted(_find_start_names(tree) - set(SCOPE_NAMES)):
        message = f"starts with the unknown name {printable_key(name)}{_suggest_start(name)}"
        yield Problem(path, MappingErrorCode.UNKNOWN_NAME, message)


def _suggest_start(name: str) -> str:
    near = closest_name(name, SCOPE_NAMES)
    if near:
        return f": did you mean {near}?"
    return f": start with item.{printable_key(name)}, body, headers or query"


def _lint_call(node: Node, path: str) -> Iterator[Problem]:
    name = node["value"]
    function = FUNCTIONS.get(name)
    if function is None:
        near = closest_name(name, tuple(FUNCTIONS))
        question = f": did you mean {near}()?" if near else ""
        message = f"there is no function {printable_key(name)}(){question}"
        yield Problem(path, MappingErrorCode.UNKNOWN_FUNCTION, message)
        return
    count, most = len(node["children"]), function.max_arguments
    if count < function.min_arguments or (most is not None and count > most):
        message = f"{name}() takes {_describe_arity(function)}, not {count}"
        yield Problem(path, MappingErrorCode.INVALID_ARGUMENTS, message)
        return
    for index, child in enumerate(node["children"]):
        is_expression = function.parameter_at(index).is_expression
        if is_expression is not (child["type"] == "expref"):
            kind = "&expression" if is_expression else "a value, not &expression,"
            message = f"{name}() takes {kind} as argument {index + 1}"
            yield Problem(path, MappingErrorCode.INVALID_ARGUMENTS, message)


def _describe_arity(function: Function) -> str:
    least, most = function.min_arguments, function.max_arguments
    if most is None:
        return f"{least or 1} or more arguments"
    if least == most:
        return f"{most} argument{'' if most == 1 else 's'}"
    return f"{least} to {most} arguments"


def count_copies(node: Node) -> int:
    """Return how many copies of its input an expression can make at most.

    Along a chain the copies multiply; side by side, as in `[a, b]`, they add up.
    """
    type_, children = node["type"], node["children"]
    if type_ in _NO_COPY_TYPES:
        # A literal copies nothing of the input, and the others return one value or a part of it.
        return 0 if type_ == "literal" else 1
    if type_ == "function_expression":
        return _count_copies_of_call(children)
    if type_ in _COLLECTION_TYPES:
        return max(1, sum(count_copies(child) for child in children))
    if type_ in _CHOICE_TYPES:
        return max(count_copies(child) for child in children)
    if type_ in _CHAIN_TYPES:
        first, second = count_copies(children[0]), count_copies(children[1])
        product = max(1, first) * max(1, second)
        for child in children[2:]:
            # The third child of a filter is its condition, which copies nothing into the result.
            product *= 1 if type_ == "filter_projection" else max(1, count_copies(child))
        return product
    return max([1, *(count_copies(child) for child in children)])


def _count_copies_of_call(arguments: list[Node]) -> int:
    product = max(1, sum(count_copies(argument) for argument in arguments if argument["type"] != "expref"))
    for argument in arguments:
        # A function applies an `&expression` to each element of its other arguments.
        product *= max(1, count_copies(argument)) if argument["type"] == "expref" else 1
    return product


def _find_start_names(node: Node) -> set[str]:
    """Return the names that the expression looks up in the scope itself."""
    type_, children = node["type"], node["children"]
    if type_ == "field":
        return {node["value"]}
    if type_ in {*_CHAIN_TYPES, "flatten"}:
        # What follows the first link of a chain is looked up in that link's value.
        return _find_start_names(children[0])
    if type_ in {"expref", "slice"}:
        return set()
    return {name for child in children for name in _find_start_names(child)}
