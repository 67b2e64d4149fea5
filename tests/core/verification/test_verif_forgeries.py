"""No forgery is accepted, under any scheme, and every true request is."""

from datetime import timedelta

import pytest

from relay.core.verification.known_schemes import SCHEMES
from relay.core.verification.rejection import VerificationFailed
from relay.core.verification.scheme import Algorithm
from relay.core.verification.scheme_options import find_conflicts
from relay.core.verification.verify import verify
from tests.core.verification.forging import forgeries
from tests.core.verification.senders import NOW, SENDERS, keys_of

AT_LEAST = 200


def is_accepted(name, request, keys, now=NOW):
    try:
        verify(SCHEMES[name], keys, request, now=now)
    except VerificationFailed:
        return False
    return True


def test_every_scheme_that_proves_something_has_a_sender_here():
    assert set(SENDERS) == {name for name, row in SCHEMES.items() if row.algorithm is not Algorithm.NONE}


@pytest.mark.parametrize("name", SENDERS)
def test_no_forgery_is_accepted_and_the_true_request_is(name):
    found = list(forgeries(name))

    assert is_accepted(name, SENDERS[name].request(), keys_of(name))
    assert len(found) >= AT_LEAST
    assert [label for label, request, keys in found if is_accepted(name, request, keys)] == []


@pytest.mark.parametrize("name", [name for name, sender in SENDERS.items() if sender.is_timed])
@pytest.mark.parametrize("way", [-1, 1])
def test_a_signed_time_may_differ_by_the_tolerance_and_not_a_second_more(name, way):
    tolerance = SCHEMES[name].tolerance_seconds
    signed_at = [NOW + way * timedelta(seconds=tolerance + more) for more in (0, 1)]

    assert [is_accepted(name, SENDERS[name].request(at), keys_of(name)) for at in signed_at] == [True, False]


@pytest.mark.parametrize("name", SENDERS)
def test_a_request_for_one_scheme_is_refused_by_every_other(name):
    """Alike in every column are only those that no header tells apart."""
    request = SENDERS[name].request()
    others = [other for other in SENDERS if other != name and is_accepted(other, request, keys_of(other))]

    assert others == []


@pytest.mark.parametrize("name", SENDERS)
def test_old_and_new_secret_are_both_accepted_and_told_apart(name):
    sender = SENDERS[name]
    keys = keys_of(name, sender.wrong, sender.secret)

    accepted = verify(SCHEMES[name], keys, sender.request(), now=NOW)

    assert accepted.key_id == keys[1].id == keys_of(name)[0].id


@pytest.mark.parametrize("name", SCHEMES)
def test_no_row_contradicts_itself(name):
    assert list(find_conflicts(SCHEMES[name])) == []
