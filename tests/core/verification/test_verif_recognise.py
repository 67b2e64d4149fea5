"""How a captured request was signed, told by its places alone: a suggestion, and no secret is needed for it."""

import base64
import hashlib

import pytest

from relay.core.verification.detect import detect_verification
from relay.core.verification.request import SignedRequest
from relay.core.verification.scheme_options import build_scheme
from tests.core.verification.senders import SENDERS


def with_header(name: str, value: str) -> SignedRequest:
    return SignedRequest(method="POST", public_url="", headers=[(name, value)], query_string=b"", body=b"{}")


@pytest.mark.parametrize("scheme", SENDERS)
def test_each_vendors_request_is_recognised_by_where_its_proof_stands(scheme: str):
    assert detect_verification(SENDERS[scheme].request()) == {"scheme": scheme}


@pytest.mark.parametrize(
    ("value", "columns"),
    [
        (hashlib.sha256(b"").hexdigest(), {}),
        ("sha256=" + hashlib.sha256(b"").hexdigest(), {"prefix": "sha256="}),
        (hashlib.sha1(b"", usedforsecurity=False).hexdigest(), {"algorithm": "hmac-sha1"}),
        (hashlib.sha512(b"").hexdigest(), {"algorithm": "hmac-sha512"}),
        (base64.b64encode(hashlib.sha256(b"").digest()).decode(), {"encoding": "base64"}),
    ],
)
def test_a_signature_of_a_vendors_own_is_told_by_its_form(value: str, columns: dict[str, str]):
    told = detect_verification(with_header("X-Rooms-Signature", value))

    assert told == {"scheme": "custom", "signature": "header:x-rooms-signature", **columns}
    assert build_scheme("custom", {key: column for key, column in told.items() if key != "scheme"}).signature


@pytest.mark.parametrize(
    ("name", "value"),
    [("X-Rooms-Signature", "yes"), ("X-Request-Id", hashlib.sha256(b"").hexdigest()), ("Host", "relay.example")],
)  # fmt: skip
def test_what_is_no_proof_is_not_taken_for_one(name: str, value: str):
    assert detect_verification(with_header(name, value)) is None


def test_anothers_signature_in_the_same_header_is_not_taken_for_the_vendors():
    """Segment's stands in `X-Signature` too, and is shorter."""
    told = detect_verification(with_header("X-Signature", hashlib.sha256(b"").hexdigest()))

    assert told == {"scheme": "custom", "signature": "header:x-signature"}
