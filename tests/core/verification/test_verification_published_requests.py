"""Requests that vendors published or that their libraries signed are all accepted."""

from datetime import UTC, datetime

import pytest

from relay.core.verification.key import VerifyingKey
from relay.core.verification.known_schemes import SCHEMES
from relay.core.verification.rejection import RejectionReason, VerificationFailed
from relay.core.verification.request import SignedRequest
from relay.core.verification.verify import verify

AT = datetime.fromtimestamp(1790000000, tz=UTC)
BODY = '{"eventId":"e-1","title":"Café ✓"}'.encode()

SIGNED_BY_LIBRARIES = {
    "standard": (
        bytes(range(32)),
        {
            "webhook-id": "msg_1",
            "webhook-timestamp": "1790000000",
            "webhook-signature": "v1,KJe86gZDFnYqrP5up/gfwIS2m9P9aCUNNkIYTHsGMVg=",
        },
    ),
    "stripe": (
        b"whsec_test",
        {
            "Stripe-Signature": "t=1790000000,v1=564a52257763888785727379b1c801c816f1817736fc94dc42ce03751db4872a",
        },
    ),
    "slack": (
        b"slack_secret",
        {
            "X-Slack-Signature": "v0=e592f546ddc9d8c8ebd89f9e037d254108887c6540638ee28d5bea55572e1d19",
            "X-Slack-Request-Timestamp": "1790000000",
        },
    ),
    "github": (
        b"gh",
        {
            "X-Hub-Signature-256": "sha256=279589d8395557235932ed480e816a47805112decccbf271c20a5d7d0cde650b",
            "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        },
    ),
    "shopify": (b"shop", {"X-Shopify-Hmac-SHA256": "YdRuF1Fjc0dCjNft0rmBHyjLy2t/XHQmu+bjb0gH4H8="}),
    "intercom": (b"ic", {"X-Hub-Signature": "sha1=0f2b7f63eaa899b1aa04e072cb52e912f3417d67"}),
}


def accepted_key(name, secret, headers, body=BODY, now=AT, url="https://relay.example.com/hook"):
    request = SignedRequest(
        method="POST", public_url=url, headers=list(headers.items()), query_string=b"", body=body
    )
    return verify(SCHEMES[name], [VerifyingKey("k", secret)], request, now=now).key_id


@pytest.mark.parametrize("name", SIGNED_BY_LIBRARIES)
def test_a_request_signed_by_the_vendors_library_is_accepted(name):
    secret, headers = SIGNED_BY_LIBRARIES[name]

    assert accepted_key(name, secret, headers) == "k"


@pytest.mark.parametrize(
    ("milliseconds", "signature"),
    [
        (1693657560000, "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="),
        (1700000300000, "RnbPH7+UMKVkbV32P8bz450N4M56aPmcru1+D3kSDtw="),
    ],
)
def test_hubspots_published_requests_are_accepted(milliseconds, signature):
    headers = {"X-HubSpot-Signature-v3": signature, "X-HubSpot-Request-Timestamp": str(milliseconds)}
    at = datetime.fromtimestamp(milliseconds / 1000, tz=UTC)
    secret, body = b"yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy", b"{'example_field':'example_value'}"

    assert accepted_key("hubspot", secret, headers, body, at, "https://www.example.com/webhook_uri") == "k"


def test_customer_ios_published_request_is_accepted():
    body = (
        b'{"data":{"action_id":42,"campaign_id":23,"content":"Welcome to the club, we are with you.","customer_id":'
        b'"user-123","delivery_id":"RAECAAFwnUSneIa0ZXkmq8EdkAM==","headers":{"Custom-Header":["custom-value"]},'
        b'"identifiers":{"id":"user-123"},"recipient":"test@example.com","subject":"Thanks for signing up"},'
        b'"event_id":"01E2EMRMM6TZ12TF9WGZN0WJQT","metric":"sent","object_type":"email","timestamp":1692633432}'
    )
    headers = {
        "X-CIO-Timestamp": "1692633432",
        "X-CIO-Signature": "c097b83a7d57a0810625180a61213eab7e0389a54b33dd11c3a6f17790c8427a",
    }
    secret = b"755781b5e03a973f3405a85474d5a032a60fd56fabaad66039b12eadd83955fa"

    assert (
        accepted_key("customer-io", secret, headers, body, datetime.fromtimestamp(1692633432, tz=UTC)) == "k"
    )


def test_twilios_published_request_is_accepted_with_and_without_its_port():
    """Twilio's documentation says that it does not sign the port consistently."""
    headers = [
        ("X-Twilio-Signature", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("Content-Type", "application/x-www-form-urlencoded"),
    ]
    body = (
        b"Digits=1234&CallSid=CA1234567890ABCDE&Caller=%2B14158675309&From=%2B14158675309&To=%2B18005551212"
    )
    urls = ["https://mycompany.com/myapp.php", "https://mycompany.com:8443/myapp.php"]
    requests = [
        SignedRequest(method="POST", public_url=url, headers=headers, query_string=b"foo=1&bar=2", body=body)
        for url in urls
    ]
    keys = [VerifyingKey("k", b"12345")]

    assert [verify(SCHEMES["twilio"], keys, request, now=AT).key_id for request in requests] == ["k", "k"]


def test_a_segment_batch_is_rejected_because_only_its_first_event_is_signed():
    signature = {"X-Signature": "924108c2cd4e6a281ad9e92e948fd68ec2011369"}
    first, batch = b'{"messageId":"1"}', b'{"batch":[{"messageId":"1"},{"messageId":"2"}]}'

    assert accepted_key("segment", b"segment-secret", signature, first) == "k"
    with pytest.raises(VerificationFailed) as error:
        accepted_key("segment", b"segment-secret", signature, batch)
    assert error.value.reason is RejectionReason.MISMATCH
