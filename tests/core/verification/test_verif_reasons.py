"""Why a request is rejected, and what an accepted one says: its key, its id, its time, and what to remember."""

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
from tests.core.verification.senders import NOW, SENDERS, TEXT, URL, b64, keys_of, mac, post

STANDARD = SENDERS["standard"].request()
RETRIES_SECONDS = 80 * 3600


def reason(name, request, *, keys=None, now=NOW):
    with pytest.raises(VerificationFailed) as refused:
        verify(SCHEMES[name], keys_of(name) if keys is None else keys, request, now=now)
    return refused.value.reason


def accepted(name, request, now=NOW):
    return verify(SCHEMES[name], keys_of(name), request, now=now)


def changed(request, **headers):
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return replace(request, headers=[(name, given.get(name, value)) for name, value in request.headers])


@pytest.mark.parametrize(
    ("code", "name", "request_"),
    [
        (RejectionReason.MISSING, "standard", replace(STANDARD, headers=[])),
        (RejectionReason.MISSING, "standard", changed(STANDARD, webhook_id="")),
        (RejectionReason.MISSING, "standard", changed(STANDARD, webhook_signature="v2,abc")),
        (RejectionReason.MISSING, "bearer", post({"Authorization": "Basic abc"})),
        (
            RejectionReason.REPEATED,
            "standard",
            replace(STANDARD, headers=[*STANDARD.headers, STANDARD.headers[-1]]),
        ),
        (RejectionReason.REPEATED, "standard", changed(STANDARD, webhook_signature="v1,YQ== " * 17)),
        (RejectionReason.REPEATED, "stripe", post({"stripe-signature": "t=1,v1=ab,t=2"})),
        (RejectionReason.REPEATED, "pandadoc", post(query="signature=ab&signature=ab")),
        (RejectionReason.MALFORMED, "standard", changed(STANDARD, webhook_id="msg.1")),
        (RejectionReason.MALFORMED, "standard", changed(STANDARD, webhook_timestamp="1790000000.999e0")),
        (RejectionReason.MALFORMED, "standard", changed(STANDARD, webhook_signature="v1,%%%")),
        (RejectionReason.MALFORMED, "standard", changed(STANDARD, webhook_id="é")),
        (RejectionReason.MALFORMED, "wistia", post({"x-wistia-signature": "ab " * 32})),
        (RejectionReason.UNREADABLE, "mailgun", post(body=b"{")),
        (RejectionReason.UNREADABLE, "dropbox-sign", post(body=b'{"event": {}}')),
        (RejectionReason.UNREADABLE, "twilio", post({"x-twilio-signature": "YQ=="}, b"[]")),
        (RejectionReason.MISMATCH, "standard", replace(STANDARD, body=b"{}")),
        (RejectionReason.MISMATCH, "wistia", post({"x-wistia-signature": "ab"})),
        (RejectionReason.MISMATCH, "api-key", post({"x-api-key": "wrong"})),
    ],
)
def test_each_reason_has_its_code(code, name, request_):
    assert reason(name, request_) is code


def test_a_request_from_the_past_and_one_from_the_future_are_told_apart():
    far = timedelta(seconds=301)

    assert reason("standard", STANDARD, now=NOW + far) is RejectionReason.STALE
    assert reason("standard", STANDARD, now=NOW - far) is RejectionReason.FUTURE


def test_each_sender_has_the_tolerance_that_it_asks_for():
    tolerances = {name: row.tolerance_seconds for name, row in SCHEMES.items() if row.timestamp}

    assert {name: seconds for name, seconds in tolerances.items() if seconds != 300} == {
        "calendly": 180,
        "dropbox-sign": RETRIES_SECONDS,
    }


def test_a_key_counts_from_its_first_moment_to_just_before_its_expiry():
    hour = timedelta(hours=1)
    (key,) = keys_of("wistia")
    request = SENDERS["wistia"].request()
    early, late = replace(key, not_before=NOW + hour), replace(key, expires_at=NOW)
    live = replace(key, not_before=NOW, expires_at=NOW + hour)

    assert reason("wistia", request, keys=[early, late]) is RejectionReason.NO_KEY
    assert reason("wistia", request, keys=[]) is RejectionReason.NO_KEY
    assert verify(SCHEMES["wistia"], [late, live], request, now=NOW).key_id == live.id


def test_an_accepted_request_tells_the_senders_id_and_time_of_it():
    told = accepted("standard", STANDARD)

    assert (told.key_id, told.native_id, told.signed_at) == (keys_of("standard")[0].id, "msg_1", NOW)


def test_a_time_in_milliseconds_keeps_them():
    request, at = SENDERS["webflow"].request(), NOW + timedelta(milliseconds=7)
    stamp = str(round(at.timestamp() * 1000))
    made = mac(f"{stamp}:".encode() + request.body).hex()
    headers = {"x-webflow-signature": made, "x-webflow-timestamp": stamp}

    assert accepted("webflow", post(headers, request.body)).signed_at == at


def test_where_no_time_is_signed_what_was_signed_is_remembered_longer_than_retries_last():
    request = SENDERS["wistia"].request()

    replay = accepted("wistia", request).replay_guard

    assert replay.id == hashlib.sha256(request.body).hexdigest()
    assert replay.seconds == RETRIES_SECONDS


def test_where_a_time_is_signed_it_is_remembered_for_as_long_as_that_time_would_be_taken():
    assert accepted("standard", STANDARD).replay_guard.seconds == 600


def test_a_delivery_id_that_is_not_signed_does_not_make_a_replay_another_request():
    first = SENDERS["github"].request()
    second = changed(first, X_GitHub_Delivery="another")

    told = [accepted("github", request) for request in (first, second)]

    assert told[0].native_id != told[1].native_id
    assert told[0].replay_guard == told[1].replay_guard


def test_a_token_of_mailgun_serves_for_one_event_only():
    """The signature does not cover the event, so that an old one could be put before another."""
    first = SENDERS["mailgun"].request()
    second = replace(first, body=first.body.replace(b"opened", b"clicked"))

    assert accepted("mailgun", first).replay_guard == accepted("mailgun", second).replay_guard


def test_two_events_of_dropbox_sign_in_one_second_are_two():
    first = SENDERS["dropbox-sign"].request()
    second = replace(first, body=first.body.replace(b"}}", b'}, "account_guid": "2"}'))

    assert accepted("dropbox-sign", first).replay_guard != accepted("dropbox-sign", second).replay_guard


@pytest.mark.parametrize("name", ["bearer", "basic", "api-key", "vidyard"])
def test_a_token_proves_the_sender_and_leaves_nothing_to_remember(name):
    assert accepted(name, SENDERS[name].request()).replay_guard is None
    assert not SCHEMES[name].covers_body


def test_without_a_scheme_everything_is_accepted_under_a_name_that_says_so():
    assert verify(SCHEMES["none"], [], post(), now=NOW) == VerifiedRequest(UNVERIFIED)


def test_the_scheme_of_authorization_counts_in_any_case():
    assert accepted("bearer", post({"authorization": f"bearer {TEXT}"})).key_id


@pytest.mark.parametrize("number", [1, 2, 16])
def test_docusign_may_sign_with_any_of_its_keys(number):
    made = b64(mac(b"{}"))
    headers = {f"X-DocuSign-Signature-{at}": b64(bytes(32)) for at in range(1, number)}

    assert accepted("docusign", post({**headers, f"X-DocuSign-Signature-{number}": made}, b"{}")).key_id


def test_of_several_signatures_one_that_cannot_be_read_does_not_spoil_the_others():
    signature = dict(STANDARD.headers)["webhook-signature"]

    assert accepted("standard", changed(STANDARD, webhook_signature=f"v1,%% v1a,YQ== {signature}")).key_id


def twilio_json(body: bytes, digest: str | None, algorithm: str = "sha1") -> SignedRequest:
    query = urlencode({"bodySHA256": digest}) if digest else ""
    text = URL + ("?" + query if query else "")
    return post({"X-Twilio-Signature": b64(mac(text.encode(), by=algorithm))}, body, query=query)


def test_json_from_twilio_is_bound_to_the_signed_address_by_its_digest():
    body = b'{"a": 1}'
    digest = hashlib.sha256(body).hexdigest()

    assert accepted("twilio", twilio_json(body, digest)).key_id
    assert reason("twilio", twilio_json(b'{"a": 2}', digest)) is RejectionReason.MISMATCH
    assert reason("twilio", twilio_json(body, None)) is RejectionReason.UNREADABLE
    assert reason("twilio", twilio_json(b"&&&", None)) is RejectionReason.UNREADABLE


def test_the_algorithm_is_the_configurations_choice_and_never_the_requests():
    digest = hashlib.sha256(b"{}").hexdigest()
    request = twilio_json(b"{}", digest, "sha256")
    request = replace(
        request, headers=[*request.headers, ("X-Twilio-Webhooks-Signature-Settings", "algorithm=HMAC_SHA256")]
    )
    pinned = replace(SCHEMES["twilio"], algorithm=Algorithm.HMAC_SHA256)

    assert reason("twilio", request) is RejectionReason.MISMATCH
    assert verify(pinned, keys_of("twilio"), request, now=NOW).key_id


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
def test_a_token_in_an_encoding_has_one_spelling(encoding, text, is_right):
    scheme = Scheme("own", Algorithm.TOKEN, Field(FieldLocation.HEADER, "x"), encoding=encoding)
    key = VerifyingKey("k", hashlib.sha256(b"\xfb\xff" * 16).digest())
    request = post({"x": text})

    if is_right:
        assert verify(scheme, [key], request, now=NOW).key_id == "k"
    else:
        with pytest.raises(VerificationFailed):
            verify(scheme, [key], request, now=NOW)


def test_a_time_may_be_written_out():
    scheme = Scheme(
        "own",
        Algorithm.HMAC_SHA512,
        Field(FieldLocation.FORM, "sig"),
        parse_template("{timestamp}|{form:kind}"),
        timestamp=Field(FieldLocation.QUERY, "at"),
        timestamp_format=TimestampFormat.RFC3339,
    )
    made = mac(f"{NOW:%Y-%m-%dT%H:%M:%SZ}|open".encode(), by="sha512").hex()
    request = post(
        body=f"kind=open&sig={made}".encode(),
        query=f"at={NOW:%Y-%m-%dT%H:%M:%SZ}",
        kind="application/x-www-form-urlencoded; charset=utf-8",
    )

    assert verify(scheme, [VerifyingKey("k", TEXT.encode())], request, now=NOW).signed_at == NOW
    with pytest.raises(VerificationFailed, match="malformed"):
        verify(scheme, [VerifyingKey("k", TEXT.encode())], replace(request, query_string=b"at=noon"), now=NOW)
