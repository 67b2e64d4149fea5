"""Every event has an explanation: one plain sentence, and what to do about it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.explain.causes import EventFacts, ExplanationCause, Obstacle
from relay.core.explain.explanation import explain
from relay.core.explain.not_found import (
    RejectedRequests,
    explain_not_received,
    explain_pruned,
    explain_repeated,
)
from relay.core.lifecycle import OPEN_STATES, DeadLetterReason, HoldCause, State

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
OBSTACLES = (
    ExplanationCause.DAILY_LIMIT_REACHED,
    ExplanationCause.RATE_LIMITED,
    ExplanationCause.SOURCE_SHARE_USED,
    ExplanationCause.RETRY_AFTER,
    ExplanationCause.GONG_DOWN,
)
NOT_FOUND = {
    ExplanationCause.REPEATED,
    ExplanationCause.VERIFICATION_FAILED,
    ExplanationCause.PRUNED,
    ExplanationCause.NOT_RECEIVED,
}
FILTERED = {
    "no rule matches it": ExplanationCause.NO_RULE_MATCHED,
    "acme.com is a domain of acme's own people": ExplanationCause.INTERNAL_PERSON,
}
DETAILS = ("", *FILTERED, "Rejected", "its rule finds no items in it")


def facts(state: State, **fields) -> EventFacts:
    return EventFacts(state=state, source="hub", destination="acme", event_id="hub:v-1", at=NOW, **fields)


@st.composite
def any_facts(draw) -> EventFacts:
    timestamp = draw(st.none() | st.just(LATER))
    return facts(
        draw(st.sampled_from(State)),
        detail=draw(st.sampled_from(DETAILS)),
        reason=draw(st.none() | st.sampled_from(DeadLetterReason)),
        hold=draw(st.none() | st.sampled_from(HoldCause)),
        obstacle=draw(
            st.none() | st.builds(Obstacle, st.sampled_from(OBSTACLES), st.just(timestamp), st.just("503"))
        ),
        next_at=timestamp,
        ambiguous=draw(st.booleans()),
        request_id=draw(st.sampled_from(("", "r-1"))),
        carrier="01K",
        carrier_state=draw(st.none() | st.sampled_from(State)),
        repeats=draw(st.integers(0, 3)),
        unattributed=draw(st.booleans()),
    )


@given(any_facts())
def test_any_facts_give_a_complete_sentence_and_a_remedy(event_facts: EventFacts):
    explanation = explain(event_facts)

    for text in (explanation.sentence, explanation.remedy):
        assert text.endswith(".")
        assert text[0].isupper()
        assert not {"{", "}", "None"} & set(text.split())


@given(any_facts())
def test_only_events_that_gong_accepted_are_reported_as_in_gong(event_facts: EventFacts):
    if explain(event_facts).in_gong:
        ended = {State.DELIVERED, State.DUPLICATE, State.ERASED}
        assert event_facts.state in ended or event_facts.carrier_state in ended


@given(any_facts())
def test_an_ambiguous_event_is_never_reported_as_not_in_gong(event_facts: EventFacts):
    if event_facts.ambiguous and event_facts.state is not State.DISCARDED:
        assert explain(event_facts).in_gong is not False


def test_every_cause_occurs_except_those_of_events_that_are_not_found():
    causes = {explain(facts(state)).cause for state in State}
    causes |= {explain(facts(State.ON_HOLD, hold=cause)).cause for cause in HoldCause}
    causes |= {explain(facts(State.QUEUED, obstacle=Obstacle(cause))).cause for cause in OBSTACLES}
    causes |= {explain(facts(State.DEAD, reason=reason)).cause for reason in DeadLetterReason}
    causes |= {explain(facts(State.FILTERED, detail=detail)).cause for detail in FILTERED}

    assert causes == set(ExplanationCause) - NOT_FOUND


@pytest.mark.parametrize("detail", FILTERED)
def test_a_filtered_event_names_what_filtered_it(detail: str):
    assert explain(facts(State.FILTERED, detail=detail)).cause is FILTERED[detail]


@pytest.mark.parametrize("state", sorted(OPEN_STATES - {State.SENDING, State.AGGREGATING, State.RETRYING}))
def test_a_hold_takes_precedence_over_other_obstacles(state: State):
    explanation = explain(
        facts(state, hold=HoldCause.PAUSED, obstacle=Obstacle(ExplanationCause.RATE_LIMITED, LATER))
    )

    assert explanation.cause is ExplanationCause.PAUSED


@pytest.mark.parametrize("cause", OBSTACLES)
def test_an_obstacle_names_the_time_at_which_it_ends(cause: ExplanationCause):
    explanation = explain(facts(State.QUEUED, obstacle=Obstacle(cause, LATER)))

    assert (explanation.next_at, "2026-11-21T11:00:00Z" in explanation.sentence) == (LATER, True)


def test_a_repeated_event_says_how_often_it_arrived():
    assert explain(facts(State.DELIVERED, repeats=1)).sentence.endswith(
        "The source sent the event once more; Gong gets it only once."
    )
    assert "3 more times" in explain(facts(State.DELIVERED, repeats=3)).sentence


def test_an_event_without_a_person_record_or_company_is_in_gong_and_needs_a_fix():
    explanation = explain(facts(State.DELIVERED, unattributed=True))

    assert (explanation.in_gong, "Gong shows it on no timeline" in explanation.remedy) == (True, True)


def test_an_erased_event_that_was_delivered_names_its_request_at_gong():
    assert "r-1" in explain(facts(State.ERASED, request_id="r-1")).remedy


def test_an_event_that_is_not_found_has_a_cause_of_its_own():
    rejected = [RejectedRequests("hub", 3, NOW, "mismatch")]
    explanations = [
        explain_repeated("01K", ["01J"]),
        explain_not_received("v", rejected),
        explain_pruned("v"),
        explain_not_received("v", []),
    ]

    assert {explanation.cause for explanation in explanations} == NOT_FOUND
    assert "3 from hub (mismatch, the last at 2026-11-21T10:00:00Z)" in explanations[1].sentence
    assert "email address" not in explanations[3].remedy


def test_the_remedy_for_an_unknown_address_is_to_search_for_the_person():
    assert "filter the list of events by email address" in explain_not_received("j@globex.com", []).remedy
