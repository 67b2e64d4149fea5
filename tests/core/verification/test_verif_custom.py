"""A scheme of one's own, from its columns: what a vendor does can be said, and what contradicts itself is refused."""

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

AS_COLUMNS = {
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


def problems_of(name, columns, path="verify"):
    with pytest.raises(ValidationFailed) as refused:
        build_scheme(name, columns, path=path)
    return {problem.path: problem for problem in refused.value.problems}


def is_accepted(scheme, secret, request):
    try:
        verify(scheme, load_keys(scheme, [SecretSpec(secret)]), request, now=NOW)
    except VerificationFailed:
        return False
    return True


@pytest.mark.parametrize("name", AS_COLUMNS)
def test_a_vendors_scheme_can_be_said_in_columns(name):
    scheme, sender = build_scheme("custom", AS_COLUMNS[name]), SENDERS[name]

    assert is_accepted(scheme, sender.secret, sender.request())
    assert not is_accepted(scheme, sender.wrong, sender.request())


def test_every_column_has_been_set_by_one_of_these_vendors():
    assert {column for columns in AS_COLUMNS.values() for column in columns} == set(OPTIONS)


def test_a_scheme_by_name_is_the_row_of_the_table():
    assert {name: build_scheme(name, {}) for name in SCHEMES} == dict(SCHEMES)


def test_where_a_row_leaves_a_choice_it_may_be_made():
    pinned = build_scheme("twilio", {"algorithm": "hmac-sha256"})
    calm = build_scheme("stripe", {"tolerance_seconds": 60})
    own = build_scheme("api-key", {"signature": "query:token"})

    assert (pinned.algorithm, pinned.signed) == (Algorithm.HMAC_SHA256, SCHEMES["twilio"].signed)
    assert calm.tolerance_seconds == 60
    assert is_accepted(own, TEXT, post(query=f"token={TEXT}"))


def test_a_signature_in_a_letter_for_the_web_is_read():
    scheme = build_scheme("custom", {"signature": "header:x-sig", "encoding": "base64url"})
    made = b64(mac(b"{}")).replace("+", "-").replace("/", "_").rstrip("=")

    assert is_accepted(scheme, TEXT, post({"X-Sig": made}, b"{}"))


@pytest.mark.parametrize(
    ("name", "columns", "column", "fault", "says"),
    [
        ("strip", {}, "scheme", VerificationErrorCode.UNKNOWN_SCHEME, "did you mean stripe?"),
        ("???", {}, "scheme", VerificationErrorCode.UNKNOWN_SCHEME, "there are: api-key, basic"),
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
        ("custom", {"signature": 7}, "signature", VerificationErrorCode.INVALID_OPTION, "must be text"),
        (
            "custom",
            {"signed": "{boddy}"},
            "signed",
            VerificationErrorCode.INVALID_OPTION,
            "there are {id}, {timestamp}, {body}",
        ),
        (
            "custom",
            {"signed": "{body"},
            "signed",
            VerificationErrorCode.INVALID_OPTION,
            "a brace without its partner",
        ),
        (
            "custom",
            {"signed": "body"},
            "signed",
            VerificationErrorCode.INVALID_OPTION,
            "signs nothing of the request",
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
            "all algorithms but token",
        ),
        (
            "custom",
            {"signed": "{timestamp}{body}"},
            "timestamp",
            VerificationErrorCode.CONFLICTING_OPTIONS,
            "where it stands",
        ),
        (
            "custom",
            {"timestamp": "header:x-time"},
            "timestamp",
            VerificationErrorCode.CONFLICTING_OPTIONS,
            "proves nothing",
        ),
        (
            "custom",
            {"signed": "{id}{body}"},
            "id",
            VerificationErrorCode.CONFLICTING_OPTIONS,
            "where it stands",
        ),
    ],
)
def test_a_wrong_column_is_told_with_its_path_and_the_remedy(name, columns, column, fault, says):
    problem = problems_of(name, columns, "sources.x.verify")[f"sources.x.verify.{column}"]

    assert problem.code == fault
    assert says in problem.message


def test_every_wrong_column_is_told_at_once():
    found = problems_of(
        "custom", {"algoritm": "x", "encoding": "x", "signed": "x", "unit": 1, "timestamp": "x"}
    )

    assert list(found) == [
        f"verify.{name}" for name in ("algoritm", "encoding", "signed", "unit", "timestamp")
    ]


def test_what_does_not_cover_the_body_says_so():
    uncovered = {name for name, row in SCHEMES.items() if not row.covers_body}

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
    stamp = str(int(NOW.timestamp()))
    body, kind = b"c=d&a=b", "application/x-www-form-urlencoded"
    text = f"7|{stamp}|{body.decode()}|POST|{post().public_url}?a=1|abcd|1"
    headers = {"X-Sig": mac(text.encode()).hex(), "X-Id": "7", "X-Time": stamp}

    assert is_accepted(scheme, TEXT, post(headers, body, query="a=1", kind=kind))
