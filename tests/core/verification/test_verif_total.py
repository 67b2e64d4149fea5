"""Whatever comes in, the verifier and the handshakes answer or reject: no other exception leaves them."""

import os
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.core.verification.challenge import CHALLENGES, answer_challenge
from relay.core.verification.known_schemes import SCHEMES
from relay.core.verification.rejection import VerificationFailed
from relay.core.verification.verify import VerifiedRequest, verify
from tests.core.verification.noise import noisy
from tests.core.verification.senders import NOW, SENDERS, keys_of

A_FEW = 150
MANY = int(os.environ.get("NOISE_INPUTS", "2000"))
"""Requests for each scheme. `make noise` asks for a hundred thousand, which take minutes."""
ALL_CHALLENGES = [row for rows in CHALLENGES.values() for row in rows]


def outcome(name, keys, request):
    try:
        return verify(SCHEMES[name], keys, request, now=NOW)
    except VerificationFailed as rejected:
        return rejected


@pytest.mark.parametrize("name", SENDERS)
@settings(max_examples=A_FEW, deadline=None)
@given(random=st.randoms(use_true_random=False))
def test_a_request_is_accepted_or_rejected_whatever_it_holds(name, random):
    assert isinstance(outcome(name, keys_of(name), noisy(name, random)), VerifiedRequest | VerificationFailed)


@pytest.mark.parametrize("name", SENDERS)
def test_thousands_of_noisy_requests_are_each_accepted_or_rejected(name):
    random, keys = Random(name), keys_of(name)
    rejected = sum(
        isinstance(outcome(name, keys, noisy(name, random)), VerificationFailed) for _ in range(MANY)
    )

    assert 0 < rejected < MANY, "noise that is never accepted, or always, tries only one way through"


@pytest.mark.parametrize("name", SENDERS)
@settings(max_examples=A_FEW // 3, deadline=None)
@given(random=st.randoms(use_true_random=False))
def test_a_handshake_is_answered_or_not_whatever_the_request_holds(name, random):
    keys = keys_of(name)
    request = noisy(name, random)

    for accepted in (None, VerifiedRequest(keys[0].id)):
        answer = answer_challenge(ALL_CHALLENGES, request, accepted=accepted, keys=keys)
        assert answer is None or answer.status == 200
