"""Every event has one plain sentence that says why it is, or is not, in Gong, with what to do about it."""

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
OBSTACLES = (ExplanationCause.DAILY_LIMIT_REACHED, ExplanationCause.RATE_LIMITED, ExplanationCause.GONG_DOWN)
ABSENT = {
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


def facts(state: State, **told) -> EventFacts:
    return EventFacts(state, source="hub", destination="acme", event_id="hub:v-1", at=NOW, **told)


@st.composite
def any_facts(draw) -> EventFacts:
    moment = draw(st.none() | st.just(LATER))
    return facts(
        draw(st.sampled_from(State)),
        detail=draw(st.sampled_from(DETAILS)),
        reason=draw(st.none() | st.sampled_from(DeadLetterReason)),
        hold=draw(st.none() | st.sampled_from(HoldCause)),
        obstacle=draw(
            st.none() | st.builds(Obstacle, st.sampled_from(OBSTACLES), st.just(moment), st.just("503"))
        ),
        next_at=moment,
        ambiguous=draw(st.booleans()),
        request_id=draw(st.sampled_from(("", "r-1"))),
        carrier="01K",
        carrier_state=draw(st.none() | st.sampled_from(State)),
        repeats=draw(st.integers(0, 3)),
        unattributed=draw(st.booleans()),
    )


@given(any_facts())
def test_whatever_is_known_there_is_one_sentence_and_a_remedy(known: EventFacts):
    told = explain(known)

    for text in (told.sentence, told.remedy):
        assert text.endswith(".")
        assert text[0].isupper()
        assert not {"{", "}", "None"} & set(text.split())


@given(any_facts())
def test_only_what_ended_there_is_told_to_be_in_gong(known: EventFacts):
    if explain(known).in_gong:
        ended = {State.DELIVERED, State.DUPLICATE, State.ERASED}
        assert known.state in ended or known.carrier_state in ended


@given(any_facts())
def test_nothing_in_doubt_is_told_not_to_be_in_gong(known: EventFacts):
    if known.ambiguous and known.state is not State.DISCARDED:
        assert explain(known).in_gong is not False


def test_every_cause_but_those_of_what_is_absent_can_be_told():
    told = {explain(facts(state)).cause for state in State}
    told |= {explain(facts(State.ON_HOLD, hold=cause)).cause for cause in HoldCause}
    told |= {explain(facts(State.QUEUED, obstacle=Obstacle(why))).cause for why in OBSTACLES}
    told |= {explain(facts(State.DEAD, reason=reason)).cause for reason in DeadLetterReason}
    told |= {explain(facts(State.FILTERED, detail=detail)).cause for detail in FILTERED}

    assert told == set(ExplanationCause) - ABSENT


@pytest.mark.parametrize("detail", FILTERED)
def test_what_is_filtered_says_by_what(detail: str):
    assert explain(facts(State.FILTERED, detail=detail)).cause is FILTERED[detail]


@pytest.mark.parametrize("state", sorted(OPEN_STATES - {State.SENDING, State.AGGREGATING, State.RETRYING}))
def test_a_hold_is_told_before_anything_else(state: State):
    told = explain(
        facts(state, hold=HoldCause.PAUSED, obstacle=Obstacle(ExplanationCause.RATE_LIMITED, LATER))
    )

    assert told.cause is ExplanationCause.PAUSED


@pytest.mark.parametrize("why", OBSTACLES)
def test_what_is_hindered_says_until_when(why: ExplanationCause):
    told = explain(facts(State.QUEUED, obstacle=Obstacle(why, LATER)))

    assert (told.next_at, "2026-11-21T11:00:00Z" in told.sentence) == (LATER, True)


def test_what_came_again_is_told_once_and_says_how_often():
    assert explain(facts(State.DELIVERED, repeats=1)).sentence.endswith(
        "It came once more: Gong is told of it once."
    )
    assert "3 more times" in explain(facts(State.DELIVERED, repeats=3)).sentence


def test_what_gong_can_tie_to_nobody_is_in_gong_and_wants_mending():
    told = explain(facts(State.DELIVERED, unattributed=True))

    assert (told.in_gong, "no timeline shows it" in told.remedy) == (True, True)


def test_what_is_erased_and_was_delivered_names_the_request_to_erase_at_gong():
    assert "r-1" in explain(facts(State.ERASED, request_id="r-1")).remedy


def test_what_is_absent_has_a_cause_of_its_own():
    turned = [RejectedRequests("hub", 3, NOW, "mismatch")]
    told = [
        explain_repeated("01K", ["01J"]),
        explain_not_received("v", turned),
        explain_pruned("v"),
        explain_not_received("v", []),
    ]

    assert {each.cause for each in told} == ABSENT
    assert "3 of hub (mismatch, the last at 2026-11-21T10:00:00Z)" in told[1].sentence
