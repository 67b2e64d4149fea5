"""docs/glossary.md lists every published word that the code has, and no other."""

from collections.abc import Iterable
from dataclasses import fields
from typing import get_args

import pytest

from relay.cli.main import main
from relay.core.alerts.kinds import AlertKind
from relay.core.lifecycle import DeadLetterReason, HoldCause, State
from relay.core.outcome import Outcome
from relay.core.priority import Priority
from relay.core.roles import Role
from relay.core.source import SourceLimits
from tests.truth.project import first_cells, page, rows, section

PAGE = page("docs/glossary.md")


def snake_case(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


OUTCOMES = [snake_case(kind.__name__) for kind in get_args(Outcome)]


@pytest.mark.parametrize(
    ("heading", "words"),
    [
        ("States of an event", State),
        ("Outcomes of an attempt", OUTCOMES),
        ("Reasons of a dead letter", DeadLetterReason),
        ("Causes of a hold", HoldCause),
        ("Roles", Role),
        ("Priorities", Priority),
        ("Limits of a source", [limit.name for limit in fields(SourceLimits)]),
        ("Alerts", AlertKind),
        ("Commands", main.commands),
    ],
)
def test_a_section_lists_exactly_the_published_words(heading: str, words: Iterable[str]):
    assert sorted(first_cells(section(PAGE, heading))) == sorted(map(str, words))


def test_no_word_is_defined_twice_in_a_section():
    for heading in ("Nouns", "States of an event", "Commands"):
        cells = first_cells(section(PAGE, heading))
        assert len(cells) == len(set(cells)), heading


def test_every_word_has_a_meaning():
    assert [row for row in rows(PAGE) if len(row) != 2 or not row[1]] == []
