"""The access page lists exactly the roles and the audited actions that exist."""

import ast
from collections.abc import Iterator

from relay.core.roles import Role
from tests.truth.project import first_cells, page, python_files, rows, section

PAGE = page("docs/access.md")


def recorded_actions() -> Iterator[str]:
    """The name of every action that the code records in the audit log."""
    for path in python_files("relay"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            if getattr(node.func, "id", "") == "Action":
                yield from _literals(node.args[0])
            if getattr(node.func, "id", "") == "AuditEntry":
                yield from (
                    name
                    for keyword in node.keywords
                    if keyword.arg == "action"
                    for name in _literals(keyword.value)
                )


def _literals(argument: ast.expr) -> Iterator[str]:
    """A string literal, or both strings of a conditional expression."""
    sides = [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]
    yield from (
        side.value for side in sides if isinstance(side, ast.Constant) and isinstance(side.value, str)
    )


def test_the_page_lists_the_roles_in_order():
    assert first_cells(section(PAGE, "Roles")) == list(Role)


def test_the_page_lists_exactly_the_actions_that_are_audited():
    listed = {word.strip("`") for row in rows(section(PAGE, "The audit")) for word in row[0].split()}

    assert listed == set(recorded_actions())
