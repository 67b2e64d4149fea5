"""YAML that is small as a text and large as a value."""

import time

import pytest

from relay.config.yaml_document import parse_yaml


def bomb(levels: int, form: str = "[{}]") -> str:
    """Each level holds the level before nine times."""
    lines = ["a0: &a0 {x: 1}"]
    lines += [
        f"a{level}: &a{level} {form.format(', '.join([f'*a{level - 1}'] * 9))}"
        for level in range(1, levels + 1)
    ]
    return "\n".join(lines)


@pytest.mark.parametrize("text", [bomb(9), bomb(9, "{{<<: [{}]}}"), "&a [*a]", "a: &a {b: {c: *a}}"])
def test_aliases_count_as_what_they_stand_for(text: str):
    started = time.process_time()
    tree, [problem] = parse_yaml(text, max_nodes=10_000)

    assert tree is None
    assert problem.message.startswith("has more than 10,000 values, with each alias counted")
    assert time.process_time() - started < 0.5


def test_aliases_within_the_limit_are_read():
    tree, problems = parse_yaml("base: &base {x: 1}\nlist: [*base, *base]\nmore: {<<: *base, y: 2}")

    assert not problems
    assert tree == {"base": {"x": 1}, "list": [{"x": 1}, {"x": 1}], "more": {"x": 1, "y": 2}}


@pytest.mark.parametrize(
    "text", ["a: " + "1" * 5_000, "a: 1" + ":1" * 200, "a: 1" + ":1" * 200 + ".5", "a: 2026-99-99"]
)
def test_a_number_or_date_that_cannot_be_read_is_a_problem(text: str):
    tree, [problem] = parse_yaml(text)

    assert tree is None
    assert "put it in quotes" in problem.message
