"""Dead letters of one fault share a fingerprint, whatever their ids and figures; those of two faults do not."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.fingerprint import cluster_dead_letter, compute_fingerprint, leading_field, mask_variables
from relay.core.lifecycle import DeadLetterReason

SAME = [
    ("no user 5f2c9a0be1", "no user 77aa01"),
    ("content ev-123 is gone", "content ev-a9f3 is gone"),
    ("jane@buyer.example is not known", "sam.o+x@other.example is not known"),
    ("'Pricing' is too long", "'Another title, 2nd' is too long"),
    ("at 2026-11-20T10:00:00Z it was late", "at 2025-01-02 03:04:05.678+02:00 it was late"),
    ("id 8c5a5a2e-5b0c-4f9f-9d3e-1b2c3d4e5f60 used", "id 01KAG7ZZZZ9999999999999999 used"),
    ("see https://a.example/x?y=1 first", "see https://b.example/z first"),
    ("items[3].email: must be given", "items[41].email: must be given"),
    ("took 1.5 s of 2,000", "took 12 s of 7"),
    ("two  spaces", "two spaces"),
]
OTHER = [
    ("content.title: must not be null", "content.id: must not be null"),
    ("must not be null", "must be null"),
    ("don't know it", "don't like it"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_differs_from_event_to_event_is_no_part_of_it(one: str, other: str):
    assert cluster_dead_letter(DeadLetterReason.REJECTED, one) == cluster_dead_letter(
        DeadLetterReason.REJECTED, other
    )


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_another_fault_has_another_fingerprint(one: str, other: str):
    assert compute_fingerprint(DeadLetterReason.REJECTED, 400, one) != compute_fingerprint(
        DeadLetterReason.REJECTED, 400, other
    )


def test_reason_status_rule_and_field_each_tell_faults_apart():
    told = [
        compute_fingerprint(DeadLetterReason.REJECTED, 400, "no"),
        compute_fingerprint(DeadLetterReason.RETRIES_EXHAUSTED, 400, "no"),
        compute_fingerprint(DeadLetterReason.REJECTED, 413, "no"),
        compute_fingerprint(DeadLetterReason.REJECTED, 400, "no", rule="page viewed"),
        compute_fingerprint(DeadLetterReason.REJECTED, 400, "no", field="content.title"),
    ]

    assert len(set(told)) == len(told)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("content.title: is required", "content.title"),
        ("items[3].email: is required", "items[].email"),
        ("Not a path. Said: no", ""),
        ("no colon here", ""),
        ("", ""),
    ],
)
def test_the_field_at_fault_is_read_from_the_beginning(text: str, field: str):
    assert leading_field(text) == field


@given(st.text())
def test_any_text_has_a_fingerprint_and_always_the_same(text: str):
    assert compute_fingerprint(DeadLetterReason.REJECTED, None, text) == compute_fingerprint(
        DeadLetterReason.REJECTED, None, text
    )
    assert len(compute_fingerprint(DeadLetterReason.REJECTED, None, text)) == 12


@pytest.mark.parametrize("text", ["a-" * 50_000, '"' * 50_000, "1." * 50_000, "a@" * 50_000, "'" * 50_000])
def test_a_hostile_text_costs_no_time(text: str):
    began = time.process_time()
    mask_variables(text)
    assert time.process_time() - began < 0.5
