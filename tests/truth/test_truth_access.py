"""The page of access says which roles and deeds there are, and no others."""

import ast
from collections.abc import Iterator

from relay.core.roles import Role
from tests.truth.project import first_cells, page, python_files, rows, section

PAGE = page("docs/access.md")
_PLACE = 2
"""Which argument tells what was done."""


def did() -> Iterator[str]:
    """Every deed that the code writes down."""
    for path in python_files("relay"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"audited", "Deed"}:
                yield from _words(node.args[_PLACE])


def _words(told: ast.expr) -> Iterator[str]:
    """A text that is spelt out, or both sides of a choice between two."""
    sides = [told.body, told.orelse] if isinstance(told, ast.IfExp) else [told]
    yield from (
        side.value for side in sides if isinstance(side, ast.Constant) and isinstance(side.value, str)
    )


def test_the_roles_stand_there_in_order():
    assert first_cells(section(PAGE, "Roles")) == list(Role)


def test_every_deed_stands_there_and_no_other():
    told = {word.strip("`") for row in rows(section(PAGE, "The audit")) for word in row[0].split()}

    assert told == set(did())
