"""The page on an event's life says what the code does: every state, every move, every reason and cause."""

import re

import pytest

from relay.core.lifecycle import ENDED_STATES, OPEN_STATES, TRANSITIONS, DeadLetterReason, HoldCause, State
from tests.truth.project import fenced, first_cells, page, rows, section

PAGE = page("docs/lifecycle.md")


def edges() -> set[tuple[str, str]]:
    """The arrows of the picture that lead from state to state."""
    [picture] = fenced(PAGE, "mermaid")
    return set(re.findall(r"^\s*(\w+) --> (\w+)", picture, re.MULTILINE))


def moves() -> set[tuple[str, str]]:
    return {(str(before), str(after)) for before, targets in TRANSITIONS.items() for after in targets}


def test_the_picture_shows_every_legal_move_and_no_other():
    assert edges() == moves()


def test_the_table_lists_every_legal_move_and_no_other():
    told = {(row[0], row[1]) for row in rows(section(PAGE, "Moves"))}

    assert told == moves()


def test_every_state_is_explained_in_the_order_of_the_code():
    assert first_cells(section(PAGE, "States")) == [str(state) for state in State]


@pytest.mark.parametrize(("word", "states"), [("open", OPEN_STATES), ("ended", ENDED_STATES)])
def test_the_page_says_which_states_are_open_and_which_have_ended(word: str, states: frozenset[State]):
    told = {row[0] for row in rows(section(PAGE, "States")) if row[1] == word}

    assert told == set(states)


def test_every_reason_of_a_dead_letter_is_explained():
    assert first_cells(section(PAGE, "Why an event is a dead letter")) == [
        str(reason) for reason in DeadLetterReason
    ]


def test_every_cause_of_a_hold_is_explained():
    assert first_cells(section(PAGE, "Why a destination is on hold")) == [str(cause) for cause in HoldCause]
