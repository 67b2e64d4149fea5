"""docs/lifecycle.md matches the code: every state, transition, reason and cause."""

import re

import pytest

from relay.core.lifecycle import ENDED_STATES, OPEN_STATES, TRANSITIONS, DeadLetterReason, HoldCause, State
from tests.truth.project import fenced, first_cells, page, rows, section

PAGE = page("docs/lifecycle.md")


def diagram_transitions() -> set[tuple[str, str]]:
    """The arrows of the diagram between two states."""
    [diagram] = fenced(PAGE, "mermaid")
    return set(re.findall(r"^\s*(\w+) --> (\w+)", diagram, re.MULTILINE))


def code_transitions() -> set[tuple[str, str]]:
    return {(str(before), str(after)) for before, targets in TRANSITIONS.items() for after in targets}


def test_the_diagram_shows_exactly_the_legal_transitions():
    assert diagram_transitions() == code_transitions()


def test_the_table_lists_exactly_the_legal_transitions():
    documented = {(row[0], row[1]) for row in rows(section(PAGE, "Transitions"))}

    assert documented == code_transitions()


def test_every_state_is_documented_in_the_order_of_the_code():
    assert first_cells(section(PAGE, "States")) == [str(state) for state in State]


@pytest.mark.parametrize(("word", "states"), [("open", OPEN_STATES), ("ended", ENDED_STATES)])
def test_the_page_says_which_states_are_open_and_which_have_ended(word: str, states: frozenset[State]):
    documented = {row[0] for row in rows(section(PAGE, "States")) if row[1] == word}

    assert documented == set(states)


def test_every_reason_of_a_dead_letter_is_documented():
    assert first_cells(section(PAGE, "Why an event is a dead letter")) == [
        str(reason) for reason in DeadLetterReason
    ]


def test_every_cause_of_a_hold_is_documented():
    assert first_cells(section(PAGE, "Why a destination is on hold")) == [str(cause) for cause in HoldCause]
