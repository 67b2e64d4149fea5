"""Which parts of a payload the expressions of a rule look at, found by reading them: the rest is what a mapping leaves unused.

Paths are names only: `item.signers[0].email` and `item.signers[].email` both read `item.signers.email`.
"""

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from relay.core.mapping.expressions import Expression, Node

Path: TypeAlias = tuple[str, ...]
Paths: TypeAlias = frozenset[Path]

ANY = "*"
"""Stands for every name, where an expression takes all values of an object."""

_ROOT: Paths = frozenset({()})
_NOTHING: Paths = frozenset()
_CHAINS = ("subexpression", "index_expression", "pipe", "projection")
_SAME = ("current", "identity", "index", "slice")
_LEAVES_MAX = 2_000


def list_read_paths(expressions: Iterable[Expression]) -> Paths:
    """Every path that one of the expressions reads, from the names that it starts from."""
    seen: set[Path] = set()
    for expression in expressions:
        seen |= _walk(expression.tree, _ROOT, seen)
    return frozenset(path for path in seen if path)


def list_unused_paths(item: Any, root: str, read: Paths) -> tuple[str, ...]:
    """The leaves of an item that nothing reads, as `item.lead.id`: once for all elements of a list, and sorted."""
    found = {path for path in _leaves(item, (root,)) if not any(_covers(each, path) for each in read)}
    return tuple(sorted(".".join(path) for path in found))


def _covers(read: Path, leaf: Path) -> bool:
    """A path covers everything below it."""
    return len(read) <= len(leaf) and all(one in (ANY, other) for one, other in zip(read, leaf, strict=False))


def _leaves(item: Any, root: Path) -> Iterator[Path]:
    left: list[tuple[Path, Any]] = [(root, item)]
    for _ in range(_LEAVES_MAX):
        if not left:
            return
        path, value = left.pop()
        if isinstance(value, dict):
            left.extend(((*path, key), inner) for key, inner in value.items())
        elif isinstance(value, list):
            left.extend((path, inner) for inner in value)
        elif value is not None:
            yield path


def _walk(node: Node, bases: Paths, seen: set[Path]) -> Paths:
    """Where a node leads from `bases`. What is only looked at on the way goes to `seen`."""
    kind, children = node["type"], node["children"]
    if kind == "field":
        return frozenset((*base, node["value"]) for base in bases)
    if kind in _SAME:
        return bases
    if kind in _CHAINS:
        for child in children:
            bases = _walk(child, bases, seen)
        return bases
    if kind == "value_projection":
        every = frozenset((*base, ANY) for base in _walk(children[0], bases, seen))
        return _walk(children[1], every, seen)
    if kind == "filter_projection":
        elements = _walk(children[0], bases, seen)
        seen |= _walk(children[2], elements, seen)
        return _walk(children[1], elements, seen)
    if kind == "function_expression":
        return _of_call(children, bases, seen)
    return _NOTHING.union(*(_walk(child, bases, seen) for child in children))


def _of_call(arguments: list[Node], bases: Paths, seen: set[Path]) -> Paths:
    """An `&expression` starts from the elements of the other arguments."""
    plain = [each for each in arguments if each["type"] != "expref"]
    given = _NOTHING.union(*(_walk(each, bases, seen) for each in plain))
    for each in arguments:
        if each["type"] == "expref":
            seen |= _walk(each["children"][0], given, seen)
    return given
