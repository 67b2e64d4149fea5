"""What every Python file of the project keeps to, and no linter checks."""

import ast
import re
from pathlib import Path

import pytest

from tests.truth.project import files, name_of, python_files

LONGEST = 300
SAY_NOTHING = {"utils", "helpers", "common", "misc", "base", "manager", "service", "handler", "models"}
OUTSIDE = ("/work/", "../shared", "DESIGN.md", "CONTRACT.md")


@pytest.mark.parametrize("path", python_files("relay", "workers"), ids=name_of)
def test_every_module_opens_by_saying_what_it_is(path: Path):
    text = path.read_text("utf-8")
    is_empty_package = path.name == "__init__.py" and not text

    assert is_empty_package or ast.get_docstring(ast.parse(text)), (
        f"{name_of(path)} needs a docstring at its top"
    )


@pytest.mark.parametrize("path", python_files(), ids=name_of)
def test_no_file_is_longer_than_can_be_read_at_a_sitting(path: Path):
    lines = len(path.read_text("utf-8").splitlines())

    assert lines <= LONGEST, f"{name_of(path)} has {lines} lines; split it by what it does"


def test_no_package_runs_code_when_it_is_imported():
    told = [
        name_of(path) for path in python_files() if path.name == "__init__.py" and path.read_text("utf-8")
    ]

    assert told == []


def test_no_file_has_a_name_that_says_nothing():
    told = [name_of(path) for path in python_files() if path.stem in SAY_NOTHING]

    assert told == []


def test_no_two_test_files_share_a_name():
    names = [path.name for path in python_files("tests") if path.name.startswith("test_")]

    assert sorted(names) == sorted(set(names))


def test_the_project_stands_alone():
    """It may be read, built and run anywhere: nothing in it points to a place outside."""
    here = Path(__file__)
    told = [name_of(path) for path in files() if path != here and _points_outside(path)]

    assert told == []


def _points_outside(path: Path) -> bool:
    text = path.read_text("utf-8", errors="replace")
    return any(place in text for place in OUTSIDE)


def test_test_names_are_sentences():
    """A name of one word is a label; the name is what a reader of a failure gets to see."""
    told = [
        f"{name_of(path)}: {name}"
        for path in python_files("tests")
        for name in re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
        if name.count("_") < 2
    ]

    assert told == []
