"""The relay suggests how a captured request was signed, without the secret."""

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
def test_each_vendors_request_is_recognized(scheme: str):
    assert detect_verification(SENDERS[scheme].request()) == {"scheme": scheme}


@pytest.mark.parametrize(
    ("value", "options"),
    [
        (hashlib.sha256(b"").hexdigest(), {}),
        ("sha256=" + hashlib.sha256(b"").hexdigest(), {"prefix": "sha256="}),
        (hashlib.sha1(b"", usedforsecurity=False).hexdigest(), {"algorithm": "hmac-sha1"}),
        (hashlib.sha512(b"").hexdigest(), {"algorithm": "hmac-sha512"}),
        (base64.b64encode(hashlib.sha256(b"").digest()).decode(), {"encoding": "base64"}),
    ],
)
def test_a_custom_signature_is_recognized_by_its_format(value: str, options: dict[str, str]):
    verification = detect_verification(with_header("X-Rooms-Signature", value))

    assert verification == {"scheme": "custom", "signature": "header:x-rooms-signature", **options}
    assert build_scheme(
        "custom", {key: value for key, value in verification.items() if key != "scheme"}
    ).signature


@pytest.mark.parametrize(
    ("name", "value"),
    [("X-Rooms-Signature", "yes"), ("X-Request-Id", hashlib.sha256(b"").hexdigest()), ("Host", "relay.example")],
)  # fmt: skip
def test_other_headers_are_not_mistaken_for_a_signature(name: str, value: str):
    assert detect_verification(with_header(name, value)) is None


def test_a_longer_signature_in_segments_header_is_not_mistaken_for_segments():
    """Segment uses `X-Signature` too, but its signature is shorter."""
    verification = detect_verification(with_header("X-Signature", hashlib.sha256(b"").hexdigest()))

    assert verification == {"scheme": "custom", "signature": "header:x-signature"}
