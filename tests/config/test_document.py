"""Parsing the file: variables anywhere, and syntax problems with their line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.config.yaml_document import FromEnvironment, parse_yaml, substitute_variables


def read(text: str, **environ: str):
    tree, malformed = parse_yaml(text)
    assert malformed == []
    return substitute_variables(tree, environ)


@pytest.mark.parametrize(
    "text",
    [
        "a: ${NAME}",
        "a: '${NAME}'",
        'a: "${NAME}"',
        "{a: ${NAME}}",
        "a:\n  ${NAME}",
        "a: ${NAME} # and a remark",
    ],
)
def test_a_variable_is_read_wherever_a_text_may_stand(text):
    tree, problems = read(text, NAME="value")

    assert (tree, problems) == ({"a": "value"}, [])


def test_a_variable_may_be_a_part_of_a_text_and_stand_in_a_list():
    assert read("[a-${X}-${Y}, ${X}]", X="1", Y="2") == (["a-1-2", "1"], [])


@given(st.text(min_size=1).filter(str.strip))
def test_a_value_is_never_read_as_yaml(value):
    assert read("{a: ${NAME}}", NAME=value) == ({"a": value}, [])


def test_a_value_is_not_looked_at_for_variables_again():
    assert read("a: ${X}", X="${Y}") == ({"a": "${Y}"}, [])


def test_values_from_variables_differ_from_values_in_the_file():
    tree, _ = read("[${X}, x]", X="x")

    assert [isinstance(text, FromEnvironment) for text in tree] == [True, False]


def test_every_unset_variable_is_reported_with_its_path():
    _, problems = read("a: ${X}\nb: [{c: '${Y}-${Z}'}]", Y="y")

    assert [(problem.path, problem.code) for problem in problems] == [
        ("a", "unset_variable"),
        ("b[0].c", "unset_variable"),
    ]
    assert "X" in problems[0].message
    assert "Z" in problems[1].message


@pytest.mark.parametrize("value", ["", " ", "\n\t"])
def test_an_empty_variable_is_a_problem(value):
    _, problems = read("a: ${X}", X=value)

    assert "empty" in problems[0].message


def test_a_variable_may_come_from_a_file(tmp_path):
    (tmp_path / "x").write_text("from the file\n")

    assert read("a: ${X}", X_FILE=str(tmp_path / "x")) == ({"a": "from the file"}, [])


def test_a_variable_in_a_remark_is_not_missed():
    assert read("a: 1 # ${X}") == ({"a": 1}, [])


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: [1,\nb: 2", "line 2, column 5"),
        ("a: ${X}: b", "line 1, column 8"),
        ("\ta: 1", "line 1, column 1"),
        ("a: *gone", "line 1, column 4"),
        ("a: !!python/name:os.system", "line 1, column 4"),
        ("---\na: 1\n---\nb: 1", "line 3, column 1"),
    ],
)
def test_a_syntax_problem_has_line_and_column(text, place):
    tree, problems = parse_yaml(text)

    assert tree is None
    assert [(problem.path, problem.code) for problem in problems] == [(place, "syntax")]


@pytest.mark.parametrize("text", ["\x00", "[" * 5000])
def test_a_hostile_text_is_a_syntax_problem(text):
    assert parse_yaml(text)[1][0].code == "syntax"


def test_every_duplicate_key_is_reported():
    _, problems = parse_yaml("a:\n  x: 1\n  y: 2\n  x: 3\nb: 1\na: 2\n")

    assert [problem.path for problem in problems] == ["line 4, column 3", "line 6, column 1"]
    assert "line 2" in problems[0].message


def test_a_key_that_overrides_a_merged_one_is_not_a_duplicate():
    text = "a: &a {x: 1, y: 1}\nb: &b {<<: *a, x: 2}\nc: {<<: *b, x: 3}"

    assert parse_yaml(text) == (
        {"a": {"x": 1, "y": 1}, "b": {"x": 2, "y": 1}, "c": {"x": 3, "y": 1}},
        [],
    )
