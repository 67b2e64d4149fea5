"""Finds the error codes in the source code. Programs rely on them, so each must be documented."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from relay.core import errors
from tests.truth.project import name_of, python_files

STATUSES = {
    name: int(kind.status)
    for name, kind in vars(errors).items()
    if isinstance(kind, type)
    and issubclass(kind, errors.RelayError)
    and kind not in {errors.RelayError, errors.ValidationFailed}
}
"""The HTTP status of every exception that gets its code where it is raised."""

_POSITIONS = dict.fromkeys(STATUSES, 0) | {"Problem": 1, "problem": 1, "NoResponse": 0, "Failed": 2}


@dataclass(frozen=True, slots=True)
class UsedCode:
    """An error code in a call of `by`, a class or function, at `where` (file and line)."""

    code: str
    by: str
    where: str


def find_codes() -> list[UsedCode]:
    """Return every literal code in the relay and its workers. The sandbox has only Gong's messages."""
    paths = [path for path in python_files("relay", "workers") if "sandbox" not in path.parts]
    return [error for path in paths for error in _codes_in_file(path)]


def _codes_in_file(path: Path) -> Iterator[UsedCode]:
    tree = ast.parse(path.read_text("utf-8"))
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        if name not in _POSITIONS:
            continue
        where = f"{name_of(path)}:{call.lineno}"
        for code in call.args[_POSITIONS[name] :][:1] + [
            kw.value for kw in call.keywords if kw.arg == "code"
        ]:
            yield from (UsedCode(text, name, where) for text in _literals(code, tree))


def _literals(node: ast.expr, tree: ast.AST) -> Iterator[str]:
    """Yield the strings that an expression can be: a literal, both sides of a conditional, or assigned values."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp():
            yield from _literals(node.body, tree)
            yield from _literals(node.orelse, tree)
        case ast.Name():
            for statement in ast.walk(tree):
                if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == node.id:
                    yield from _literals(statement.value, tree)
