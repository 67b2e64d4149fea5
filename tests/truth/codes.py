"""The codes that the code raises, found by reading it: programs rely on them, so each has its place in the docs."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from relay.core import errors
from tests.truth.project import name_of, python_files

ANSWERS = {
    name: int(kind.status)
    for name, kind in vars(errors).items()
    if isinstance(kind, type)
    and issubclass(kind, errors.RelayError)
    and kind not in {errors.RelayError, errors.ValidationFailed}
}
"""Every error that takes its code where it is raised, with the status it is answered by."""

_PLACES = dict.fromkeys(ANSWERS, 0) | {"Problem": 1, "problem": 1, "NoResponse": 0, "Failed": 2}


@dataclass(frozen=True, slots=True)
class Raised:
    """One code, who carries it (the name of a class or function), and where that stands."""

    code: str
    by: str
    where: str


def raised() -> list[Raised]:
    """Every code spelt out in the relay and its workers. The sandbox speaks in Gong's words and has none."""
    paths = [path for path in python_files("relay", "workers") if "sandbox" not in path.parts]
    return [found for path in paths for found in _of_file(path)]


def _of_file(path: Path) -> Iterator[Raised]:
    tree = ast.parse(path.read_text("utf-8"))
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        if name not in _PLACES:
            continue
        where = f"{name_of(path)}:{call.lineno}"
        for code in call.args[_PLACES[name] :][:1] + [kw.value for kw in call.keywords if kw.arg == "code"]:
            yield from (Raised(text, name, where) for text in _texts(code, tree))


def _texts(node: ast.expr, tree: ast.AST) -> Iterator[str]:
    """The texts that an expression may be: itself, either side of a choice, or what its name was given."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp():
            yield from _texts(node.body, tree)
            yield from _texts(node.orelse, tree)
        case ast.Name():
            for other in ast.walk(tree):
                if isinstance(other, ast.Assign) and ast.unparse(other.targets[0]) == node.id:
                    yield from _texts(other.value, tree)
