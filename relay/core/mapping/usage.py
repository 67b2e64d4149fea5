"""Finds the payload paths that expressions read, and the fields of a payload that no expression reads.

Paths consist of names only: `item.signers[0].email` and `item.signers[].email` both read `item.signers.email`.
"""

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from relay.core.mapping.expressions import Expression, Node

Path: TypeAlias = tuple[str, ...]
Paths: TypeAlias = frozenset[Path]

ANY_NAME = "*"
"""Stands for every name, after an expression that takes all values of an object."""

_ROOT: Paths = frozenset({()})
_NO_PATHS: Paths = frozenset()
_CHAIN_TYPES = ("subexpression", "index_expression", "pipe", "projection")
# Elements of a list have the list's own path.
_SAME_PATH_TYPES = ("current", "identity", "index", "slice")
_FIELDS_MAX = 2_000


def list_read_paths(expressions: Iterable[Expression]) -> Paths:
    """Return every path that one of the expressions reads, such as `("item", "lead", "email")`."""
    read: set[Path] = set()
    for expression in expressions:
        read |= _walk(expression.tree, _ROOT, read)
    return frozenset(path for path in read if path)


def list_unused_paths(item: Any, root: str, read: Paths) -> tuple[str, ...]:
    """Return the fields of an item that are not in `read`, sorted, as `item.lead.id`.

    All elements of a list count as one field. `root` is the name that the paths start with.
    """
    unused = {
        path
        for path in _walk_fields(item, (root,))
        if not any(_covers(read_path, path) for read_path in read)
    }
    return tuple(sorted(".".join(path) for path in unused))


def _covers(read_path: Path, field_path: Path) -> bool:
    # Reading an object reads everything in it.
    return len(read_path) <= len(field_path) and all(
        read_name in (ANY_NAME, name) for read_name, name in zip(read_path, field_path, strict=False)
    )


def _walk_fields(item: Any, root: Path) -> Iterator[Path]:
    stack: list[tuple[Path, Any]] = [(root, item)]
    # Bounded, because a preview also runs on payloads that strangers posted.
    for _ in range(_FIELDS_MAX):
        if not stack:
            return
        path, value = stack.pop()
        if isinstance(value, dict):
            stack.extend(((*path, key), child) for key, child in value.items())
        elif isinstance(value, list):
            stack.extend((path, child) for child in value)
        elif value is not None:
            yield path


def _walk(node: Node, bases: Paths, read: set[Path]) -> Paths:
    """Return the paths that a node's value comes from, given those of its input.

    Adds to `read` the paths that are only tested on the way, such as the condition of a filter.
    """
    type_, children = node["type"], node["children"]
    if type_ == "field":
        return frozenset((*base, node["value"]) for base in bases)
    if type_ in _SAME_PATH_TYPES:
        return bases
    if type_ in _CHAIN_TYPES:
        for child in children:
            bases = _walk(child, bases, read)
        return bases
    if type_ == "value_projection":
        members = frozenset((*base, ANY_NAME) for base in _walk(children[0], bases, read))
        return _walk(children[1], members, read)
    if type_ == "filter_projection":
        elements = _walk(children[0], bases, read)
        read |= _walk(children[2], elements, read)
        return _walk(children[1], elements, read)
    if type_ == "function_expression":
        return _walk_call(children, bases, read)
    return _NO_PATHS.union(*(_walk(child, bases, read) for child in children))


def _walk_call(arguments: list[Node], bases: Paths, read: set[Path]) -> Paths:
    values = [argument for argument in arguments if argument["type"] != "expref"]
    value_paths = _NO_PATHS.union(*(_walk(argument, bases, read) for argument in values))
    for argument in arguments:
        if argument["type"] == "expref":
            # The function applies an `&expression` to the elements of its other arguments.
            read |= _walk(argument["children"][0], value_paths, read)
    return value_paths
