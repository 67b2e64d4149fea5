"""A custom scheme can express what vendors do; invalid and conflicting options are rejected."""

import pytest

from relay.core.errors import ValidationFailed
from relay.core.verification.known_schemes import SCHEMES
from relay.core.verification.load_keys import SecretSpec, load_keys
from relay.core.verification.problems import VerificationErrorCode
from relay.core.verification.rejection import VerificationFailed
from relay.core.verification.scheme import Algorithm, SignedPart
from relay.core.verification.scheme_options import OPTIONS, build_scheme
from relay.core.verification.verify import verify
from tests.core.verification.senders import NOW, SENDERS, TEXT, b64, mac, post

CUSTOM_OPTIONS = {
    "wistia": {"signature": "header:X-Wistia-Signature"},
    "typeform": {"signature": "header:typeform-signature", "prefix": "sha256=", "encoding": "base64"},
    "segment": {"algorithm": "hmac-sha1", "signature": "header:x-signature"},
    "pandadoc": {"signature": "query:signature"},
    "docusign": {"signature": "headers:X-DocuSign-Signature-", "encoding": "base64"},
    "stripe": {
        "signature": "header:stripe-signature",
        "separator": ",",
        "prefix": "v1=",
        "timestamp": "header:stripe-signature",
        "timestamp_prefix": "t=",
        "signed": "{timestamp}.{body}",
    },
    "standard": {
        "signature": "header:webhook-signature",
        "separator": " ",
        "prefix": "v1,",
        "encoding": "base64",
        "secret_format": "whsec",
        "timestamp": "header:webhook-timestamp",
        "id": "header:webhook-id",
        "signed": "{id}.{timestamp}.{body}",
    },
    "standard-v1a": {
        "algorithm": "ed25519",
        "signature": "header:webhook-signature",
        "separator": " ",
        "prefix": "v1a,",
        "timestamp": "header:webhook-timestamp",
        "id": "header:webhook-id",
        "signed": "{id}.{timestamp}.{body}",
    },
    "hubspot": {
        "signature": "header:x-hubspot-signature-v3",
        "encoding": "base64",
        "timestamp": "header:x-hubspot-request-timestamp",
        "timestamp_format": "milliseconds",
        "tolerance_seconds": 300,
        "signed": "{method}{url}{body}{timestamp}",
        "url_decode": ["%3a", "%2F"],
    },
    "twilio": {
        "algorithm": "hmac-sha1",
        "signature": "header:x-twilio-signature",
        "encoding": "base64",
        "signed": "{url}{form}",
        "body_digest": "query:bodySHA256",
        "optional_port": True,
    },
    "sendgrid": {
        "algorithm": "ecdsa-p256-sha256",
        "signature": "header:x-twilio-email-event-webhook-signature",
        "timestamp": "header:x-twilio-email-event-webhook-timestamp",
        "signed": "{timestamp}{body}",
    },
    "dropbox-sign": {
        "signature": "json:event.event_hash",
        "timestamp": "json:event.event_time",
        "signed": "{timestamp}{json:event.event_type}",
        "json_field": "json",
        "tolerance_seconds": 86_400,
        "unique_signature": False,
    },
    "vidyard": {"algorithm": "token", "signature": "json:security_key"},
    "api-key": {"algorithm": "token", "signature": "header:x-api-key"},
}


def find_problems(name, options, path="verify"):
    with pytest.raises(ValidationFailed) as error:
        build_scheme(name, options, path=path)
    return {problem.path: problem for problem in error.value.problems}


def is_accepted(scheme, secret, request):
    try:
        verify(scheme, load_keys(scheme, [SecretSpec(secret)]), request, now=NOW)
    except VerificationFailed:
        return False
    return True


@pytest.mark.parametrize("name", CUSTOM_OPTIONS)
def test_a_vendors_scheme_can_be_expressed_as_a_custom_one(name):
    scheme, sender = build_scheme("custom", CUSTOM_OPTIONS[name]), SENDERS[name]

    assert is_accepted(scheme, sender.secret, sender.request())
    assert not is_accepted(scheme, sender.wrong, sender.request())


def test_these_vendors_together_use_every_option():
    assert {option for options in CUSTOM_OPTIONS.values() for option in options} == set(OPTIONS)


def test_a_scheme_without_options_is_the_known_scheme():
    assert {name: build_scheme(name, {}) for name in SCHEMES} == dict(SCHEMES)


def test_some_options_of_known_schemes_can_be_set():
    twilio = build_scheme("twilio", {"algorithm": "hmac-sha256"})
    stripe = build_scheme("stripe", {"tolerance_seconds": 60})
    api_key = build_scheme("api-key", {"signature": "query:token"})

    assert (twilio.algorithm, twilio.signed) == (Algorithm.HMAC_SHA256, SCHEMES["twilio"].signed)
    assert stripe.tolerance_seconds == 60
    assert is_accepted(api_key, TEXT, post(query=f"token={TEXT}"))


def test_a_base64url_signature_is_accepted():
    scheme = build_scheme("custom", {"signature": "header:x-sig", "encoding": "base64url"})
    signature = b64(mac(b"{}")).replace("+", "-").replace("/", "_").rstrip("=")

    assert is_accepted(scheme, TEXT, post({"X-Sig": signature}, b"{}"))


@pytest.mark.parametrize(
    ("name", "options", "option", "code", "message_part"),
    [
        ("strip", {}, "scheme", VerificationErrorCode.UNKNOWN_SCHEME, "did you mean stripe?"),
        ("???", {}, "scheme", VerificationErrorCode.UNKNOWN_SCHEME, "known: api-key, basic"),
        (
            "custom",
            {"signatur": "header:x"},
            "signatur",
            VerificationErrorCode.UNKNOWN_OPTION,
            "did you mean signature?",
        ),
        (
            "stripe",
            {"encoding": "hex"},
            "encoding",
            VerificationErrorCode.FIXED_OPTION,
            "fixed by scheme stripe",
        ),
        (
            "wistia",
            {"tolerance_seconds": 60},
            "tolerance_seconds",
            VerificationErrorCode.FIXED_OPTION,
            "fixed by scheme wistia",
        ),
        (
            "twilio",
            {"algorithm": "none"},
            "algorithm",
            VerificationErrorCode.INVALID_OPTION,
            "hmac-sha1, hmac-sha256",
        ),
        (
            "custom",
            {"algorithm": "md5"},
            "algorithm",
            VerificationErrorCode.INVALID_OPTION,
            "must be one of: hmac-sha1",
        ),
        ("custom", {"algorithm": []}, "algorithm", VerificationErrorCode.INVALID_OPTION, "must be one of"),
        (
            "custom",
            {"signature": "x-signature"},
            "signature",
            VerificationErrorCode.INVALID_OPTION,
            "write header:NAME",
        ),
        (
            "custom",
            {"signature": "cookie:x"},
            "signature",
            VerificationErrorCode.INVALID_OPTION,
            "write header:NAME",
        ),
        (
            "custom",
            {"signature": "header:x y"},
            "signature",
            VerificationErrorCode.INVALID_OPTION,
            "write header:NAME",
        ),
        ("custom", {"signature": 7}, "signature", VerificationErrorCode.INVALID_OPTION, "must be ASCII text"),
        (
            "custom",
            {"signed": "{boddy}"},
            "signed",
            VerificationErrorCode.INVALID_OPTION,
            "use one of {id}, {timestamp}, {body}",
        ),
        (
            "custom",
            {"signed": "{body"},
            "signed",
            VerificationErrorCode.INVALID_OPTION,
            "an unmatched brace",
        ),
        (
            "custom",
            {"signed": "body"},
            "signed",
            VerificationErrorCode.INVALID_OPTION,
            "contains no part of the request",
        ),
        (
            "custom",
            {"signed": "{json:}"},
            "signed",
            VerificationErrorCode.INVALID_OPTION,
            "write header:NAME",
        ),
        (
            "custom",
            {"tolerance_seconds": True},
            "tolerance_seconds",
            VerificationErrorCode.INVALID_OPTION,
            "whole number",
        ),
        (
            "custom",
            {"tolerance_seconds": 0},
            "tolerance_seconds",
            VerificationErrorCode.INVALID_OPTION,
            "from 1 to",
        ),
        ("custom", {"url_decode": ["3A"]}, "url_decode", VerificationErrorCode.INVALID_OPTION, '"%3A"'),
        ("custom", {"url_decode": "%3A"}, "url_decode", VerificationErrorCode.INVALID_OPTION, "a list"),
        (
            "custom",
            {"unique_signature": "yes"},
            "unique_signature",
            VerificationErrorCode.INVALID_OPTION,
            "true or false",
        ),
        ("custom", {}, "signature", VerificationErrorCode.CONFLICTING_OPTIONS, "is missing"),
        (
            "custom",
            {"algorithm": "none"},
            "algorithm",
            VerificationErrorCode.CONFLICTING_OPTIONS,
            "write scheme: none",
        ),
        (
            "custom",
            {"secret_format": "public-key"},
            "secret_format",
            VerificationErrorCode.CONFLICTING_OPTIONS,
            "text, hex, base64, whsec",
        ),
        (
            "custom",
            {"encoding": "plain"},
            "encoding",
            VerificationErrorCode.CONFLICTING_OPTIONS,
            "only a token",
        ),
        (
            "custom",
            {"algorithm": "token", "signed": "{body}"},
            "signed",
            VerificationErrorCode.CONFLICTING_OPTIONS,
            "is not used by algorithm token",
        ),
        (
            "custom",
            {"signed": "{timestamp}{body}"},
            "timestamp",
            VerificationErrorCode.CONFLICTING_OPTIONS,
            "set where it is",
        ),
        (
            "custom",
            {"timestamp": "header:x-time"},
            "timestamp",
            VerificationErrorCode.CONFLICTING_OPTIONS,
            "cannot be trusted",
        ),
        (
            "custom",
            {"signed": "{id}{body}"},
            "id",
            VerificationErrorCode.CONFLICTING_OPTIONS,
            "set where it is",
        ),
    ],
)
def test_an_invalid_option_is_reported_with_its_path_and_a_remedy(name, options, option, code, message_part):
    problem = find_problems(name, options, "sources.x.verify")[f"sources.x.verify.{option}"]

    assert problem.code == code
    assert message_part in problem.message


def test_all_invalid_options_are_reported_together():
    problems = find_problems(
        "custom", {"algoritm": "x", "encoding": "x", "signed": "x", "unit": 1, "timestamp": "x"}
    )

    assert list(problems) == [
        f"verify.{name}" for name in ("algoritm", "encoding", "signed", "unit", "timestamp")
    ]


def test_schemes_know_whether_they_cover_the_body():
    uncovered = {name for name, scheme in SCHEMES.items() if not scheme.covers_body}

    assert uncovered == {"mailgun", "dropbox-sign", "vidyard", "basic", "bearer", "api-key", "none"}


def test_every_part_of_a_request_can_be_signed():
    scheme = build_scheme(
        "custom",
        {
            "signature": "header:x-sig",
            "id": "header:x-id",
            "timestamp": "header:x-time",
            "signed": "|".join(f"{{{part}}}" for part in SignedPart) + "|{query:a}",
        },
    )
    timestamp = str(int(NOW.timestamp()))
    body, kind = b"c=d&a=b", "application/x-www-form-urlencoded"
    text = f"7|{timestamp}|{body.decode()}|POST|{post().public_url}?a=1|abcd|1"
    headers = {"X-Sig": mac(text.encode()).hex(), "X-Id": "7", "X-Time": timestamp}

    assert is_accepted(scheme, TEXT, post(headers, body, query="a=1", kind=kind))
