"""The page on explaining lists every cause that an answer may give, in the code's order, and every name to ask by."""

from relay.core.explain.causes import ExplanationCause
from relay.core.lifecycle import DeadLetterReason, HoldCause
from relay.queries.explain_by_name import LOOKUP_NAMES
from tests.truth.project import first_cells, page, section

PAGE = page("docs/explain.md")


def test_every_cause_is_explained_in_the_order_of_the_code():
    assert first_cells(section(PAGE, "Causes")) == [str(why) for why in ExplanationCause]


def test_every_name_to_ask_by_is_told():
    assert set(first_cells(section(PAGE, "Asked by any name"))) == set(LOOKUP_NAMES)


def test_a_hold_and_a_dead_letter_are_told_by_the_words_they_have_everywhere():
    assert {str(word) for word in (*HoldCause, *DeadLetterReason)} <= {str(why) for why in ExplanationCause}
