"""docs/explain.md lists every cause in the order of the code, and every name to look up by."""

from relay.core.explain.causes import ExplanationCause
from relay.core.lifecycle import DeadLetterReason, HoldCause
from relay.queries.explain_by_name import LOOKUP_NAMES
from tests.truth.project import first_cells, page, section

PAGE = page("docs/explain.md")


def test_every_cause_is_documented_in_the_order_of_the_code():
    assert first_cells(section(PAGE, "Causes")) == [str(cause) for cause in ExplanationCause]


def test_every_name_to_look_up_by_is_documented():
    assert set(first_cells(section(PAGE, "Look up by any id"))) == set(LOOKUP_NAMES)


def test_causes_of_holds_and_reasons_of_dead_letters_are_causes_of_explanations():
    assert {str(word) for word in (*HoldCause, *DeadLetterReason)} <= {
        str(cause) for cause in ExplanationCause
    }
