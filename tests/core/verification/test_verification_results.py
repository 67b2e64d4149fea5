"""Why a request is rejected, and what a verified one contains: its key, id, timestamp and replay guard."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from relay.core.verification.key import VerifyingKey
from relay.core.verification.known_schemes import SCHEMES
from relay.core.verification.rejection import RejectionReason, VerificationFailed
from relay.core.verification.request import SignedRequest
from relay.core.verification.scheme import (
    Algorithm,
    Encoding,
    Field,
    FieldLocation,
    Scheme,
    TimestampFormat,
    parse_template,
)
from relay.core.verification.verify import UNVERIFIED, VerifiedRequest, verify
from tests.core.verification.senders import NOW, SENDERS, TEXT, URL, b64, load_sender_keys, mac, post

STANDARD = SENDERS["standard"].request()
RETRY_PERIOD_SECONDS = 80 * 3600


def rejection_reason(name, request, *, keys=None, now=NOW):
    with pytest.raises(VerificationFailed) as error:
        verify(SCHEMES[name], load_sender_keys(name) if keys is None else keys, request, now=now)
    return error.value.reason


def verified(name, request, now=NOW):
    return verify(SCHEMES[name], load_sender_keys(name), request, now=now)


def with_headers(request, **headers):
    changes = {name.replace("_", "-"): value for name, value in headers.items()}
    return replace(request, headers=[(name, changes.get(name, value)) for name, value in request.headers])


@pytest.mark.parametrize(
    ("reason", "name", "request_"),
    [
        (RejectionReason.MISSING, "standard", replace(STANDARD, headers=[])),
        (RejectionReason.MISSING, "standard", with_headers(STANDARD, webhook_id="")),
        (RejectionReason.MISSING, "standard", with_headers(STANDARD, webhook_signature="v2,abc")),
        (RejectionReason.MISSING, "bearer", post({"Authorization": "Basic abc"})),
        (
            RejectionReason.REPEATED,
            "standard",
            replace(STANDARD, headers=[*STANDARD.headers, STANDARD.headers[-1]]),
        ),
        (RejectionReason.REPEATED, "standard", with_headers(STANDARD, webhook_signature="v1,YQ== " * 17)),
        (RejectionReason.REPEATED, "stripe", post({"stripe-signature": "t=1,v1=ab,t=2"})),
        (RejectionReason.REPEATED, "pandadoc", post(query="signature=ab&signature=ab")),
        (RejectionReason.MALFORMED, "standard", with_headers(STANDARD, webhook_id="msg.1")),
        (RejectionReason.MALFORMED, "standard", with_headers(STANDARD, webhook_timestamp="1790000000.999e0")),
        (RejectionReason.MALFORMED, "standard", with_headers(STANDARD, webhook_signature="v1,%%%")),
        (RejectionReason.MALFORMED, "standard", with_headers(STANDARD, webhook_id="é")),
        (RejectionReason.MALFORMED, "wistia", post({"x-wistia-signature": "ab " * 32})),
        (RejectionReason.UNREADABLE, "mailgun", post(body=b"{")),
        (RejectionReason.UNREADABLE, "dropbox-sign", post(body=b'{"event": {}}')),
        (RejectionReason.UNREADABLE, "twilio", post({"x-twilio-signature": "YQ=="}, b"[]")),
        (RejectionReason.MISMATCH, "standard", replace(STANDARD, body=b"{}")),
        (RejectionReason.MISMATCH, "wistia", post({"x-wistia-signature": "ab"})),
        (RejectionReason.MISMATCH, "api-key", post({"x-api-key": "wrong"})),
    ],
)
def test_each_kind_of_bad_request_has_its_reason(reason, name, request_):
    assert rejection_reason(name, request_) is reason


def test_an_old_timestamp_and_a_future_one_have_different_reasons():
    too_far = timedelta(seconds=301)

    assert rejection_reason("standard", STANDARD, now=NOW + too_far) is RejectionReason.STALE
    assert rejection_reason("standard", STANDARD, now=NOW - too_far) is RejectionReason.FUTURE


def test_each_sender_has_its_documented_tolerance():
    tolerances = {name: scheme.tolerance_seconds for name, scheme in SCHEMES.items() if scheme.timestamp}

    assert {name: seconds for name, seconds in tolerances.items() if seconds != 300} == {
        "calendly": 180,
        "dropbox-sign": RETRY_PERIOD_SECONDS,
    }


def test_a_key_is_valid_from_its_start_until_just_before_its_expiry():
    hour = timedelta(hours=1)
    (key,) = load_sender_keys("wistia")
    request = SENDERS["wistia"].request()
    early, late = replace(key, not_before=NOW + hour), replace(key, expires_at=NOW)
    live = replace(key, not_before=NOW, expires_at=NOW + hour)

    assert rejection_reason("wistia", request, keys=[early, late]) is RejectionReason.NO_KEY
    assert rejection_reason("wistia", request, keys=[]) is RejectionReason.NO_KEY
    assert verify(SCHEMES["wistia"], [late, live], request, now=NOW).key_id == live.id


def test_a_verified_request_has_the_senders_id_and_timestamp():
    result = verified("standard", STANDARD)

    assert (result.key_id, result.native_id, result.signed_at) == (
        load_sender_keys("standard")[0].id,
        "msg_1",
        NOW,
    )


def test_a_timestamp_keeps_its_milliseconds():
    request, signed_at = SENDERS["webflow"].request(), NOW + timedelta(milliseconds=7)
    timestamp = str(round(signed_at.timestamp() * 1000))
    signature = mac(f"{timestamp}:".encode() + request.body).hex()
    headers = {"x-webflow-signature": signature, "x-webflow-timestamp": timestamp}

    assert verified("webflow", post(headers, request.body)).signed_at == signed_at


def test_without_a_signed_timestamp_requests_are_remembered_longer_than_any_retry():
    request = SENDERS["wistia"].request()

    guard = verified("wistia", request).replay_guard

    assert guard.id == hashlib.sha256(request.body).hexdigest()
    assert guard.seconds == RETRY_PERIOD_SECONDS


def test_with_a_signed_timestamp_requests_are_remembered_for_twice_the_tolerance():
    assert verified("standard", STANDARD).replay_guard.seconds == 600


def test_a_replay_with_another_unsigned_delivery_id_is_recognized():
    first = SENDERS["github"].request()
    second = with_headers(first, X_GitHub_Delivery="another")

    results = [verified("github", request) for request in (first, second)]

    assert results[0].native_id != results[1].native_id
    assert results[0].replay_guard == results[1].replay_guard


def test_a_mailgun_token_is_valid_for_only_one_event():
    """The signature does not cover the event, so an attacker could reuse it for another event."""
    first = SENDERS["mailgun"].request()
    second = replace(first, body=first.body.replace(b"opened", b"clicked"))

    assert verified("mailgun", first).replay_guard == verified("mailgun", second).replay_guard


def test_two_dropbox_sign_events_in_one_second_are_different_requests():
    first = SENDERS["dropbox-sign"].request()
    second = replace(first, body=first.body.replace(b"}}", b'}, "account_guid": "2"}'))

    assert verified("dropbox-sign", first).replay_guard != verified("dropbox-sign", second).replay_guard


@pytest.mark.parametrize("name", ["bearer", "basic", "api-key", "vidyard"])
def test_a_request_with_a_token_has_no_replay_guard(name):
    assert verified(name, SENDERS[name].request()).replay_guard is None
    assert not SCHEMES[name].covers_body


def test_scheme_none_accepts_everything_as_unverified():
    assert verify(SCHEMES["none"], [], post(), now=NOW) == VerifiedRequest(UNVERIFIED)


def test_the_case_of_the_authorization_scheme_does_not_matter():
    assert verified("bearer", post({"authorization": f"bearer {TEXT}"})).key_id


@pytest.mark.parametrize("number", [1, 2, 16])
def test_docusign_may_sign_with_any_of_its_keys(number):
    signature = b64(mac(b"{}"))
    headers = {f"X-DocuSign-Signature-{index}": b64(bytes(32)) for index in range(1, number)}

    assert verified("docusign", post({**headers, f"X-DocuSign-Signature-{number}": signature}, b"{}")).key_id


def test_an_unreadable_signature_beside_a_valid_one_is_ignored():
    signature = dict(STANDARD.headers)["webhook-signature"]

    assert verified(
        "standard", with_headers(STANDARD, webhook_signature=f"v1,%% v1a,YQ== {signature}")
    ).key_id


def twilio_json(body: bytes, digest: str | None, algorithm: str = "sha1") -> SignedRequest:
    query = urlencode({"bodySHA256": digest}) if digest else ""
    text = URL + ("?" + query if query else "")
    return post({"X-Twilio-Signature": b64(mac(text.encode(), by=algorithm))}, body, query=query)


def test_the_digest_in_twilios_signed_url_covers_a_json_body():
    body = b'{"a": 1}'
    digest = hashlib.sha256(body).hexdigest()

    assert verified("twilio", twilio_json(body, digest)).key_id
    assert rejection_reason("twilio", twilio_json(b'{"a": 2}', digest)) is RejectionReason.MISMATCH
    assert rejection_reason("twilio", twilio_json(body, None)) is RejectionReason.UNREADABLE
    assert rejection_reason("twilio", twilio_json(b"&&&", None)) is RejectionReason.UNREADABLE


def test_only_the_configuration_chooses_the_algorithm():
    digest = hashlib.sha256(b"{}").hexdigest()
    request = twilio_json(b"{}", digest, "sha256")
    request = replace(
        request, headers=[*request.headers, ("X-Twilio-Webhooks-Signature-Settings", "algorithm=HMAC_SHA256")]
    )
    with_sha256 = replace(SCHEMES["twilio"], algorithm=Algorithm.HMAC_SHA256)

    assert rejection_reason("twilio", request) is RejectionReason.MISMATCH
    assert verify(with_sha256, load_sender_keys("twilio"), request, now=NOW).key_id


@pytest.mark.parametrize(
    ("encoding", "text", "is_right"),
    [
        (Encoding.HEX, "FBFF" * 16, True),
        (Encoding.HEX, "fbff" * 16, True),
        (Encoding.HEX, "fBff" * 16, False),
        (Encoding.BASE64, b64(b"\xfb\xff" * 16), True),
        (Encoding.BASE64, b64(b"\xfb\xff" * 16).rstrip("="), False),
        (Encoding.BASE64URL, b64(b"\xfb\xff" * 16).replace("+", "-").replace("/", "_"), True),
        (Encoding.BASE64URL, b64(b"\xfb\xff" * 16).replace("+", "-").replace("/", "_").rstrip("="), True),
        (Encoding.BASE64URL, b64(b"\xfb\xff" * 16), False),
        (Encoding.BASE64URL, b64(b"\xfb\xff" * 16).replace("+", "-").replace("/", "_")[:-2] + "9=", False),
    ],
)
def test_only_the_canonical_encoding_of_a_token_is_accepted(encoding, text, is_right):
    scheme = Scheme(
        name="own",
        algorithm=Algorithm.TOKEN,
        signature=Field(location=FieldLocation.HEADER, name="x"),
        encoding=encoding,
    )
    key = VerifyingKey("k", hashlib.sha256(b"\xfb\xff" * 16).digest())
    request = post({"x": text})

    if is_right:
        assert verify(scheme, [key], request, now=NOW).key_id == "k"
    else:
        with pytest.raises(VerificationFailed):
            verify(scheme, [key], request, now=NOW)


def test_a_timestamp_can_be_rfc3339():
    scheme = Scheme(
        name="own",
        algorithm=Algorithm.HMAC_SHA512,
        signature=Field(location=FieldLocation.FORM, name="sig"),
        signed=parse_template("{timestamp}|{form:kind}"),
        timestamp=Field(location=FieldLocation.QUERY, name="at"),
        timestamp_format=TimestampFormat.RFC3339,
    )
    signature = mac(f"{NOW:%Y-%m-%dT%H:%M:%SZ}|open".encode(), by="sha512").hex()
    request = post(
        body=f"kind=open&sig={signature}".encode(),
        query=f"at={NOW:%Y-%m-%dT%H:%M:%SZ}",
        kind="application/x-www-form-urlencoded; charset=utf-8",
    )

    assert verify(scheme, [VerifyingKey("k", TEXT.encode())], request, now=NOW).signed_at == NOW
    with pytest.raises(VerificationFailed, match="malformed"):
        verify(scheme, [VerifyingKey("k", TEXT.encode())], replace(request, query_string=b"at=noon"), now=NOW)
