"""Every parser that runs on a stranger's bytes takes time and memory in proportion to them, and stays in its budget."""

import gc

import pytest

from tests.budgets.hostile import Build, repeat
from tests.budgets.measure import OverBudget, measure
from tests.budgets.parser import BODY, Parser
from tests.budgets.parsers import PARSERS


@pytest.fixture(autouse=True)
def _frozen_heap():
    """What the tests before have left is not searched by a garbage collection in the middle of a measurement."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.parametrize("parser", PARSERS, ids=[parser.name for parser in PARSERS])
def test_a_parser_stays_in_its_budget(parser: Parser):
    problems = []
    for name, build in parser.hostile.items():
        try:
            measure(parser, build)
        except OverBudget as error:
            problems.append(f"{name}: {error}")

    assert not problems, "\n".join(problems)


def _quadratic(text: str) -> None:
    for place in range(len(text) // 50):
        text.count("b", place)


def _greedy(text: str) -> None:
    _ = [[character] * 40 for character in text]


def _slow(text: str) -> None:
    for _ in range(len(text) * 30):
        pass


@pytest.mark.parametrize(
    ("run", "seconds", "reason"),
    [
        (_quadratic, 3.0, "times the CPU time for twice the input"),
        (_greedy, 3.0, "bytes of memory"),
        (_slow, 0.1, "s of CPU time"),
    ],
)
def test_a_parser_over_its_budget_is_noticed(run, seconds: float, reason: str):
    parser = Parser(name="bad", limit=BODY, run=run, hostile={}, seconds=seconds)

    with pytest.raises(OverBudget, match=reason):
        measure(parser, repeat("a"))


def test_every_hostile_input_has_about_the_size_that_is_asked_for():
    builds: list[tuple[str, Build, int]] = [
        (f"{parser.name}: {name}", build, parser.limit)
        for parser in PARSERS
        for name, build in parser.hostile.items()
    ]
    wrong = [name for name, build, limit in builds if not limit / 5 < len(build(limit)) <= limit * 1.5]

    assert wrong == []
