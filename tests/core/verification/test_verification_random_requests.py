"""For any request, verification returns or raises VerificationFailed, and handshakes never raise."""

import os
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.core.verification.challenge import CHALLENGES, answer_challenge
from relay.core.verification.known_schemes import SCHEMES
from relay.core.verification.rejection import VerificationFailed
from relay.core.verification.verify import VerifiedRequest, verify
from tests.core.verification.random_requests import random_request
from tests.core.verification.senders import NOW, SENDERS, load_sender_keys

A_FEW = 150
MANY = int(os.environ.get("NOISE_INPUTS", "2000"))
"""Requests per scheme. `make noise` tries a hundred thousand, which takes minutes."""
ALL_CHALLENGES = [challenge for challenges in CHALLENGES.values() for challenge in challenges]


def outcome(name, keys, request):
    try:
        return verify(SCHEMES[name], keys, request, now=NOW)
    except VerificationFailed as error:
        return error


@pytest.mark.parametrize("name", SENDERS)
@settings(max_examples=A_FEW, deadline=None)
@given(random=st.randoms(use_true_random=False))
def test_any_request_is_verified_or_rejected(name, random):
    assert isinstance(
        outcome(name, load_sender_keys(name), random_request(name, random)),
        VerifiedRequest | VerificationFailed,
    )


@pytest.mark.parametrize("name", SENDERS)
def test_thousands_of_random_requests_are_each_verified_or_rejected(name):
    random, keys = Random(name), load_sender_keys(name)
    rejected = sum(
        isinstance(outcome(name, keys, random_request(name, random)), VerificationFailed) for _ in range(MANY)
    )

    assert 0 < rejected < MANY, "if all requests pass or all fail, only one path is tested"


@pytest.mark.parametrize("name", SENDERS)
@settings(max_examples=A_FEW // 3, deadline=None)
@given(random=st.randoms(use_true_random=False))
def test_a_handshake_never_raises_for_any_request(name, random):
    keys = load_sender_keys(name)
    request = random_request(name, random)

    for verified in (None, VerifiedRequest(keys[0].id)):
        response = answer_challenge(ALL_CHALLENGES, request, verified=verified, keys=keys)
        assert response is None or response.status == 200
