"""Every scheme accepts the genuine request and rejects every forgery."""

from datetime import timedelta

import pytest

from relay.core.verification.known_schemes import SCHEMES
from relay.core.verification.rejection import VerificationFailed
from relay.core.verification.scheme import Algorithm
from relay.core.verification.scheme_options import find_conflicts
from relay.core.verification.verify import verify
from tests.core.verification.forgeries import forge_requests
from tests.core.verification.senders import NOW, SENDERS, load_sender_keys

FORGERIES_MIN = 200


def is_accepted(name, request, keys, now=NOW):
    try:
        verify(SCHEMES[name], keys, request, now=now)
    except VerificationFailed:
        return False
    return True


def test_every_scheme_that_verifies_requests_has_a_sender_here():
    assert set(SENDERS) == {
        name for name, scheme in SCHEMES.items() if scheme.algorithm is not Algorithm.NONE
    }


@pytest.mark.parametrize("name", SENDERS)
def test_the_genuine_request_is_accepted_and_every_forgery_is_rejected(name):
    forgeries = list(forge_requests(name))

    assert is_accepted(name, SENDERS[name].request(), load_sender_keys(name))
    assert len(forgeries) >= FORGERIES_MIN
    assert [label for label, request, keys in forgeries if is_accepted(name, request, keys)] == []


@pytest.mark.parametrize("name", [name for name, sender in SENDERS.items() if sender.signs_timestamp])
@pytest.mark.parametrize("direction", [-1, 1])
def test_a_signed_timestamp_may_differ_by_exactly_the_tolerance(name, direction):
    tolerance = SCHEMES[name].tolerance_seconds
    signed_at = [NOW + direction * timedelta(seconds=tolerance + extra) for extra in (0, 1)]

    assert [
        is_accepted(name, SENDERS[name].request(timestamp), load_sender_keys(name)) for timestamp in signed_at
    ] == [True, False]


@pytest.mark.parametrize("name", SENDERS)
def test_a_request_of_one_scheme_is_rejected_by_every_other(name):
    request = SENDERS[name].request()
    others = [
        other for other in SENDERS if other != name and is_accepted(other, request, load_sender_keys(other))
    ]

    assert others == []


@pytest.mark.parametrize("name", SENDERS)
def test_old_and_new_secrets_are_both_accepted_and_have_different_ids(name):
    sender = SENDERS[name]
    keys = load_sender_keys(name, sender.wrong, sender.secret)

    verified = verify(SCHEMES[name], keys, sender.request(), now=NOW)

    assert verified.key_id == keys[1].id == load_sender_keys(name)[0].id


@pytest.mark.parametrize("name", SCHEMES)
def test_no_known_scheme_contradicts_itself(name):
    assert list(find_conflicts(SCHEMES[name])) == []
