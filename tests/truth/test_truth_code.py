"""Rules that every Python file of the project follows and no linter checks."""

import ast
import re
from pathlib import Path

import pytest

from tests.truth.project import files, name_of, python_files

LONGEST = 400
EMPTY_NAMES = {"utils", "helpers", "common", "misc", "base", "manager", "service", "handler", "models"}

# Home directories: a path into one works on a single machine only.
MACHINE_PATHS = re.compile(r"(?<![\w.-])(/home/|/Users/|/root/|[A-Z]:\\Users\\)\w")


@pytest.mark.parametrize("path", python_files("relay", "workers"), ids=name_of)
def test_every_module_has_a_docstring(path: Path):
    text = path.read_text("utf-8")
    is_empty_package = path.name == "__init__.py" and not text

    assert is_empty_package or ast.get_docstring(ast.parse(text)), (
        f"{name_of(path)} needs a docstring at its top"
    )


@pytest.mark.parametrize("path", python_files(), ids=name_of)
def test_no_file_is_longer_than_the_limit(path: Path):
    lines = len(path.read_text("utf-8").splitlines())

    assert lines <= LONGEST, f"{name_of(path)} has {lines} lines; split it by what it does"


def test_no_package_runs_code_when_it_is_imported():
    packages = [
        name_of(path) for path in python_files() if path.name == "__init__.py" and path.read_text("utf-8")
    ]

    assert packages == []


def test_every_file_name_says_what_the_file_holds():
    named_for_nothing = [name_of(path) for path in python_files() if path.stem in EMPTY_NAMES]

    assert named_for_nothing == []


def test_no_two_test_files_share_a_name():
    names = [path.name for path in python_files("tests") if path.name.startswith("test_")]

    assert sorted(names) == sorted(set(names))


def test_no_file_names_a_path_of_one_machine():
    here = Path(__file__)
    pointing = [name_of(path) for path in files() if path != here and _names_a_machine_path(path)]

    assert pointing == []


def _names_a_machine_path(path: Path) -> bool:
    return MACHINE_PATHS.search(path.read_text("utf-8", errors="replace")) is not None


def test_test_names_are_sentences():
    """A reader of a failure sees the name of the test first: one word says too little."""
    labels = [
        f"{name_of(path)}: {name}"
        for path in python_files("tests")
        for name in re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
        if name.count("_") < 2
    ]

    assert labels == []
