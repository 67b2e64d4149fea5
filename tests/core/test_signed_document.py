"""Signed documents verify, changed ones do not, and the public key is enough to verify."""

import json

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from relay.core.signed_document import Signer

OLD, NEW = "an-old-key-of-thirty-two-characters", "a-new-key-of-thirty-two-characters!"
DOCUMENT = {"id": "1", "erased": 2, "names": ["jörg", "\u2028", '"'], "ended_at": None}
JSON = st.dictionaries(
    st.text(max_size=5).filter(lambda name: name != "signature"),
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=9),
)


@given(JSON)
def test_a_signed_document_verifies_after_a_round_trip_through_json(document: dict[str, object]):
    signed = json.loads(json.dumps(Signer([OLD]).sign(document)))

    assert Signer([NEW, OLD]).verify(signed)
    assert not Signer([NEW]).verify(signed)


@pytest.mark.parametrize(
    "change",
    [
        {"erased": 3},
        {"more": 1},
        {"signature": None},
        {"signature": {"value": "00"}},
        {"signature": {"value": "no hex"}},
        {"signature": "x"},
    ],
)
def test_a_changed_document_does_not_verify(change: dict[str, object]):
    assert not Signer([OLD]).verify(Signer([OLD]).sign(DOCUMENT) | change)


def test_without_a_key_nothing_is_signed():
    assert Signer([]).sign(DOCUMENT) == DOCUMENT | {"signature": None}


def test_the_public_key_is_enough_to_verify():
    """As docs/privacy.md shows it."""
    report = Signer([OLD]).sign(DOCUMENT)
    signature = report.pop("signature")
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signature["public_key"]))
    text = json.dumps(report, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    public.verify(bytes.fromhex(signature["value"]), text)
    with pytest.raises(InvalidSignature):
        public.verify(bytes.fromhex(signature["value"]), text + b" ")
